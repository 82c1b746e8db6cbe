//! nginx, configured to be as fast as it can: one process, no log, the body in the configuration.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cell::BODY;
use crate::executables::installed;
use crate::process::Program;

/// What to do where it is not installed.
pub(super) const REMEDY: &str = "nginx: apt-get install nginx-light";

/// nginx with a configuration in that directory; none if it is not installed.
pub(super) fn program(directory: &Path, addresses: &[SocketAddr]) -> Result<Option<Program>> {
    let Some(path) = installed("nginx") else {
        return Ok(None);
    };
    let file = directory.join("nginx.conf");
    fs::write(&file, configuration(directory, addresses)).context("cannot configure nginx")?;
    let options = ["-p", &directory.display().to_string(), "-e", "stderr", "-c"].map(str::to_owned);
    let mut arguments = options.to_vec();
    arguments.push(file.display().to_string());
    Ok(Some(Program::new(path, arguments)))
}

/// Without a master the worker is the process that was started, and ends with its handle.
fn configuration(directory: &Path, addresses: &[SocketAddr]) -> String {
    let directory = directory.display();
    let mut listen = String::new();
    for address in addresses {
        // A string takes whatever is written to it.
        let _ = writeln!(listen, "    listen {address} backlog=4096;");
    }
    let body = "x".repeat(BODY);
    format!(
        "daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 8192;
error_log stderr crit;
pid {directory}/nginx.pid;
events {{ worker_connections 8000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  default_type application/octet-stream;
  server {{
{listen}    location / {{ return 200 {body}; }}
  }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_listened_on() {
        let addresses = ["127.0.0.1:80", "127.0.0.2:80"].map(|text| text.parse().unwrap());
        let text = configuration(Path::new("/tmp/x"), &addresses);
        assert!(text.contains("listen 127.0.0.1:80 backlog=4096;\n"));
        assert!(text.contains("listen 127.0.0.2:80 backlog=4096;\n"));
        assert!(text.contains(&"x".repeat(BODY)));
    }
}
