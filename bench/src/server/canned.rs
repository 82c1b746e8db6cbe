//! A server that does as little as can be done: no parsing, one answer, one read and one write for
//! each request. A request must arrive as one piece, which it does on loopback.

use std::env;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};

use anyhow::{Context, Result};
use memchr::memmem::Finder;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, Socket, Type};

use crate::cell::BODY;
use crate::process::Program;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;

pub(super) fn program(addresses: &[SocketAddr]) -> Result<Program> {
    let arguments = ["canned".to_owned()].into_iter();
    let addresses = addresses.iter().map(SocketAddr::to_string);
    Ok(Program::new(
        env::current_exe()?,
        arguments.chain(addresses).collect(),
    ))
}

/// Answers every request, until it is killed.
pub(crate) fn serve(addresses: &[SocketAddr]) -> Result<()> {
    let mut server = Canned::new()?;
    for address in addresses {
        let listener = listener(*address).with_context(|| format!("cannot listen on {address}"))?;
        server.keep(Open::Listener(listener))?;
    }
    let mut events = [EpollEvent::empty(); 512];
    loop {
        let ready = server.epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            server.serve(usize::try_from(event.data())?)?;
        }
    }
}

fn listener(address: SocketAddr) -> Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM.nonblocking(),
        None,
    )?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

enum Open {
    Listener(TcpListener),
    Connection(TcpStream),
}

struct Canned {
    epoll: Epoll,
    /// By the number of the descriptor.
    open: Vec<Option<Open>>,
    answers: Answers,
}

impl Canned {
    fn new() -> Result<Self> {
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            open: Vec::new(),
            answers: Answers::new(),
        })
    }

    fn keep(&mut self, open: Open) -> Result<()> {
        let (socket, interest) = match &open {
            Open::Listener(listener) => (listener.as_fd(), EpollFlags::EPOLLIN),
            // A request is one piece and read at once: there is no need to be told of it again.
            Open::Connection(stream) => {
                let interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
                (stream.as_fd(), interest)
            }
        };
        let index = usize::try_from(socket.as_raw_fd())?;
        self.epoll
            .add(socket, EpollEvent::new(interest, index as u64))?;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, || None);
        }
        self.open[index] = Some(open);
        Ok(())
    }

    fn serve(&mut self, index: usize) -> Result<()> {
        match self.open.get(index) {
            Some(Some(Open::Connection(stream))) => {
                if !self.answers.answer(stream) {
                    self.open[index] = None;
                }
            }
            Some(Some(Open::Listener(listener))) => {
                // Sockets stay blocking: they are read only when there is something to read.
                let accepted: Vec<_> = std::iter::from_fn(|| listener.accept().ok()).collect();
                for (stream, _) in accepted {
                    self.keep(Open::Connection(stream))?;
                }
            }
            Some(None) | None => {}
        }
        Ok(())
    }
}

/// The two answers, and how to see which one a request wants.
struct Answers {
    keep: Vec<u8>,
    close: Vec<u8>,
    says_close: Finder<'static>,
    is_old: Finder<'static>,
    says_keep: Finder<'static>,
}

impl Answers {
    fn new() -> Self {
        Self {
            keep: answer("keep-alive"),
            close: answer("close"),
            says_close: Finder::new(b": close\r\n"),
            is_old: Finder::new(b" HTTP/1.0\r\n"),
            // Keep-Alive or keep-alive.
            says_keep: Finder::new(b"eep-"),
        }
    }

    fn keeps(&self, request: &[u8]) -> bool {
        let old = self.is_old.find(request).is_some();
        (!old || self.says_keep.find(request).is_some()) && self.says_close.find(request).is_none()
    }

    /// Answers one request; whether the connection stays.
    fn answer(&self, mut stream: &TcpStream) -> bool {
        let mut request = [0; 2048];
        match stream.read(&mut request) {
            Ok(0) => false,
            Ok(length) if self.keeps(&request[..length]) => stream.write_all(&self.keep).is_ok(),
            Ok(_) => {
                // A client that has gone away needs no answer.
                let _ = stream.write_all(&self.close);
                false
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}

fn answer(connection: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: canned\r\nContent-Length: {BODY}\r\nConnection: {connection}\r\n\r\n"
    );
    [head.as_bytes(), &[b'x'; BODY]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_kept_as_its_clients_ask() {
        let answers = Answers::new();
        for (request, kept) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nconnection: close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nHost: x\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ] {
            assert_eq!(answers.keeps(request.as_bytes()), kept, "{request:?}");
        }
    }
}
