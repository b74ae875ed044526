use std::net::SocketAddr;

use tokio::{
    io::{copy, copy_bidirectional, sink},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What becomes of bytes between two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// They arrive.
    Clear,
    /// Connections are accepted, and nobody reads or answers.
    Hung,
    /// Bytes are taken and go nowhere, as if the other side had been cut off
    /// without a word.
    Lost,
}

/// A cable between two services that a test can break.
///
/// A connection that was open while the weather was not clear never carries
/// anything again: whoever holds it must find out by itself.
///
/// Dropped, it ends.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    _tasks: JoinSet<()>,
}

impl Link {
    /// Leads to a port of this machine.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("there are free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (weather, seen) = watch::channel(Weather::Clear);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(carry(near, port, seen.clone()));
            }
        });
        Self {
            address,
            weather,
            _tasks: tasks,
        }
    }

    /// Where to connect instead.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// From now on.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn carry(mut near: TcpStream, port: u16, mut weather: watch::Receiver<Weather>) {
    if *weather.borrow() == Weather::Clear {
        let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else {
            return;
        };
        tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => return,
            _ = weather.wait_for(|weather| *weather != Weather::Clear) => {}
        }
    }
    let is_lost = *weather.borrow() == Weather::Lost;
    if is_lost {
        let _ = copy(&mut near, &mut sink()).await;
    } else {
        std::future::pending::<()>().await;
    }
}
