//! Accepting connections, and who gets to be served.

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::behaviour::{Chance, Over};
use crate::server::Engine;
use crate::visit::{Standing, Visit};
use crate::{RealServer, general, lean};

/// How long to wait before the next accept when descriptors or memory have run out.
const OUT_OF_RESOURCES: Duration = Duration::from_millis(10);

impl RealServer {
    /// Serves this listener until the server was told to [drain](RealServer::drain) and its last
    /// connection has ended, or until the returned future is dropped, which closes its connections.
    ///
    /// A connection that fails ends alone, and no error of `accept` ends the loop. The future is
    /// `Send` and runs on any tokio runtime with I/O and time, a current-thread one included; one
    /// server may serve many listeners.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        {
            let mut drained = pin!(self.drained());
            // Drawn apart from those of connections, of which there are never so many.
            let chance = Chance::new(self.seed, self.name(), u64::MAX);
            let mut next = pin!(self.next(&listener, chance));
            loop {
                tokio::select! {
                    ((stream, visit), chance) = &mut next => {
                        connections.spawn(connection(stream, visit));
                        // It outlives the other turns of the loop: they do not start its delay anew.
                        next.set(self.next(&listener, chance));
                    }
                    Some(_) = connections.join_next() => {}
                    () = &mut drained => break,
                }
            }
        }
        // What the kernel has accepted already is served: closing the listener would reset it.
        for (stream, visit) in self.backlog(listener) {
            connections.spawn(connection(stream, visit));
        }
        while connections.join_next().await.is_some() {}
    }

    /// The next connection that is served or answered by 503.
    async fn next(
        self: &Arc<Self>,
        listener: &TcpListener,
        mut chance: Chance,
    ) -> ((TcpStream, Visit), Chance) {
        loop {
            self.vacancy().await;
            let delay = self.behaviour().accept_delay;
            if !delay.is_none() {
                tokio::time::sleep(delay.draw(&mut chance)).await;
            }
            match listener.accept().await {
                Ok((stream, _)) => {
                    if let Some(admitted) = self.admit(stream) {
                        return (admitted, chance);
                    }
                }
                Err(error) => pause_after(&error).await,
            }
        }
    }

    /// Waits for a free place, if that is what connections over the limit do.
    async fn vacancy(&self) {
        while self.is_full() {
            let mut vacancy = pin!(self.vacancy.notified());
            vacancy.as_mut().enable();
            // A place that became free before it was enabled is not told of.
            if self.is_full() {
                vacancy.await;
            }
        }
    }

    /// Whether the next connection has to wait for a place.
    fn is_full(&self) -> bool {
        let limit = self.behaviour().connections;
        let waits = limit.filter(|limit| limit.over == Over::Wait);
        waits.is_some_and(|limit| self.tally.open() >= limit.most)
    }

    /// Counts a connection and gives it a place, or refuses it.
    fn admit(self: &Arc<Self>, stream: TcpStream) -> Option<(TcpStream, Visit)> {
        let number = self.tally.connection_accepted();
        let limit = self.behaviour().connections;
        let over = limit.map_or(Over::Wait, |limit| limit.over);
        // Where connections wait for a place they have waited already. One that another listener of
        // another thread has outrun is served beyond the limit rather than lost.
        let most = match (limit, over) {
            (Some(limit), Over::Reset | Over::Unavailable) => limit.most,
            _ => u64::MAX,
        };
        if self.tally.connection_opened(most) {
            return Some((
                stream,
                Visit::new(Arc::clone(self), number, Standing::Served),
            ));
        }
        self.tally.connection_refused();
        match over {
            Over::Unavailable => Some((
                stream,
                Visit::new(Arc::clone(self), number, Standing::TurnedAway),
            )),
            Over::Reset | Over::Wait => {
                reset_on_close(&stream);
                None
            }
        }
    }

    /// Closes the listener and returns the connections that wait in it, as far as they are admitted.
    fn backlog(self: &Arc<Self>, listener: TcpListener) -> Vec<(TcpStream, Visit)> {
        let Ok(listener) = listener.into_std() else {
            return Vec::new();
        };
        let waiting = std::iter::from_fn(|| listener.accept().ok());
        let streams = waiting.filter_map(|(stream, _)| {
            stream.set_nonblocking(true).ok()?;
            TcpStream::from_std(stream).ok()
        });
        streams.filter_map(|stream| self.admit(stream)).collect()
    }
}

/// Serves one connection to its end. How it ends concerns the client alone.
async fn connection(stream: TcpStream, visit: Visit) {
    match visit.server().engine {
        Engine::Lean => lean::serve(stream, visit).await,
        // Boxed, or every connection would have room for hyper's.
        Engine::Hyper => Box::pin(general::serve(stream, Vec::new(), visit)).await,
    }
}

/// Makes closing the stream send an RST in place of a FIN.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    // It fails on no TCP socket; if it did, the client would see a FIN.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// A connection that the client gave up before it was accepted is no reason to wait.
async fn pause_after(accept: &io::Error) {
    let client_gone = matches!(
        accept.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    );
    if !client_gone {
        tokio::time::sleep(OUT_OF_RESOURCES).await;
    }
}
