//! `mcp-orch serve` as whoever starts it sees it: what it prints, what it asks
//! for, how it ends.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

const ANY_PORTS: [&str; 10] = [
    "--http-port",
    "0",
    "--mcp-port",
    "0",
    "--projects-port",
    "0",
    "--logging-port",
    "0",
    "--gateway-port",
    "0",
];

fn mcp_orch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-orch"));
    command.stdin(Stdio::null());
    command
}

fn serve(data: &Path) -> Command {
    let mut command = mcp_orch();
    command.args(["serve", "--data"]).arg(data).args(ANY_PORTS);
    command
}

fn signal(child: &Child, name: &str) {
    let told = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(told.expect("kill runs").success());
}

/// A deployment in one process, up to its last line of welcome.
struct Running {
    child: Child,
    welcome: String,
    _stdout: BufReader<ChildStdout>,
}

impl Running {
    /// `last` begins the last line of its welcome.
    fn start(mut command: Command, last: &str) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut welcome = String::new();
        while !welcome.lines().any(|line| line.starts_with(last)) {
            let read = stdout.read_line(&mut welcome).expect("it writes");
            assert_ne!(read, 0, "it ended before it welcomed anybody: {welcome}");
        }
        Self {
            child,
            welcome,
            _stdout: stdout,
        }
    }

    /// What stands behind that word.
    fn line(&self, word: &str) -> &str {
        let line = self.welcome.lines().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("no {word} in {}", self.welcome))
            .trim()
    }

    fn paste(&self) -> Output {
        let command = self.line("Try it");
        Command::new("sh")
            .args(["-c", command])
            .output()
            .expect("a shell")
    }

    fn stop(mut self) -> Option<i32> {
        signal(&self.child, "-TERM");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn refusal(command: &mut Command) -> String {
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8(output.stderr).expect("a text");
    let sentence = stderr.lines().find(|line| line.starts_with("mcp-orch: "));
    sentence
        .unwrap_or_else(|| panic!("no sentence in {stderr}"))
        .to_owned()
}

#[test]
fn a_newcomer_pastes_the_printed_command_and_has_an_answer_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let first = Running::start(serve(&data), "Try it");
    let output = first.paste();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{output:?}");
    let (key, link) = (first.line("Key").to_owned(), first.line("Web").to_owned());
    assert_eq!(first.stop(), Some(0));

    let second = Running::start(serve(&data), "Try it");
    assert_eq!(second.line("Key"), key, "data is kept");
    assert_ne!(second.line("Web"), link, "a link is for once");
    assert!(second.paste().status.success());
    assert_eq!(second.stop(), Some(0));
}

#[test]
fn without_a_demo_nobody_is_signed_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = serve(folder.path());
    command.arg("--no-demo");
    let running = Running::start(command, "MCP");
    assert!(!running.welcome.contains("sign-in"), "{}", running.welcome);
    assert!(!folder.path().join("demo.json").exists());
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn a_data_folder_in_use_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let _running = Running::start(serve(folder.path()), "Try it");
    let sentence = refusal(&mut serve(folder.path()));
    assert!(
        sentence.contains("in use by another mcp-orch: stop that one"),
        "{sentence}"
    );
}

#[test]
fn a_taken_port_is_told_with_the_flag_to_change_and_nothing_is_left_behind() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut command = mcp_orch();
    command
        .args(["serve", "--http-port", "0", "--mcp-port", &port, "--data"])
        .arg(&data);
    command.args([
        "--projects-port",
        "0",
        "--logging-port",
        "0",
        "--gateway-port",
        "0",
    ]);
    let sentence = refusal(&mut command);
    assert!(
        sentence.contains(&format!("port {port} on 127.0.0.1 is taken")),
        "{sentence}"
    );
    assert!(sentence.ends_with("(--mcp-port)"), "{sentence}");
    assert!(!data.exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_what_to_do() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let sentence = refusal(&mut serve(file.path()));
    assert!(sentence.contains("choose another one with --data"), "{sentence}");
}

#[test]
fn an_unknown_setting_is_refused_by_the_name_of_its_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = serve(folder.path());
    command.env("MCPORCH_LISTEN__HTTP_PROT", "1");
    let sentence = refusal(&mut command);
    assert!(sentence.contains("MCPORCH_LISTEN__HTTP_PROT"), "{sentence}");
    assert!(sentence.contains("did you mean \"http_port\"?"), "{sentence}");
}

#[test]
fn a_dump_shows_where_each_layer_ended_up_and_no_password() {
    let output = mcp_orch()
        .args(["serve", "--dump-config", "--http-port", "1234"])
        .env("MCPORCH_LOGGING__DATABASE_URL", "postgres://kim:hunter2@db/calls")
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("a text");
    assert!(output.status.success());
    assert!(text.contains("http_port = 1234"), "{text}");
    assert!(text.contains("postgres://kim:[redacted]@db/calls"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
