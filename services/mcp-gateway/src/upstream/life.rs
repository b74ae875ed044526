use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{LogLevel, ServerLogKind};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStderr, ChildStdin, ChildStdout},
    sync::mpsc,
};

use super::{
    Connection, Hello, RequestOptions,
    framer::{Line, LineFramer},
    handshake::initialize_params,
    log_lines::{RateLimit, Verdict},
    params::Fitted,
    pool::Surroundings,
    process::{Pipes, Process},
    slot::{End, Slot},
};
use crate::{
    directory::Transport,
    message::{MAX_SERVER_LINE_BYTES, Message, Reply},
};

/// Lines that wait for a server that does not read.
const MAX_WAITING_LINES: usize = 256;

/// What of a line on stderr is kept.
const MAX_STDERR_LINE_BYTES: usize = 8 * 1024;

/// How long calls that have just arrived get to reach a server before it is
/// stopped with the gateway.
const LAST_CALLS: Duration = Duration::from_millis(200);

/// One life of a server, from its start to the end of the last process of it.
pub(super) async fn live(slot: &Arc<Slot>, surroundings: &Arc<Surroundings>) -> End {
    let server = &slot.server;
    let config = &surroundings.config;
    let Transport::Stdio(stdio) = &server.transport else {
        return End::Crashed("this version of the gateway reaches servers over stdio only".to_owned());
    };
    let spawned = Process::spawn(stdio, &config.launcher, &config.working_dir, &surroundings.pids);
    let (mut process, pipes) = match spawned {
        Ok(spawned) => spawned,
        Err(error) => return End::Crashed(error),
    };
    surroundings.recorder.server_log(
        server,
        LogLevel::Info,
        ServerLogKind::Lifecycle,
        &format!("started with pid {}", process.pid()),
        None,
    );
    let (lines, waiting) = mpsc::channel(MAX_WAITING_LINES);
    let connection = Arc::new(Connection::new(
        server.clone(),
        slot.owner.clone(),
        Some(process.pid()),
        surroundings.recorder.clock().now(),
        lines,
    ));
    let Pipes {
        stdin,
        stdout,
        stderr,
    } = pipes;
    let end = {
        // Read to the end of the process, which may say why it ends.
        let mut stderr = Box::pin(read_stderr(stderr, &connection, surroundings));
        let mut stderr_ended = false;
        let mut working = Box::pin(async {
            tokio::select! {
                end = read_stdout(stdout, &connection, surroundings) => end,
                end = write_stdin(stdin, waiting) => end,
                end = serve(slot, &connection, surroundings) => end,
            }
        });
        let end = loop {
            tokio::select! {
                end = &mut working => break end,
                () = &mut stderr, if !stderr_ended => stderr_ended = true,
            }
        };
        // Closes its standard input, by which the end of the process begins.
        drop(working);
        let mut ended = Box::pin(process.ended());
        let exit = loop {
            tokio::select! {
                exit = &mut ended => break exit,
                () = &mut stderr, if !stderr_ended => stderr_ended = true,
            }
        };
        match end {
            End::Crashed(what) => {
                let last_words = connection.stderr_since(0);
                let said = last_words
                    .lines()
                    .last()
                    .map_or_else(String::new, |line| format!("; it said: {line}"));
                End::Crashed(format!("{what}, {exit}{said}"))
            }
            end => end,
        }
    };
    connection.close(match &end {
        End::Crashed(reason) => reason.clone(),
        End::Stopped | End::Idle => "it was stopped".to_owned(),
    });
    end
}

/// Greets the server, hands the connection out, and waits until it is to end.
async fn serve(slot: &Arc<Slot>, connection: &Arc<Connection>, surroundings: &Arc<Surroundings>) -> End {
    let greeted = tokio::select! {
        greeted = greet(slot, connection) => greeted,
        () = slot.stop.cancelled() => return End::Stopped,
        () = surroundings.shutdown.soft() => return End::Stopped,
    };
    if let Err(error) = greeted {
        return End::Crashed(error);
    }
    slot.is_ready(connection.clone());
    if let Some(audience) = surroundings.audience() {
        audience.came_up(connection);
    }
    tokio::select! {
        () = slot.stop.cancelled() => End::Stopped,
        () = unused(connection, surroundings.config.idle_after) => End::Idle,
        () = after_the_last_call(connection, surroundings) => End::Stopped,
    }
}

async fn greet(slot: &Slot, connection: &Arc<Connection>) -> Result<(), String> {
    let params = Fitted {
        params: Some(initialize_params(slot.owner.as_ref())),
        progress: None,
    };
    let options = RequestOptions::within(slot.server.init_timeout);
    let id = connection.next_id();
    let result = match connection.exchange(id, "initialize", params, options).await {
        Ok(Reply::Result(result)) => result,
        Ok(Reply::Error(error)) => return Err(format!("it answered initialize with the error {error}")),
        Err(error) => return Err(format!("it was not initialised: {error}")),
    };
    connection.greeted(Hello::of_initialize(result)?);
    connection.notify("notifications/initialized", None);
    Ok(())
}

