//! Servers on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use backend::RealServer;

use crate::differential::installed;

/// A server that lives as long as this.
pub(crate) struct Server {
    pub(crate) url: String,
    /// nginx and its directory.
    pub(crate) process: Option<(Child, tempfile::TempDir)>,
    backend: Option<Arc<RealServer>>,
}

impl Server {
    /// Requests that the backend has served.
    pub(crate) fn requests(&self) -> u64 {
        let backend = self.backend.as_ref().expect("only a backend counts");
        backend.counters().requests
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.process {
            // Not SIGKILL: nginx's worker would outlive it.
            let id = child.id().to_string();
            let told = Command::new("kill").args(["-TERM", &id]).status();
            assert!(told.is_ok_and(|status| status.success()), "kill {id}");
            child.wait().expect("it was started here");
        }
    }
}

/// The project's own server.
pub(crate) fn backend(path: &str) -> Server {
    let server = RealServer::new("rs1").unwrap();
    let (listener, url) = listener(path);
    listener.set_nonblocking(true).unwrap();
    let worker = Arc::clone(&server);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            worker
                .serve(tokio::net::TcpListener::from_std(listener).unwrap())
                .await;
        });
    });
    Server {
        url,
        process: None,
        backend: Some(server),
    }
}

/// nginx with a file of 1024 bytes, `1k.txt`.
pub(crate) fn nginx(file: &str) -> Option<Server> {
    nginx_with("", "", &format!("/{file}"))
}

/// nginx with these options of its listener, and this in its server's block. It is one process, so
/// that none outlives its end.
pub(crate) fn nginx_with(listen: &str, block: &str, path: &str) -> Option<Server> {
    let nginx = installed("nginx", "nginx-light")?;
    // Somebody else may take the port before nginx does.
    let server = (0..10).find_map(|_| started(&nginx, listen, block, path));
    Some(server.expect("nginx starts"))
}

fn started(nginx: &Path, listen: &str, block: &str, path: &str) -> Option<Server> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().display();
    let (listener, url) = listener(path);
    let address = listener.local_addr().unwrap();
    drop(listener);
    std::fs::write(directory.path().join("1k.txt"), "x".repeat(1024)).unwrap();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {root}/{name};\n"))
        .concat();
    let configuration = format!(
        "daemon off; master_process off; pid {root}/pid; error_log {root}/error;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; {temporary}\n\
         server {{ listen {address} {listen}; root {root}; {block} }} }}\n"
    );
    let file = directory.path().join("nginx.conf");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(nginx);
    command.arg("-p").arg(directory.path()).arg("-c").arg(&file);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    // It is written when the port is nginx's.
    while !directory.path().join("pid").exists() {
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        assert!(Instant::now() < deadline, "nginx does not listen");
        thread::yield_now();
    }
    Some(Server {
        url,
        process: Some((child, directory)),
        backend: None,
    })
}

pub(crate) fn listener(path: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    (listener, url)
}

/// Reads one request and answers it.
pub(crate) fn answer_one(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let request = read_request(&mut stream);
    stream
        .write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    request
}

/// Reads a request with its body.
pub(crate) fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        request.push(byte[0]);
    }
    let header = String::from_utf8(request).unwrap();
    let length = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    header + &String::from_utf8(body).unwrap()
}

/// A server that answers each connection's request with the next of these, and then closes; one
/// that ends with `RESET` by a reset, without that word. Its URL.
pub(crate) fn answering(mut next: impl FnMut() -> String + Send + 'static) -> String {
    let (listener, url) = listener("/");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_request(&mut stream);
            let answer = next();
            match answer.strip_suffix("RESET") {
                None => stream.write_all(answer.as_bytes()).unwrap(),
                Some(part) => {
                    stream.write_all(part.as_bytes()).unwrap();
                    let linger = Some(Duration::ZERO);
                    socket2::SockRef::from(&stream).set_linger(linger).unwrap();
                }
            }
        }
    });
    url
}

/// A server that answers every request with an empty page, and tells who asked for what. It closes
/// each connection after one response.
pub(crate) fn recording() -> (String, Receiver<(SocketAddr, String)>) {
    let (listener, url) = listener("/p");
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let from = stream.peer_addr().unwrap();
            let request = read_request(&mut stream);
            let answer = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).unwrap();
            if sender.send((from, request)).is_err() {
                return;
            }
        }
    });
    (url, requests)
}
