//! Servers that the gateway starts, and speaks with by their pipes.

mod greeting;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{LogLevel, ServerLogKind};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStderr, ChildStdin, ChildStdout},
    sync::mpsc,
};

use super::{
    Connection, RequestError,
    connection::{Related, Wire},
    framer::{Line, LineFramer},
    life,
    log_lines::LogLines,
    pool::Surroundings,
    process::{Pipes, Process},
    slot::{End, Slot},
};
use crate::{
    directory::Stdio,
    message::{MAX_SERVER_LINE_BYTES, Message},
};

/// Lines that wait for a server that does not read.
const MAX_WAITING_LINES: usize = 256;

/// What of a line on stderr is kept, and of one on stdout that is no message.
const MAX_STDERR_LINE_BYTES: usize = 8 * 1024;

/// One life of a server, from its start to the end of the last process of it.
pub(super) async fn live(slot: &Arc<Slot>, surroundings: &Arc<Surroundings>, definition: &Stdio) -> End {
    let server = &slot.server;
    let config = &surroundings.config;
    let spawned = Process::spawn(
        definition,
        &config.launcher,
        &config.working_dir,
        &surroundings.pids,
    );
    let (mut process, pipes) = match spawned {
        Ok(spawned) => spawned,
        Err(error) => return End::Crashed(error),
    };
    let started = format!("started with pid {}", process.pid());
    surroundings.server_log(server, LogLevel::Info, ServerLogKind::Lifecycle, &started);
    let (lines, waiting) = mpsc::channel(MAX_WAITING_LINES);
    let connection = Arc::new(Connection::new(
        slot,
        Some(process.pid()),
        Wire::Lines,
        lines,
        surroundings,
    ));
    let Pipes {
        stdin,
        stdout,
        stderr,
    } = pipes;
    let is_probed = AtomicBool::new(false);
    let end = {
        // Read to the end of the process, which may say why it ends.
        let mut stderr = Box::pin(read_stderr(stderr, &connection));
        let mut stderr_ended = false;
        let mut working = Box::pin(async {
            tokio::select! {
                end = read_stdout(stdout, &connection) => end,
                end = write_stdin(stdin, waiting) => end,
                end = greet_and_serve(slot, &connection, surroundings, &is_probed) => end,
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
                let said = last_words.lines().last().map_or_else(String::new, |line| {
                    // It goes to clients and people too.
                    format!("; it said: {}", connection.server.redactor.text(line))
                });
                let reason = format!("{what}, {exit}{said}");
                if is_probed.load(Ordering::Relaxed) && connection.hello().is_none() {
                    End::FellOverProbe(reason)
                } else {
                    End::Crashed(reason)
                }
            }
            end => end,
        }
    };
    connection.close(life::reason(&end));
    end
}

async fn greet_and_serve(
    slot: &Arc<Slot>,
    connection: &Arc<Connection>,
    surroundings: &Arc<Surroundings>,
    is_probed: &AtomicBool,
) -> End {
    let known = surroundings.eras.get(&slot.server, slot.era);
    let greeted = tokio::select! {
        greeted = greeting::greet(connection, known, is_probed) => greeted,
        end = life::stopped(slot, surroundings) => return end,
    };
    match greeted {
        Ok((hello, spoken)) => {
            surroundings.eras.set(&slot.server, slot.era, spoken);
            connection.greeted(hello);
            life::serve(slot, connection, surroundings).await
        }
        Err(error) => {
            surroundings.eras.forget(&slot.server);
            // What it answered decides, not how it ends now.
            is_probed.store(false, Ordering::Relaxed);
            End::Crashed(error)
        }
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

async fn read_stdout(mut stdout: ChildStdout, connection: &Arc<Connection>) -> End {
    let mut framer = LineFramer::new(MAX_SERVER_LINE_BYTES);
    let mut noise = LogLines::new(ServerLogKind::Protocol, LogLevel::Warning);
    loop {
        match stdout.read_buf(framer.buffer()).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        while let Some(line) = framer.next_line() {
            receive(line, connection, &mut noise);
        }
    }
    if let Some(line) = framer.rest() {
        receive(line, connection, &mut noise);
    }
    End::Crashed("it closed its standard output".to_owned())
}

fn receive(line: Line, connection: &Arc<Connection>, noise: &mut LogLines) {
    match line {
        Line::Whole(line) => match Message::parse(&line) {
            Ok(message) => connection.receive(message, Related::default()),
            // Some programs greet, or print what they should log.
            Err(error) => {
                let start = &line[..line.len().min(MAX_STDERR_LINE_BYTES)];
                let text = format!(
                    "not a message on stdout ({error}): {}",
                    String::from_utf8_lossy(start)
                );
                noise.line(&text, connection);
            }
        },
        Line::Excess(start) => {
            let error = RequestError::BadAnswer(format!(
                "the server's answer is larger than {MAX_SERVER_LINE_BYTES} bytes, the most that is taken"
            ));
            connection.fail_answer(&start, error);
        }
        Line::TooLong { size_bytes, .. } => {
            let text = format!(
                "a message of {size_bytes} bytes on stdout was dropped: the limit is {MAX_SERVER_LINE_BYTES}"
            );
            noise.line(&text, connection);
        }
    }
}

async fn read_stderr(mut stderr: ChildStderr, connection: &Connection) {
    let mut framer = LineFramer::new(MAX_STDERR_LINE_BYTES);
    let mut log = LogLines::new(ServerLogKind::Stderr, LogLevel::Info);
    loop {
        let read = stderr.read_buf(framer.buffer()).await;
        while let Some(line) = framer.next_line() {
            log.stderr(&line, connection);
        }
        if matches!(read, Ok(0) | Err(_)) {
            break;
        }
    }
    if let Some(line) = framer.rest() {
        log.stderr(&line, connection);
    }
    log.end(connection);
}
