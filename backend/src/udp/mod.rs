//! Echoing UDP datagrams.

mod datagram;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

pub use datagram::{LONGEST, MAGIC, Numbered, Strangers};

use crate::RealServer;
use crate::behaviour::{Answers, Chance};

impl RealServer {
    /// Echoes datagrams until the server was told to [drain](RealServer::drain) and the delayed ones
    /// are sent, or until the returned future is dropped; see [`Numbered`] for their format.
    ///
    /// Of the behaviour, `answers` and `delay` hold for datagrams too. All datagrams of a socket draw
    /// from one sequence of chance.
    pub async fn echo(self: Arc<Self>, socket: UdpSocket, strangers: Strangers) {
        let socket = Arc::new(socket);
        let mut chance = Chance::new(self.seed, self.name(), u64::MAX - 1);
        let mut datagram = vec![0; LONGEST + 1];
        let mut delayed = JoinSet::new();
        let mut drained = std::pin::pin!(self.drained());
        loop {
            let received = tokio::select! {
                received = socket.recv_from(&mut datagram) => received,
                Some(_) = delayed.join_next() => continue,
                () = &mut drained => break,
            };
            // An error of an earlier datagram's destination says nothing about the socket.
            let Ok((length, from)) = received else {
                continue;
            };
            self.tally.datagram();
            let behaviour = self.behaviour();
            if behaviour.answers == Answers::Never {
                continue;
            }
            let Some(echo) = datagram::echo(&datagram[..length], self.name(), strangers) else {
                continue;
            };
            let delay = behaviour.delay.draw(&mut chance);
            if delay.is_zero() {
                self.send(&socket, &echo, from).await;
            } else {
                let (server, socket) = (Arc::clone(&self), Arc::clone(&socket));
                delayed.spawn(async move {
                    tokio::time::sleep(delay).await;
                    server.send(&socket, &echo, from).await;
                });
            }
        }
        while delayed.join_next().await.is_some() {}
    }

    async fn send(&self, socket: &UdpSocket, echo: &[u8], to: SocketAddr) {
        // Counted only if the kernel took it; a client that does not listen is no reason to end.
        let sent: io::Result<usize> = socket.send_to(echo, to).await;
        if sent.is_ok() {
            self.tally.echo();
        }
    }
}
