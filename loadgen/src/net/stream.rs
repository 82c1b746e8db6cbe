//! A connection of the lean path: no system call but those that it needs.
//!
//! It sends and receives by rustix, not by the standard library: libc's `send` and `recv` are places
//! where a thread may be cancelled, which costs them an atomic operation before and after.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::task::{Poll, ready};

use nix::sys::epoll::EpollFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use socket2::Socket;

use super::{Reactor, Readiness};

const BROKEN: EpollFlags = EpollFlags::EPOLLERR.union(EpollFlags::EPOLLHUP);
const WRITABLE: EpollFlags = EpollFlags::EPOLLOUT.union(BROKEN);
const READABLE: EpollFlags = EpollFlags::EPOLLIN
    .union(EpollFlags::EPOLLRDHUP)
    .union(BROKEN);

/// A TCP connection whose worker is polled when it is ready: no waker is kept.
#[derive(Debug)]
pub(crate) struct Stream {
    stream: TcpStream,
    /// The peer has closed, and all before that was read.
    at_end: bool,
}

impl Stream {
    /// Connects a socket, which does not block.
    pub(crate) async fn connect(
        socket: Socket,
        target: SocketAddr,
        reactor: &Reactor,
        readiness: &Readiness,
    ) -> io::Result<Self> {
        readiness.remove(EpollFlags::all());
        match socket.connect(&target.into()) {
            Err(error) if Errno::from_io_error(&error) != Some(Errno::INPROGRESS) => {
                return Err(error);
            }
            _ => reactor.add(&socket, readiness)?,
        }
        let stream = TcpStream::from(socket);
        poll_fn(|_| is(readiness.has(WRITABLE))).await;
        if readiness.has(BROKEN)
            && let Some(error) = stream.take_error()?
        {
            return Err(error);
        }
        Ok(Self {
            stream,
            at_end: false,
        })
    }

    pub(crate) fn poll_write(
        &mut self,
        readiness: &Readiness,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(is(readiness.has(WRITABLE)));
        match send(&self.stream, bytes, SendFlags::NOSIGNAL) {
            Err(Errno::AGAIN) => {
                readiness.remove(WRITABLE);
                Poll::Pending
            }
            outcome => Poll::Ready(Ok(outcome?)),
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        readiness: &Readiness,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.at_end {
            return Poll::Ready(Ok(0));
        }
        ready!(is(readiness.has(READABLE)));
        let room = buffer.len();
        let length = match recv(&self.stream, buffer, RecvFlags::empty()) {
            Err(Errno::AGAIN) => {
                readiness.remove(READABLE);
                return Poll::Pending;
            }
            outcome => outcome?.0,
        };
        // Less than there was room for is all there was. What came since is heard of anew; but a
        // peer that was known to have closed sends nothing any more.
        if length < room && !readiness.has(BROKEN) {
            self.at_end = readiness.has(EpollFlags::EPOLLRDHUP);
            readiness.remove(READABLE);
        }
        Poll::Ready(Ok(length))
    }

    /// Ready when there is something to read, be it the end. This is no system call unless something
    /// has come since the last read.
    pub(crate) fn poll_input(&self, readiness: &Readiness) -> Poll<io::Result<()>> {
        if self.at_end {
            return Poll::Ready(Ok(()));
        }
        ready!(is(readiness.has(READABLE)));
        match recv(&self.stream, &mut [0], RecvFlags::PEEK) {
            Err(Errno::AGAIN) => {
                readiness.remove(READABLE);
                Poll::Pending
            }
            outcome => Poll::Ready(Ok(outcome.map(drop)?)),
        }
    }
}

fn is(ready: bool) -> Poll<()> {
    if ready {
        Poll::Ready(())
    } else {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::pin::pin;
    use std::rc::Rc;
    use std::thread;
    use std::time::Duration;

    use socket2::{Domain, Type};

    use super::*;

    const PIECE: usize = 100_000;

    /// Polls `work` as a worker whose socket the reactor watches.
    fn drive<F: Future>(work: impl FnOnce(Rc<Reactor>, Rc<Readiness>) -> F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        runtime.unwrap().block_on(async {
            let (reactor, readiness) = (Rc::new(Reactor::new()), Rc::new(Readiness::new(0)));
            let mut work = pin!(work(Rc::clone(&reactor), Rc::clone(&readiness)));
            poll_fn(|cx| {
                reactor.watch(cx);
                while reactor.turn(|_, events| readiness.add(events)) > 0 {}
                work.as_mut().poll(cx)
            })
            .await
        })
    }

    async fn connected(
        to: SocketAddr,
        reactor: &Reactor,
        readiness: &Readiness,
    ) -> io::Result<Stream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), None)?;
        Stream::connect(socket, to, reactor, readiness).await
    }

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn all_is_written_and_read_to_the_end_whatever_the_pieces() {
        let (listener, address) = listener();
        let echo = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = vec![0; 20 * PIECE];
            stream.read_exact(&mut bytes).unwrap();
            bytes
                .chunks(7 * PIECE / 3)
                .for_each(|piece| stream.write_all(piece).unwrap());
        });
        let read = drive(|reactor, readiness| async move {
            let mut stream = connected(address, &reactor, &readiness).await.unwrap();
            let piece = vec![b'x'; PIECE];
            let mut written = 0;
            while written < 20 * PIECE {
                let left = PIECE.min(20 * PIECE - written);
                written += poll_fn(|_| stream.poll_write(&readiness, &piece[..left]))
                    .await
                    .unwrap();
            }
            let (mut read, mut buffer) = (0, vec![0; PIECE / 2]);
            loop {
                match poll_fn(|_| stream.poll_read(&readiness, &mut buffer))
                    .await
                    .unwrap()
                {
                    0 => return read,
                    more => read += more,
                }
            }
        });
        echo.join().unwrap();
        assert_eq!(read, 20 * PIECE);
    }

    #[test]
    fn a_reset_is_an_error_even_behind_what_was_read() {
        let (listener, address) = listener();
        let error = drive(|reactor, readiness| async move {
            let mut stream = connected(address, &reactor, &readiness).await.unwrap();
            let (mut server, _) = listener.accept().unwrap();
            server.write_all(b"x").unwrap();
            let mut buffer = [0; 9];
            let read = poll_fn(|_| stream.poll_read(&readiness, &mut buffer)).await;
            assert_eq!(read.unwrap(), 1);
            socket2::SockRef::from(&server)
                .set_linger(Some(Duration::ZERO))
                .unwrap();
            drop(server);
            poll_fn(|_| stream.poll_read(&readiness, &mut buffer))
                .await
                .unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    #[test]
    fn a_refused_connect_says_so() {
        let (listener, address) = listener();
        drop(listener);
        let error = drive(|reactor, readiness| async move {
            connected(address, &reactor, &readiness)
                .await
                .map(drop)
                .unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
}
