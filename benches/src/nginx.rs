use std::{fs, path::Path, process::Stdio};

use anyhow::Context as _;
use tests::wait_until;
use tokio::process::{Child, Command};

use crate::process::children;

/// nginx as the plain reverse proxy that others are measured by: connections to
/// the server are kept, nothing is logged. Dropped, it is stopped.
#[derive(Debug)]
pub struct Nginx {
    /// Without the path.
    pub url: String,
    master: Child,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts it before the server at that port of this machine.
    pub async fn before(program: &Path, server_port: u16) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port();
        let path = folder.path().display();
        let config = format!(
            "daemon off; worker_processes auto; pid {path}/pid; error_log {path}/error.log;
             events {{ worker_connections 1024; }}
             http {{
               access_log off; keepalive_requests 100000000;
               client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
               fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
               upstream server {{ server 127.0.0.1:{server_port}; keepalive 128; keepalive_requests 100000000; }}
               server {{
                 listen 127.0.0.1:{port};
                 location / {{
                   proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection \"\";
                 }}
               }}
             }}"
        );
        let config_file = folder.path().join("nginx.conf");
        fs::write(&config_file, config)?;
        let master = Command::new(program)
            .arg("-c")
            .arg(&config_file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{}: install the package nginx", program.display()))?;
        wait_until("nginx listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            master,
            _folder: folder,
        })
    }

    /// Its processes.
    pub fn pids(&self) -> anyhow::Result<Vec<u32>> {
        let master = self.master.id().context("nginx ended")?;
        let mut pids = children(master)?;
        pids.push(master);
        Ok(pids)
    }
}

impl Drop for Nginx {
    /// Killed, the master would leave its workers behind.
    fn drop(&mut self) {
        if let Some(pid) = self.master.id() {
            let _ = std::process::Command::new("kill")
                .args(["-TERM", &pid.to_string()])
                .status();
        }
    }
}
