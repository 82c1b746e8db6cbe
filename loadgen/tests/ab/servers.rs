//! Servers on loopback.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use backend::RealServer;

use crate::differential::installed;

/// A server that lives as long as this.
pub(crate) struct Server {
    pub(crate) url: String,
    /// nginx and its directory.
    pub(crate) process: Option<(Child, tempfile::TempDir)>,
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
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            server
                .serve(tokio::net::TcpListener::from_std(listener).unwrap())
                .await;
        });
    });
    Server { url, process: None }
}

/// nginx with a file of 1024 bytes, `1k.txt`. It is one process, so that none outlives its end.
pub(crate) fn nginx(file: &str) -> Option<Server> {
    let nginx = installed("nginx", "nginx-light")?;
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().display();
    let (listener, url) = listener(&format!("/{file}"));
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
         server {{ listen {address}; root {root}; }} }}\n"
    );
    let file = directory.path().join("nginx.conf");
    std::fs::write(&file, configuration).unwrap();
    let child = Command::new(nginx)
        .arg("-p")
        .arg(directory.path())
        .arg("-c")
        .arg(&file)
        .spawn()
        .unwrap();
    let server = Server {
        url,
        process: Some((child, directory)),
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while std::net::TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nginx does not listen");
        thread::yield_now();
    }
    Some(server)
}

pub(crate) fn listener(path: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    (listener, url)
}

/// Reads the header of one request and answers it.
pub(crate) fn answer_one(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut header = Vec::new();
    let mut byte = [0];
    while !header.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        header.push(byte[0]);
    }
    stream
        .write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    String::from_utf8(header).unwrap()
}
