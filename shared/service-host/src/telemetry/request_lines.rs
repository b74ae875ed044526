use std::fmt::{self, Write as _};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::request_id::CurrentRequest;

/// Writes log lines as another format does, and says in each of them of which request
/// it is. A span would say it too, but is made for each request, of which few write a
/// line.
pub(super) struct RequestLines<F> {
    format: F,
    is_json: bool,
}

impl<F> RequestLines<F> {
    /// Each line is an object of JSON.
    pub(super) const fn json(format: F) -> Self {
        Self {
            format,
            is_json: true,
        }
    }

    pub(super) const fn text(format: F) -> Self {
        Self {
            format,
            is_json: false,
        }
    }

    /// The line with the request in it. The query stays out: it may carry a sign-in link.
    fn add(&self, request: &CurrentRequest, line: &str) -> Result<String, fmt::Error> {
        let CurrentRequest { id, server, uri } = request;
        let path = uri.path();
        let mut all = String::with_capacity(line.len() + path.len() + 100);
        match line.strip_prefix('{').filter(|_| self.is_json) {
            Some(rest) => {
                let path = serde_json::Value::from(path);
                write!(
                    all,
                    r#"{{"request_id":"{id}","server":"{server}","path":{path},{rest}"#
                )?;
            }
            None => writeln!(
                all,
                "{} request_id={id} server={server} path={path:?}",
                line.trim_end()
            )?,
        }
        Ok(all)
    }
}

impl<S, N, F> FormatEvent<S, N> for RequestLines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let in_request = CurrentRequest::with(|request| {
            let mut line = String::new();
            self.format.format_event(context, Writer::new(&mut line), event)?;
            self.add(request, &line)
        });
        match in_request {
            Some(line) => writer.write_str(&line?),
            None => self.format.format_event(context, writer, event),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::RequestId;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn take(&self) -> String {
            let bytes = std::mem::take(&mut *self.0.lock().expect("nobody panicked"));
            String::from_utf8(bytes).expect("text")
        }
    }

    async fn in_request() {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-request-id", "abc-1".parse().expect("a value"));
        let request = CurrentRequest {
            id: RequestId::of(&headers),
            server: "mcp",
            uri: http::Uri::from_static("/a/b?token=secret"),
        };
        request
            .scope(async { tracing::warn!(count = 3, "something is wrong") })
            .await;
    }

    #[tokio::test]
    async fn a_line_tells_of_its_request() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let json = layer
            .json()
            .flatten_event(true)
            .map_event_format(RequestLines::json);
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(json));
        in_request().await;
        let line = lines.take();
        let object: serde_json::Value = serde_json::from_str(&line).expect("JSON in one line");
        assert_eq!(object["request_id"], "abc-1", "{line}");
        assert_eq!(
            (&object["server"], &object["count"]),
            (&"mcp".into(), &3.into()),
            "{line}"
        );
        assert!(line.ends_with("}\n") && !line.contains("secret"), "{line}");
        tracing::warn!("of no request");
        let object: serde_json::Value = serde_json::from_str(&lines.take()).expect("JSON");
        assert!(object.get("request_id").is_none());
    }

    #[tokio::test]
    async fn a_line_of_text_tells_of_it_at_its_end() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let text = layer.map_event_format(|format| RequestLines::text(format.with_ansi(false)));
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(text));
        in_request().await;
        let line = lines.take();
        assert!(
            line.contains("something is wrong count=3 request_id=abc-1 server=mcp path="),
            "{line}"
        );
        assert!(
            line.ends_with('\n') && line.lines().count() == 1 && !line.contains("secret"),
            "{line}"
        );
    }
}
