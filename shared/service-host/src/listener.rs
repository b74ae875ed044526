use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Socket, Type};

/// Connections that the system keeps for us until we accept them.
const ACCEPT_QUEUE: i32 = 1024;

/// A bound port. Ports are bound before any service starts, so that a taken
/// one is known while nothing has happened yet, and so that port 0 is a number
/// by the time others must know it.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    local_addr: SocketAddr,
}

/// Why an address could not be listened on, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// Never shown after the sentence, which says it in better words.
    pub cause: io::Error,
}

impl Listener {
    /// Binds the address. Port 0 is any free one.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let bind = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            // A restart must not wait for the last connections' TIME_WAIT.
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            socket.listen(ACCEPT_QUEUE)?;
            socket.set_nonblocking(true)?;
            let socket = TcpListener::from(socket);
            let local_addr = socket.local_addr()?;
            Ok(Self { socket, local_addr })
        };
        bind().map_err(|cause| BindError { address, cause })
    }

    /// The address with the port that it really has.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    pub(crate) fn into_tokio(self) -> io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(self.socket)
    }
}

/// Begins no connection any more; those that have begun are still made. Who comes
/// is left without an answer, tries again a second later, and is refused when the
/// socket is closed by then.
#[cfg(target_os = "linux")]
pub(crate) fn refuse_handshakes(socket: &tokio::net::TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};

    // A filter of the kernel (BPF) over TCP segments: drops those with the flag SYN.
    const BYTE: u16 = 0x30;
    const IF_ANY_BIT: u16 = 0x45;
    const TAKE: u16 = 0x06;
    const FLAGS_AT: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(socket).attach_filter(&[
        SockFilter::new(BYTE, 0, 0, FLAGS_AT),
        SockFilter::new(IF_ANY_BIT, 0, 1, SYN),
        SockFilter::new(TAKE, 0, 0, 0),
        SockFilter::new(TAKE, 0, 0, u32::MAX),
    ])
}

/// Elsewhere connections go on being made until the socket is closed.
#[cfg(not(target_os = "linux"))]
pub(crate) fn refuse_handshakes(_: &tokio::net::TcpListener) -> io::Result<()> {
    Ok(())
}

impl BindError {
    /// Whether another port might do, rather than another address.
    pub fn is_about_the_port(&self) -> bool {
        self.cause.kind() != io::ErrorKind::AddrNotAvailable
    }

    fn sentence(&self) -> String {
        let Self { address, cause } = self;
        match cause.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {} on {} is taken by another program: stop that program or choose another port",
                address.port(),
                address.ip()
            ),
            io::ErrorKind::PermissionDenied => format!(
                "this user may not listen on port {}: choose a port above 1023",
                address.port()
            ),
            io::ErrorKind::AddrNotAvailable => format!(
                "this machine has no address {}: choose 127.0.0.1 (this machine only) or 0.0.0.0 (everywhere)",
                address.ip()
            ),
            _ => format!("cannot listen on {address}: {cause}"),
        }
    }
}
