use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, Uri};

use super::{HttpClient, HttpWire, Mode, post_headers, response::EventStream, stream_headers, taken};
use crate::{
    backoff::Backoff,
    message,
    upstream::{Connection, Hello, RequestError, connection::Related, handshake},
};

/// A stream that broke is opened again so often, with growing pauses, before
/// the connection is given up.
const TRIES: usize = 5;

/// A server of revision 2024-11-05: it speaks by one stream, and hears by
/// another address that it names there.
#[derive(Debug)]
pub(super) struct Sse(Mutex<Uri>);

impl Sse {
    pub(super) async fn post(&self, client: &HttpClient, message: String) -> Result<(), RequestError> {
        let endpoint = self.lock().clone();
        let response = client
            .send(Method::POST, &endpoint, post_headers(), message)
            .await?;
        taken(response).await
    }

    /// Reads the stream, and opens it again when it breaks: with it went the
    /// server's memory of the connection. Ends, with the reason, when that is in
    /// vain.
    pub(super) async fn listen(
        &self,
        client: &HttpClient,
        connection: &Arc<Connection>,
        stream: Option<EventStream>,
    ) -> String {
        let Some(mut stream) = stream else {
            return "its stream of events is missing".to_owned();
        };
        loop {
            read(&mut stream, connection).await;
            connection.lose_all();
            match self.open_again(client, connection).await {
                Ok(opened) => stream = opened,
                Err(error) => return format!("it closed its stream of events, and {error}"),
            }
        }
    }

    async fn open_again(
        &self,
        client: &HttpClient,
        connection: &Arc<Connection>,
    ) -> Result<EventStream, String> {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
        let mut last_error = String::new();
        for _ in 0..TRIES {
            backoff.wait().await;
            let opened = async {
                let (mut stream, endpoint) = open(client).await?;
                *self.lock() = endpoint;
                initialize(self, client, connection, &mut stream).await?;
                Ok(stream)
            };
            match tokio::time::timeout(connection.server.init_timeout, opened).await {
                Ok(Ok(stream)) => {
                    connection.greeted_anew();
                    return Ok(stream);
                }
                Ok(Err(error)) => last_error = error,
                Err(_) => "it did not answer in time".clone_into(&mut last_error),
            }
        }
        Err(last_error)
    }

    fn lock(&self) -> MutexGuard<'_, Uri> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Greets a server of that revision.
pub(super) async fn greet(
    wire: &HttpWire,
    connection: &Arc<Connection>,
) -> Result<(Hello, EventStream), String> {
    let (mut stream, endpoint) = open(&wire.client).await?;
    let Mode::Sse(sse) = wire.mode.get_or_init(|| Mode::Sse(Sse(Mutex::new(endpoint)))) else {
        return Err("it was greeted already".to_owned());
    };
    let hello = initialize(sse, &wire.client, connection, &mut stream).await?;
    Ok((hello, stream))
}

/// Opens the stream, whose first event names the address for messages.
async fn open(client: &HttpClient) -> Result<(EventStream, Uri), String> {
    let response = client
        .send(Method::GET, &client.url, stream_headers(), String::new())
        .await
        .map_err(|error| error.to_string())?;
    if !response.status().is_success() || !super::response::is_event_stream(response.headers()) {
        return Err(format!(
            "it opens no stream of events (HTTP {})",
            response.status().as_u16()
        ));
    }
    let mut stream = EventStream::new(response.into_body());
    let first = stream.next().await.map_err(|error| error.to_string())?;
    let endpoint = first.filter(|event| event.name == "endpoint");
    let endpoint = endpoint.and_then(|event| String::from_utf8(event.data).ok());
    let endpoint = endpoint.ok_or("its stream of events does not begin with an endpoint")?;
    let endpoint = resolve(&client.url, &endpoint)?;
    Ok((stream, endpoint))
}

async fn initialize(
    sse: &Sse,
    client: &HttpClient,
    connection: &Arc<Connection>,
    stream: &mut EventStream,
) -> Result<Hello, String> {
    let hello = tokio::select! {
        hello = handshake::initialize(connection) => hello?,
        () = read(stream, connection) => return Err("it closed its stream of events while it was greeted".to_owned()),
    };
    let initialized = message::notification("notifications/initialized", None);
    sse.post(client, initialized)
        .await
        .map_err(|error| error.to_string())?;
    Ok(hello)
}

async fn read(stream: &mut EventStream, connection: &Arc<Connection>) {
    loop {
        match stream.next_messages(connection).await {
            Ok(Some(messages)) => {
                for message in messages {
                    connection.receive(message, Related::default());
                }
            }
            Ok(None) => return,
            Err(error) => {
                connection.note_noise("the stream of events", &error.to_string(), b"");
                return;
            }
        }
    }
}

/// The address for messages, which must be where the stream is: else a server
/// could have the gateway send its secrets to another (2024-11-05, transports).
fn resolve(base: &Uri, reference: &str) -> Result<Uri, String> {
    let reference = reference.trim();
    let unreadable = || format!("the endpoint that it names cannot be read: {reference:?}");
    let origin = |uri: &Uri| {
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        (scheme, uri.host().unwrap_or_default().to_ascii_lowercase(), port)
    };
    let (Some(scheme), Some(authority)) = (base.scheme_str(), base.authority()) else {
        return Err(unreadable());
    };
    let path = base.path();
    let absolute = if reference.contains("://") {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.starts_with('?') {
        format!("{scheme}://{authority}{path}{reference}")
    } else {
        let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
        format!("{scheme}://{authority}{folder}{reference}")
    };
    let endpoint: Uri = absolute.parse().map_err(|_| unreadable())?;
    if origin(&endpoint) != origin(base) {
        return Err("the endpoint that it names is at another origin, which is refused".to_owned());
    }
    Ok(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_the_origin_of_the_stream_only() {
        let base: Uri = "https://Mcp.example.com/a/sse?x=1".parse().expect("a URL");
        for (reference, expected) in [
            (
                "/messages?session_id=1",
                Some("https://mcp.example.com/messages?session_id=1"),
            ),
            ("messages/2", Some("https://mcp.example.com/a/messages/2")),
            ("?s=3", Some("https://mcp.example.com/a/sse?s=3")),
            (
                "https://mcp.example.com:443/m",
                Some("https://mcp.example.com:443/m"),
            ),
            ("//mcp.example.com/m", Some("https://mcp.example.com/m")),
            ("http://mcp.example.com/m", None),
            ("https://evil.example.com/m", None),
            ("//evil.example.com/m", None),
            ("https://mcp.example.com:444/m", None),
            ("https://mcp.example.com@evil.example.com/m", None),
            ("//[", None),
        ] {
            let resolved = resolve(&base, reference).ok();
            let resolved = resolved.map(|endpoint| endpoint.to_string().to_ascii_lowercase());
            assert_eq!(resolved.as_deref(), expected, "{reference}");
        }
    }
}
