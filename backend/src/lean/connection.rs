//! One connection, request after request.

use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::output::{Manner, Mark, send, write_head};
use super::{Head, Reading};
use crate::general;
use crate::idle::IdleTimer;
use crate::reply::{Fate, Reply};
use crate::serve::reset_on_close;
use crate::visit::Visit;

/// The room to read into, in bytes, at first and at least. glibc keeps pieces up to this size at hand
/// for the next connection.
const ROOM: usize = 1024;
/// A head that is longer is odd.
const LONGEST_HEAD: usize = 16 * 1024;
/// How long a client may take to read its last response while it still sends; nginx's
/// `lingering_time` is longer, but nobody waits for a real server of a lab.
const LINGER: Duration = Duration::from_secs(2);

/// How a connection ends.
enum End {
    /// Nothing is left to be done.
    Close,
    /// The client may still be sending. Closing now would reset the connection, and the last response
    /// might be lost.
    Linger,
    /// By an RST.
    Reset,
    /// Another engine goes on with it.
    HandOver,
}

/// Serves a connection to its end.
pub(crate) async fn serve(stream: TcpStream, mut visit: Visit) {
    let mut connection = Connection {
        stream,
        input: Vec::with_capacity(ROOM),
        start: 0,
        output: Vec::with_capacity(256),
        idle: IdleTimer::default(),
        several_writes: false,
    };
    match connection.run(&mut visit).await {
        End::Close => {}
        // Boxed, for it is rare and large.
        End::Linger => Box::pin(connection.linger()).await,
        End::Reset => reset_on_close(&connection.stream),
        End::HandOver => {
            connection.input.drain(..connection.start);
            // Boxed, or every connection would have room for hyper's.
            Box::pin(general::serve(connection.stream, connection.input, visit)).await;
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// What was read; the bytes before `start` are done with.
    input: Vec<u8>,
    start: usize,
    output: Vec<u8>,
    idle: IdleTimer,
    /// Whether the socket knows that responses take several writes.
    several_writes: bool,
}

impl Connection {
    async fn run(&mut self, visit: &mut Visit) -> End {
        let mut drained = pin!(visit.server().drained());
        loop {
            match self.request(visit, drained.as_mut()).await {
                Ok(()) => {}
                Err(end) => return end,
            }
        }
    }

    /// Reads one request and carries out what it meets.
    async fn request<D: Future<Output = ()>>(
        &mut self,
        visit: &mut Visit,
        mut drained: Pin<&mut D>,
    ) -> Result<(), End> {
        let idle = visit.behaviour().keep_alive.idle;
        self.idle.start(idle);
        let (fate, manner, body) = loop {
            match Head::read(&self.input[self.start..]) {
                Reading::Plain(head) => {
                    let fate = visit.meet(head.target, head.head_only);
                    self.start += head.length;
                    let Head {
                        head_only,
                        old,
                        keep_alive,
                        body,
                        ..
                    } = head;
                    break (
                        fate,
                        Manner {
                            head_only,
                            old,
                            keep: keep_alive,
                        },
                        body,
                    );
                }
                Reading::Partial if self.input.len() - self.start < LONGEST_HEAD => {}
                Reading::Partial | Reading::Odd => return Err(End::HandOver),
            }
            self.more(visit.asked() > 0, drained.as_mut()).await?;
        };
        if body > 0 {
            self.idle.start(idle);
            self.discard(body).await?;
        }
        visit.count(&fate);
        match fate {
            Fate::Silence => Err(self.ignore().await),
            Fate::Reset(delay) => {
                self.hold(delay).await?;
                visit.server().tally.reset(0);
                Err(End::Reset)
            }
            Fate::Reply(reply) => {
                self.hold(reply.delay).await?;
                self.answer(&reply, manner, visit).await
            }
        }
    }

    /// Reads more of a head. Between requests it is also the end to be told to drain.
    async fn more<D: Future<Output = ()>>(
        &mut self,
        kept: bool,
        drained: Pin<&mut D>,
    ) -> Result<(), End> {
        if self.start > 0 {
            self.input.drain(..self.start);
            self.start = 0;
        }
        if self.input.capacity() - self.input.len() < ROOM / 4 {
            self.input.reserve(ROOM);
        }
        let between = kept && self.input.is_empty();
        tokio::select! {
            biased;
            read = self.stream.read_buf(&mut self.input) => some(&read),
            () = drained, if between => Err(End::Close),
            () = self.idle.elapsed() => Err(End::Close),
        }
    }

    /// Reads a body and forgets it.
    async fn discard(&mut self, length: u64) -> Result<(), End> {
        let mut left = length;
        loop {
            let here = self.input.len() - self.start;
            match usize::try_from(left) {
                Ok(left) if left <= here => {
                    self.start += left;
                    return Ok(());
                }
                _ => left -= here as u64,
            }
            self.input.clear();
            self.start = 0;
            tokio::select! {
                biased;
                read = self.stream.read_buf(&mut self.input) => some(&read)?,
                () = self.idle.elapsed() => return Err(End::Close),
            }
        }
    }

    /// Reads until the client has had enough.
    async fn ignore(&mut self) -> End {
        loop {
            self.input.clear();
            if let Err(end) = some(&self.stream.read_buf(&mut self.input).await) {
                return end;
            }
        }
    }

    /// Holds the response back, unless its client goes away meanwhile.
    async fn hold(&mut self, delay: Duration) -> Result<(), End> {
        if delay.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => Ok(()),
            () = gone(&self.stream) => Err(End::Close),
        }
    }

    async fn answer(&mut self, reply: &Reply, asked: Manner, visit: &Visit) -> Result<(), End> {
        let mark = Mark::of(reply, asked);
        let keep = asked.keep && mark != Mark::Close && !visit.is_last();
        let manner = Manner { keep, ..asked };
        reply.count(&visit.server().tally, asked.head_only);
        let names = (visit.server().name(), reply);
        write_head(&mut self.output, names, (mark, manner));
        let length = match (asked.head_only, reply.reset_after) {
            (true, _) => 0,
            (false, Some(bytes)) => bytes,
            (false, None) => reply.body.length,
        };
        self.expect_writes(mark);
        let sent = send(
            &mut self.stream,
            &mut self.output,
            (&reply.body, length),
            mark,
        )
        .await;
        match sent {
            Ok(()) if reply.reset_after.is_some() => Err(End::Reset),
            Ok(()) if keep => Ok(()),
            Ok(()) if self.start < self.input.len() => Err(End::Linger),
            Ok(()) | Err(_) => Err(End::Close),
        }
    }

    /// A response of several small writes must not wait for the client to acknowledge the first. The
    /// call is spared where there is only one.
    fn expect_writes(&mut self, mark: Mark) {
        if matches!(mark, Mark::Chunks(_)) && !self.several_writes {
            self.several_writes = true;
            // Without it the response is as right, only later.
            let _ = self.stream.set_nodelay(true);
        }
    }

    /// Lets the client read the last response while it still sends.
    async fn linger(&mut self) {
        let reading = async {
            let mut sink = Vec::with_capacity(ROOM);
            // Whether the client has closed already is what the reading finds out.
            let _ = self.stream.shutdown().await;
            while matches!(self.stream.read_buf(&mut sink).await, Ok(read) if read > 0) {
                sink.clear();
            }
        };
        // After that time the client has had its chance.
        let _ = tokio::time::timeout(LINGER, reading).await;
    }
}

/// The end of the connection, or an error, ends it for us too.
fn some(read: &io::Result<usize>) -> Result<(), End> {
    match read {
        Ok(0) | Err(_) => Err(End::Close),
        Ok(_) => Ok(()),
    }
}

/// Ends when the client has closed. What it sends meanwhile stays unread, and then hides that.
async fn gone(stream: &TcpStream) {
    if matches!(stream.peek(&mut [0]).await, Ok(read) if read > 0) {
        pending::<()>().await;
    }
}
