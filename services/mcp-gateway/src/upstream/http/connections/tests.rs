use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::upstream::outbound::Outbound;

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server that does what each test says.
struct Server {
    listener: TcpListener,
    connections: Arc<Connections>,
}

/// Its end of a connection.
struct Peer(TcpStream);

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("is bound");
        let url: Uri = format!("http://{address}/mcp?x=1").parse().expect("a URL");
        let outbound = Outbound::new(&["127.0.0.1".to_owned()]).expect("an address");
        let dialer = Dialer::new(outbound, None).expect("certificates");
        let connections = Arc::new(Connections::new(dialer, &url));
        Self {
            listener,
            connections,
        }
    }

    async fn accept(&self) -> Peer {
        Peer(self.listener.accept().await.expect("a connection").0)
    }

    async fn send(&self) -> Result<Response<Body>, String> {
        let mut request = Request::new(Full::new(Bytes::from_static(b"{}")));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.connections.origin.clone();
        let sent = self.connections.send(request).await;
        sent.map_err(|error| match error {
            SendError::Connect(error) => error.to_string(),
            SendError::Broken(error) => format!("broken: {error}"),
        })
    }

    /// Sends by a new connection what is answered so.
    async fn send_anew(&self, answer: &str) -> (Response<Body>, Peer) {
        let serve = async {
            let mut peer = self.accept().await;
            peer.answer(answer).await;
            peer
        };
        let (response, peer) = tokio::join!(self.send(), serve);
        (response.expect("an answer"), peer)
    }

    /// Sends by a connection that stands.
    async fn send_again(&self, peer: &mut Peer) -> Response<Body> {
        let (response, ()) = tokio::join!(self.send(), peer.answer(ANSWER));
        response.expect("an answer")
    }

    /// Of those that wait.
    fn newest<T>(&self, look: impl FnOnce(&mut Idle) -> T) -> T {
        let mut runtimes = self.connections.lock();
        let idle = runtimes.get_mut(&Handle::current().id());
        look(idle.and_then(|idle| idle.last_mut()).expect("one waits"))
    }

    fn waiting(&self) -> usize {
        self.connections.lock().values().map(Vec::len).sum()
    }
}

impl Peer {
    /// Reads a request, and answers it.
    async fn answer(&mut self, answer: &str) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n{}") {
            let read = self.0.read_buf(&mut request).await.expect("a request");
            assert_ne!(read, 0, "the connection was closed");
        }
        let request = String::from_utf8(request).expect("text");
        let address = self.0.local_addr().expect("is connected");
        assert!(request.starts_with("POST /mcp?x=1 HTTP/1.1\r\n"), "{request}");
        assert_eq!(
            request.matches(&format!("host: {address}\r\n")).count(),
            1,
            "{request}"
        );
        self.0.write_all(answer.as_bytes()).await.expect("is taken");
    }

    /// Waits until the other side has closed it.
    async fn closed(&mut self) {
        assert!(matches!(self.0.read_buf(&mut Vec::new()).await, Ok(0) | Err(_)));
    }
}

async fn text(response: Response<Body>) -> Bytes {
    response.into_body().collect().await.expect("a body").to_bytes()
}

#[tokio::test]
async fn a_connection_is_used_again_when_its_answer_has_been_read() {
    let server = Server::start().await;
    let (response, mut peer) = server.send_anew(ANSWER).await;
    assert_eq!(server.waiting(), 0, "nobody may send before it is read");
    assert_eq!(text(response).await, "ok");
    for _ in 0..3 {
        assert_eq!(server.waiting(), 1);
        assert_eq!(text(server.send_again(&mut peer).await).await, "ok");
    }
    // What is there already is read on for whoever does not care.
    drop(server.send_again(&mut peer).await);
    assert_eq!(text(server.send_again(&mut peer).await).await, "ok");
}

#[tokio::test]
async fn an_answer_is_read_as_it_comes() {
    let server = Server::start().await;
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let (response, mut peer) = server.send_anew(head).await;
    let parts = async {
        for part in ["1\r\na\r\n", "2\r\nb", "c\r\n", "0\r\n\r\n"] {
            peer.0.write_all(part.as_bytes()).await.expect("is taken");
            tokio::task::yield_now().await;
        }
    };
    let (body, ()) = tokio::join!(text(response), parts);
    assert_eq!(body, "abc");
    assert_eq!(text(server.send_again(&mut peer).await).await, "ok");
    server.connections.lock().clear();
    let (response, peer) = server.send_anew("HTTP/1.1 200 OK\r\n\r\nall up to the end").await;
    drop(peer);
    assert_eq!(text(response).await, "all up to the end");
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_to_its_end_closes_its_connection() {
    let server = Server::start().await;
    let (response, mut peer) = server
        .send_anew("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
        .await;
    drop(response);
    peer.closed().await;
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn a_request_that_is_given_up_closes_its_connection() {
    let server = Server::start().await;
    let (response, mut peer) = server.send_anew(ANSWER).await;
    text(response).await;
    tokio::select! {
        _ = server.send() => panic!("nobody has answered"),
        () = peer.answer("") => {}
    }
    peer.closed().await;
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_replaced() {
    let server = Server::start().await;
    let (response, peer) = server.send_anew(ANSWER).await;
    text(response).await;
    drop(peer);
    while server.newest(|idle| idle.line.is_free()) {
        tokio::task::yield_now().await;
    }
    let (response, _peer) = server.send_anew(ANSWER).await;
    assert_eq!(text(response).await, "ok");
    assert_eq!(server.waiting(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_is_about_to_close_is_not_kept() {
    let server = Server::start().await;
    let (response, peer) = server
        .send_anew("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok")
        .await;
    assert_eq!(text(response).await, "ok");
    drop(peer);
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error() {
    let server = Server::start().await;
    let (response, peer) = server
        .send_anew("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
        .await;
    drop(peer);
    assert!(response.into_body().collect().await.is_err());
    let serve = async {
        let mut peer = server.accept().await;
        peer.answer("").await;
    };
    let (response, ()) = tokio::join!(server.send(), serve);
    let error = response.expect_err("no answer");
    assert!(error.starts_with("broken: "), "{error}");
    assert_eq!(server.waiting(), 0);
}

#[tokio::test]
async fn a_connection_that_has_waited_for_long_is_not_used() {
    let server = Server::start().await;
    let (response, mut peer) = server.send_anew(ANSWER).await;
    text(response).await;
    server.newest(|idle| idle.since -= IDLE);
    let (response, _peer) = server.send_anew(ANSWER).await;
    text(response).await;
    peer.closed().await;
    assert_eq!(server.waiting(), 1);
}

#[tokio::test]
async fn a_connection_is_used_by_the_runtime_that_is_woken_for_it() {
    let server = Server::start().await;
    let (response, mut peer) = server.send_anew(ANSWER).await;
    let connections = server.connections.clone();
    let read_elsewhere = move || {
        let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            assert!(connections.take().is_none(), "nobody waits for another runtime");
            assert_eq!(text(response).await, "ok");
            assert!(connections.take().is_none(), "it goes back to where it came from");
        });
    };
    std::thread::spawn(read_elsewhere).join().expect("no panic");
    assert_eq!(text(server.send_again(&mut peer).await).await, "ok");
}
