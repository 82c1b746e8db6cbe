//! Real servers, odd servers and plans for them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use backend::RealServer;
use loadgen::{Plan, Progress, Report, Url, run};
use socket2::{Domain, SockRef, Socket, Type};

/// A real server on a runtime of its own, which lives as long as the tests.
pub(crate) fn real_server(name: &str) -> (Arc<RealServer>, SocketAddr) {
    let server = RealServer::new(name).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let worker = Arc::clone(&server);
    thread::spawn(move || {
        block_on(async {
            worker
                .serve(tokio::net::TcpListener::from_std(listener).unwrap())
                .await;
        });
    });
    (server, address)
}

/// A server that does the same odd thing with one connection after the other, for ever.
pub(crate) fn odd_server(mut odd: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            odd(stream.unwrap());
        }
    });
    address
}

/// A server that reads the request and answers these bytes, then closes.
pub(crate) fn answering(bytes: &'static str) -> SocketAddr {
    odd_server(move |mut stream| {
        read_request(&mut stream);
        stream.write_all(bytes.as_bytes()).unwrap();
    })
}

/// Reads up to the empty line; false if the client closed instead.
pub(crate) fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return false,
        }
    }
    true
}

/// Makes the stream close with an RST in place of a FIN.
pub(crate) fn reset(stream: &TcpStream) {
    SockRef::from(stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// A socket with an address, whose backlog is as given; it does not listen without one.
pub(crate) fn bound(backlog: Option<i32>) -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    if let Some(backlog) = backlog {
        socket.listen(backlog).unwrap();
    }
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// One request for `path`, with a timeout that no working server meets.
pub(crate) fn plan(address: SocketAddr, path: &str) -> Plan {
    let url = Url::parse(&format!("http://{address}{path}")).unwrap();
    url.plan(address).unwrap()
}

/// Runs a plan to its end.
pub(crate) fn report(plan: &Plan) -> Report {
    block_on(run(plan, &Progress::new(), std::future::pending()))
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
