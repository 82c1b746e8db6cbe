//! The client that does nothing but send and receive by epoll: what the kernel's part costs.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use memchr::memmem;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, SockAddr, Socket, Type};

use super::{labelled, number};
use crate::cell::{BODY, Load, Mode, PATH};

pub(super) fn arguments(load: &Load) -> Vec<String> {
    let mode = load
        .mode
        .to_possible_value()
        .map(|value| value.get_name().to_owned());
    let mut arguments = vec!["bare".to_owned()];
    for (option, value) in [
        ("--address", load.address.to_string()),
        ("--mode", mode.unwrap_or_default()),
        ("--connections", load.connections.to_string()),
        ("--requests", load.requests.to_string()),
    ] {
        arguments.extend([option.to_owned(), value]);
    }
    arguments
}

pub(super) fn completed(output: &str) -> Result<u64> {
    let completed = labelled(output, "completed").and_then(number);
    completed.context("the output does not tell the number of requests")
}

/// Sends the load; ends at the first failure.
pub(crate) fn run(load: &Load) -> Result<()> {
    let mut bare = Bare {
        epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
        connections: Vec::new(),
        address: load.address.into(),
        request: request(load),
        response: None,
        started: 0,
        completed: 0,
        load: *load,
    };
    for index in 0..load.connections.into() {
        let connection = bare.connect(index)?;
        bare.connections.push(Some(connection));
    }
    let mut events = [EpollEvent::empty(); 512];
    while bare.completed < load.requests {
        let ready = bare.epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            bare.proceed(usize::try_from(event.data())?, event.events())?;
        }
    }
    println!("completed {}", bare.completed);
    Ok(())
}

fn request(load: &Load) -> Vec<u8> {
    let close = match load.mode {
        Mode::KeepAlive => "",
        Mode::Close => "Connection: close\r\n",
    };
    format!(
        "GET {PATH} HTTP/1.1\r\nHost: {}\r\n{close}\r\n",
        load.address
    )
    .into_bytes()
}

struct Bare {
    epoll: Epoll,
    connections: Vec<Option<Connection>>,
    address: SockAddr,
    request: Vec<u8>,
    /// Bytes of every response, once the first is there.
    response: Option<usize>,
    started: u64,
    completed: u64,
    load: Load,
}

struct Connection {
    stream: TcpStream,
    sent: bool,
    received: usize,
}

impl Bare {
    /// Begins to connect. One registration is enough: edges tell when to send and when to receive.
    fn connect(&self, index: u64) -> Result<Connection> {
        let socket = Socket::new(
            Domain::for_address(self.load.address),
            Type::STREAM.nonblocking(),
            None,
        )?;
        match socket.connect(&self.address) {
            Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => {
                return Err(error).context("cannot connect");
            }
            _ => {}
        }
        let interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLET;
        self.epoll.add(&socket, EpollEvent::new(interest, index))?;
        Ok(Connection {
            stream: socket.into(),
            sent: false,
            received: 0,
        })
    }

    fn proceed(&mut self, index: usize, ready: EpollFlags) -> Result<()> {
        let Some(Some(connection)) = self.connections.get_mut(index) else {
            return Ok(());
        };
        if !connection.sent && self.started < self.load.requests {
            connection.send(&self.request)?;
            self.started += 1;
        }
        if ready.contains(EpollFlags::EPOLLIN) && connection.receive(&mut self.response)? {
            self.completed += 1;
            self.next(index)?;
        }
        Ok(())
    }

    /// Goes on after a response, if there is something left to be done.
    fn next(&mut self, index: usize) -> Result<()> {
        match (self.load.mode, &mut self.connections[index]) {
            // Whatever comes after the last response is not looked at.
            (_, slot) if self.started == self.load.requests => *slot = None,
            (Mode::KeepAlive, Some(connection)) => {
                connection.send(&self.request)?;
                self.started += 1;
            }
            (Mode::KeepAlive, None) => bail!("a connection is gone"),
            (Mode::Close, slot) => {
                *slot = None;
                self.connections[index] = Some(self.connect(index as u64)?);
            }
        }
        Ok(())
    }
}

impl Connection {
    fn send(&mut self, request: &[u8]) -> Result<()> {
        let sent = self.stream.write(request).context("cannot send")?;
        ensure!(sent == request.len(), "a request was sent in part");
        self.sent = true;
        self.received = 0;
        Ok(())
    }

    /// Receives a part; whether the response is whole.
    fn receive(&mut self, whole: &mut Option<usize>) -> Result<bool> {
        let mut buffer = [0; 4096];
        let read = self.stream.read(&mut buffer).context("cannot receive")?;
        ensure!(read > 0, "a connection was closed early");
        if whole.is_none() {
            *whole = Some(length(&buffer[..read])?);
        }
        self.received += read;
        Ok(Some(self.received) == *whole)
    }
}

/// Bytes of a response by its head, which is there as a whole.
fn length(start: &[u8]) -> Result<usize> {
    let status = start.get(8..12);
    ensure!(status == Some(b" 200"), "the response is not 200");
    let head = memmem::find(start, b"\r\n\r\n").context("the head came in parts")?;
    Ok(head + 4 + BODY)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::server::canned;

    #[test]
    fn the_canned_server_answers_every_request_in_both_modes() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        // It serves until the tests end.
        thread::spawn(move || canned::serve(&[address]));
        while TcpStream::connect(address).is_err() {
            thread::yield_now();
        }
        for mode in [Mode::KeepAlive, Mode::Close] {
            for connections in [1, 10] {
                run(&Load {
                    address,
                    mode,
                    connections,
                    requests: 25,
                })
                .unwrap();
            }
        }
    }

    #[test]
    fn a_response_is_its_head_and_the_known_body() {
        assert_eq!(
            length(b"HTTP/1.1 200 OK\r\na: b\r\n\r\nxxx").unwrap(),
            25 + BODY
        );
        assert!(length(b"HTTP/1.1 404 Not Found\r\n\r\n").is_err());
        assert!(length(b"HTTP/1.1 200 OK\r\n").is_err());
    }

    #[test]
    fn the_count_is_read_from_the_output() {
        assert_eq!(completed("completed 17\n").unwrap(), 17);
        assert!(completed("error: cannot send\n").is_err());
    }
}