async fn unused(connection: &Connection, idle_after: Duration) {
    loop {
        let idle = connection.idle_for();
        if idle >= idle_after {
            return;
        }
        tokio::time::sleep(idle_after.saturating_sub(idle).max(Duration::from_millis(10))).await;
    }
}

async fn after_the_last_call(connection: &Connection, surroundings: &Surroundings) {
    surroundings.shutdown.soft().await;
    tokio::time::sleep(LAST_CALLS).await;
    while connection.in_flight() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn write_stdin(mut stdin: ChildStdin, mut waiting: mpsc::Receiver<String>) -> End {
    let mut lines = Vec::with_capacity(64);
    let mut bytes = Vec::new();
    loop {
        // Many at once: a busy server costs few system calls.
        if waiting.recv_many(&mut lines, 64).await == 0 {
            return End::Stopped;
        }
        for line in lines.drain(..) {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        if stdin.write_all(&bytes).await.is_err() {
            return End::Crashed("it closed its standard input".to_owned());
        }
        bytes.clear();
        bytes.shrink_to(64 * 1024);
    }
}

async fn read_stdout(
    mut stdout: ChildStdout,
    connection: &Arc<Connection>,
    surroundings: &Surroundings,
) -> End {
    let mut framer = LineFramer::new(MAX_SERVER_LINE_BYTES);
    let mut noise = Log::new(ServerLogKind::Protocol, LogLevel::Warning);
    loop {
        match stdout.read_buf(framer.buffer()).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        while let Some(line) = framer.next_line() {
            receive(line, connection, surroundings, &mut noise);
        }
    }
    if let Some(line) = framer.rest() {
        receive(line, connection, surroundings, &mut noise);
    }
    End::Crashed("it closed its standard output".to_owned())
}

fn receive(line: Line, connection: &Arc<Connection>, surroundings: &Surroundings, noise: &mut Log) {
    match line {
        Line::Whole(line) => match Message::parse(&line) {
            Ok(message) => {
                if let Some(audience) = surroundings.audience() {
                    connection.receive(message, audience, &surroundings.recorder);
                }
            }
            // Some programs greet, or print what they should log.
            Err(error) => {
                let start = &line[..line.len().min(MAX_STDERR_LINE_BYTES)];
                let text = format!(
                    "not a message on stdout ({error}): {}",
                    String::from_utf8_lossy(start)
                );
                noise.line(&text, connection, surroundings);
            }
        },
        Line::TooLong { size_bytes, .. } => {
            let text = format!(
                "a message of {size_bytes} bytes on stdout was dropped: the limit is {MAX_SERVER_LINE_BYTES}"
            );
            noise.line(&text, connection, surroundings);
        }
    }
}

async fn read_stderr(mut stderr: ChildStderr, connection: &Connection, surroundings: &Surroundings) {
    let mut framer = LineFramer::new(MAX_STDERR_LINE_BYTES);
    let mut log = Log::new(ServerLogKind::Stderr, LogLevel::Info);
    loop {
        let read = stderr.read_buf(framer.buffer()).await;
        while let Some(line) = framer.next_line() {
            log.stderr(&line, connection, surroundings);
        }
        if matches!(read, Ok(0) | Err(_)) {
            break;
        }
    }
    if let Some(line) = framer.rest() {
        log.stderr(&line, connection, surroundings);
    }
    log.end(connection, surroundings);
}

/// Lines of one kind on their way into the server's log.
struct Log {
    kind: ServerLogKind,
    level: LogLevel,
    limit: RateLimit,
}

impl Log {
    fn new(kind: ServerLogKind, level: LogLevel) -> Self {
        Self {
            kind,
            level,
            limit: RateLimit::new(Instant::now()),
        }
    }

    fn stderr(&mut self, line: &Line, connection: &Connection, surroundings: &Surroundings) {
        let text = match line {
            Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
            Line::TooLong { start, size_bytes } => {
                format!("{} [cut: {size_bytes} bytes]", String::from_utf8_lossy(start))
            }
        };
        connection.tail.push(&text);
        self.line(&text, connection, surroundings);
    }

    fn line(&mut self, text: &str, connection: &Connection, surroundings: &Surroundings) {
        match self.limit.check(Instant::now()) {
            Verdict::Drop => return,
            Verdict::Keep => {}
            Verdict::KeepAfter(dropped) => self.write_dropped(dropped, connection, surroundings),
        }
        surroundings
            .recorder
            .server_log(&connection.server, self.level, self.kind, text, None);
    }

    fn end(&self, connection: &Connection, surroundings: &Surroundings) {
        if self.limit.dropped() > 0 {
            self.write_dropped(self.limit.dropped(), connection, surroundings);
        }
    }

    fn write_dropped(&self, dropped: u64, connection: &Connection, surroundings: &Surroundings) {
        let text = format!("[dropped {dropped} lines: the server writes faster than its log takes]");
        surroundings
            .recorder
            .server_log(&connection.server, LogLevel::Warning, self.kind, &text, None);
    }
}
