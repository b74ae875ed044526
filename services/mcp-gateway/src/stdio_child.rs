//! The small program between the gateway and a server that it started.
//!
//! A server is often a chain (`npx` -> `sh` -> `node`), and none of its links
//! must outlive the gateway, even one that was killed with `kill -9`. So the
//! gateway does not start the command itself but this, which
//!
//! - shares the pipe of the server's standard input. The system closes its
//!   other end when the gateway is gone, however it went; this is the signal,
//!   and the orderly way to stop a server as well;
//! - adopts whatever of its descendants loses its parent (a "subreaper"), so that
//!   a link that puts itself in the background stays in sight;
//! - stays until all of them are gone.
//!
//! No signal handler, no file descriptor beside the three, no unsafe code.

mod tree;

use std::{
    fs::OpenOptions,
    os::fd::AsFd as _,
    process::{Command, ExitCode},
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// How long a server may take to leave after its input was closed, and again
/// after SIGTERM (specification, "lifecycle", shutdown of stdio).
const GRACE: Duration = Duration::from_millis(1_500);

/// As a shell says "command not found".
const CANNOT_START: u8 = 127;

/// Runs a command and stays with it to its end. `args` are the command and its
/// arguments. The exit code is the command's own, or 128 and its signal's number.
pub fn run_stdio_child(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let mut args = args.into_iter();
    let Some(command) = args.next() else {
        eprintln!("stdio-child: expected a command");
        return ExitCode::from(CANNOT_START);
    };
    // Only Linux has it. Elsewhere what leaves its parent gets out of sight.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
    let child = match Command::new(&command).args(args).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("cannot start {}: {error}", command.display());
            return ExitCode::from(CANNOT_START);
        }
    };
    let server = Pid::from_raw(child.id() as i32);
    let_go_of_output();
    std::thread::spawn(stop_when_the_gateway_is_gone);
    let code = reap_until(server);
    tree::kill_descendants(Signal::SIGKILL);
    ExitCode::from(code)
}

/// The gateway must see the end of a server's output when the server ends it,
/// not when we do.
fn let_go_of_output() {
    if let Ok(nowhere) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = nix::unistd::dup2_stdout(&nowhere);
        let _ = nix::unistd::dup2_stderr(&nowhere);
    }
}

fn stop_when_the_gateway_is_gone() {
    wait_for_hang_up();
    std::thread::sleep(GRACE);
    tree::kill_descendants(Signal::SIGTERM);
    std::thread::sleep(GRACE);
    // The other thread ends the process when the server is reaped.
    loop {
        tree::kill_descendants(Signal::SIGKILL);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Never reads: what comes in belongs to the server.
fn wait_for_hang_up() {
    let input = std::io::stdin();
    let mut ends = [PollFd::new(input.as_fd(), PollFlags::empty())];
    loop {
        match poll(&mut ends, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            // Not to know whether the gateway lives is as good as its end.
            Err(_) => return,
        }
        if ends[0].revents().is_some_and(|events| !events.is_empty()) {
            return;
        }
    }
}

/// Buries whoever dies, until it is the server.
fn reap_until(server: Pid) -> u8 {
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == server => return code as u8,
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == server => return 128 + signal as u8,
            Ok(_) | Err(Errno::EINTR) => {}
            // Nobody left to wait for.
            Err(_) => return 0,
        }
    }
}
