//! The command: it says where it listens, serves, and ends when it is told to.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
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

    /// Reads where one more listener of rs1 is.
    fn address(&mut self) -> SocketAddr {
        self.address_after("rs1 listens on http://")
    }

    fn address_after(&mut self, text: &str) -> SocketAddr {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix(text).unwrap();
        address.trim_end().trim_end_matches('/').parse().unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it by SIGTERM and returns the rest of what it prints.
    fn end(self) -> String {
        self.signal("-TERM");
        self.ended(0)
    }

    /// Waits for its end and returns the rest of what it prints.
    fn ended(mut self, code: i32) -> String {
        assert_eq!(self.child.wait().unwrap().code(), Some(code));
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
    assert_eq!(
        backend.end(),
        "rs1: 2 connections, 2 requests, 2 responses\n"
    );
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

#[test]
fn many_servers_of_one_process_have_names_and_behaviours_of_their_own() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backend"));
    command.args(["--server", "rs1=127.0.0.1:0", "--server", "rs2=127.0.0.1:0"]);
    command.args([
        "--errors",
        "rs2=404:100%",
        "--udp",
        "rs2=127.0.0.1:0",
        "--udp-name-all",
    ]);
    let mut backend = Backend::start(&mut command);
    assert!(fetch(backend.address_after("rs1 listens on http://")).ends_with("\r\n\r\nrs1\n"));
    let rs2 = fetch(backend.address_after("rs2 listens on http://"));
    assert!(rs2.starts_with("HTTP/1.0 404 ") && rs2.contains("\r\nx-real-server: rs2\r\n"));
    let echo = backend.address_after("rs2 echoes on udp://");
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"hello", echo).unwrap();
    let mut datagram = [0; 16];
    let length = client.recv(&mut datagram).unwrap();
    assert_eq!(&datagram[..length], b"hello\x03rs2");
    let expected = "rs1: 1 connections, 1 requests, 1 responses\n\
                    rs2: 1 connections, 1 requests, 1 responses\n";
    assert_eq!(backend.end(), expected);
}

/// A server that holds each response back, and a client whose request it has read.
fn waiting(delay: &str, drain: &str) -> (Backend, TcpStream) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backend"));
    command.args([
        "--name",
        "rs1",
        "--listen",
        "127.0.0.1:0",
        "--delay",
        delay,
        "--drain",
        drain,
    ]);
    let mut backend = Backend::start(command.stderr(Stdio::piped()));
    let address = backend.address();
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    // `/stats` is not delayed.
    while !stats(address).contains("\"requests\":1") {
        assert!(Instant::now() < deadline, "the request is not read");
    }
    (backend, client)
}

fn stats(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /stats HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn what_is_open_when_it_is_terminated_is_finished() {
    let (backend, mut client) = waiting("200ms", "60s");
    backend.signal("-TERM");
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(response.contains("\r\nconnection: close\r\n") && response.ends_with("rs1\n"));
    backend.ended(0);
}

#[test]
fn what_is_still_open_after_the_deadline_is_closed_and_said() {
    let (mut backend, mut client) = waiting("1h", "50ms");
    let mut stderr = backend.child.stderr.take().unwrap();
    backend.signal("-TERM");
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    backend.ended(0);
    let mut message = String::new();
    stderr.read_to_string(&mut message).unwrap();
    assert_eq!(
        message,
        "1 connections were still open after 50ms and are closed now\n"
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let (backend, client) = waiting("1h", "1h");
        let address = client.peer_addr().unwrap();
        backend.signal("-TERM");
        // The first signal has been seen when the listener is closed; two at once would be one.
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_ok() {
            assert!(Instant::now() < deadline, "it still listens");
        }
        backend.signal(name);
        backend.ended(code);
    }
}
