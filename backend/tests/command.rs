//! The command: it says where it listens, serves, and ends when it is told to.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

struct Backend {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Backend {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// Reads where one more listener is.
    fn address(&mut self) -> SocketAddr {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("rs1 listens on http://").unwrap();
        address.trim_end().trim_end_matches('/').parse().unwrap()
    }

    /// Ends it by SIGTERM and returns the rest of what it prints.
    fn end(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fetch(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn it_serves_on_every_listener_until_it_is_terminated() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backend"));
    command.args([
        "--name",
        "rs1",
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "127.0.0.1:0",
    ]);
    let mut backend = Backend::start(&mut command);
    for _ in 0..2 {
        assert!(fetch(backend.address()).ends_with("\r\n\r\nrs1\n"));
    }
    assert_eq!(backend.end(), "rs1: 2 connections, 2 requests\n");
}

#[test]
fn it_survives_running_out_of_descriptors() {
    const LIMIT: usize = 24;
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {LIMIT}; exec \"$0\" --name rs1 --listen 127.0.0.1:0");
    let mut backend = Backend::start(command.args(["-c", &script, env!("CARGO_BIN_EXE_backend")]));
    let address = backend.address();
    let held: Vec<_> = (0..2 * LIMIT)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let descriptors = format!("/proc/{}/fd", backend.child.id());
    let deadline = Instant::now() + Duration::from_secs(30);
    while fs::read_dir(&descriptors).unwrap().count() < LIMIT {
        assert!(Instant::now() < deadline, "it never ran out");
        thread::yield_now();
    }
    drop(held);
    assert!(fetch(address).ends_with("\r\n\r\nrs1\n"));
    backend.end();
}

#[test]
fn an_address_that_cannot_be_had_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_backend"))
        .args(["--name", "rs1", "--listen", "192.0.2.1:80"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: cannot listen on 192.0.2.1:80: "),
        "{stderr}"
    );
}
