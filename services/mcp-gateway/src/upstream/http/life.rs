use std::sync::Arc;

use domain::{LogLevel, ServerLogKind};
use tokio::sync::mpsc;

use super::{HttpWire, era::greet};
use crate::{
    directory::Http,
    upstream::{
        Connection,
        connection::Wire,
        life,
        pool::Surroundings,
        slot::{End, Slot},
    },
};

/// Notifications and answers that wait for a server that does not take them.
const MAX_WAITING: usize = 256;

/// One life of a connection to a server over HTTP.
pub(in crate::upstream) async fn live(
    slot: &Arc<Slot>,
    surroundings: &Arc<Surroundings>,
    definition: &Http,
) -> End {
    let wire = match HttpWire::new(definition, &surroundings.config.dialer) {
        Ok(wire) => wire,
        Err(error) => return End::Crashed(error),
    };
    let (lines, waiting) = mpsc::channel(MAX_WAITING);
    let connection = Arc::new(Connection::new(
        slot,
        None,
        Wire::Http(Box::new(wire)),
        lines,
        surroundings,
    ));
    let end = match connection.http() {
        Some(wire) => {
            let end = Box::pin(async {
                tokio::select! {
                    () = wire.post_all(waiting) => End::Stopped,
                    end = greet_and_serve(slot, &connection, surroundings, wire) => end,
                    never = wire.close_idle() => match never {},
                }
            })
            .await;
            wire.end().await;
            end
        }
        None => End::Stopped,
    };
    connection.close(life::reason(&end));
    end
}

async fn greet_and_serve(
    slot: &Arc<Slot>,
    connection: &Arc<Connection>,
    surroundings: &Arc<Surroundings>,
    wire: &HttpWire,
) -> End {
    let server = &slot.server;
    let eras = &surroundings.eras;
    let greeting = async {
        let known = eras.get(server, slot.era);
        let greeted = greet(wire, connection, known).await;
        if greeted.is_err() && known.is_some() {
            // It may have changed since.
            eras.forget(server);
        }
        greeted
    };
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(server.init_timeout, greeting) => greeted,
        end = life::stopped(slot, surroundings) => return end,
    };
    let greeted = match greeted {
        Ok(Ok(greeted)) => greeted,
        Ok(Err(error)) => return End::Crashed(error),
        Err(_) => {
            let millis = server.init_timeout.as_millis();
            return End::Crashed(format!("it was not greeted within {millis} ms"));
        }
    };
    let line = format!("connected, revision {}", greeted.hello.revision);
    connection.log(LogLevel::Info, ServerLogKind::Lifecycle, &line);
    eras.set(server, slot.era, greeted.spoken);
    connection.greeted(greeted.hello);
    tokio::select! {
        end = life::serve(slot, connection, surroundings) => end,
        reason = wire.listen(connection, greeted.stream) => End::Crashed(reason),
    }
}
