//! The one loop that sends load.

use std::pin::pin;
use std::rc::Rc;
use std::time::Instant;

use super::load::Load;
use super::recorder::OfConnection;
use super::schedule::Ticket;
use super::{Phase, Slot};
use crate::cause::Cause;
use crate::expect::body_check;
use crate::http::{Answer, Connection, More, Prepared};
use crate::measure::Spans;
use crate::{Close, ConnectionMode};

/// Sends one request after the other until the schedule has none.
pub(crate) async fn work(load: &Load<'_>, slot: &Rc<Slot>) {
    let mut worker = Worker {
        load,
        slot,
        kept: None,
        answer: Answer::new(load.plan.by_header.clone()),
        done: None,
    };
    worker.answer.wants_server = true;
    while let Some(ticket) = load.schedule.next(worker.done).await {
        worker.send(ticket).await;
    }
}

struct Worker<'a, 'l> {
    load: &'a Load<'l>,
    slot: &'a Rc<Slot>,
    kept: Option<Connection>,
    answer: Answer,
    /// When the previous request ended.
    done: Option<Instant>,
}

/// What became of a request whose time has run out.
enum Outcome {
    Failed(Cause),
    LeftOpen,
}

impl Worker<'_, '_> {
    /// Sends one request, counts what became of it, and keeps or closes its connection.
    ///
    /// One timeout spans it all. A server that has answered but does not close in time has not
    /// failed.
    async fn send(&mut self, ticket: Ticket) {
        if self.kept.is_none() {
            self.load.schedule.connection().await;
            if self.load.schedule.is_stopped() {
                return self.load.schedule.give_back(ticket);
            }
        }
        let begins = self.begins(ticket);
        self.slot.started.set(begins);
        let (slot, timeout) = (self.slot, self.load.plan.timeout);
        let mut answered = false;
        let finished = {
            let work = pin!(self.exchange_and_settle(ticket, &mut answered));
            slot.within(begins + timeout, work).await
        };
        let outcome = match finished {
            Ok(Ok(())) => return,
            Ok(Err(cause)) => Outcome::Failed(cause),
            Err(_) if answered => Outcome::LeftOpen,
            Err(_) => Outcome::Failed(Cause::TimedOut),
        };
        self.give_up(outcome, ticket).await;
    }

    /// When a request begins: in a closed loop without pauses, when it was due, which is often when
    /// the previous one ended.
    fn begins(&self, ticket: Ticket) -> Instant {
        if self.load.schedule.waits() {
            Instant::now()
        } else {
            ticket.due
        }
    }

    async fn give_up(&mut self, outcome: Outcome, ticket: Ticket) {
        self.kept = None;
        self.done = Some(Instant::now());
        match outcome {
            Outcome::LeftOpen => self.load.report().left_open += 1,
            Outcome::Failed(cause) => {
                let class = cause.class(self.slot.phase());
                self.load.failed(class, ticket.warm_up);
                // A connect may fail without waiting: let the others, the clock and the caller in.
                tokio::task::yield_now().await;
            }
        }
    }

    async fn exchange_and_settle(
        &mut self,
        ticket: Ticket,
        answered: &mut bool,
    ) -> Result<(), Cause> {
        self.answer.clear(body_check(&self.load.plan.expect));
        let prepared = self.load.draw();
        self.exchange(prepared).await?;
        let ended = self.slot.ended();
        let reusable = match &mut self.kept {
            Some(connection) => connection.is_reusable().await,
            None => false,
        };
        self.count(ticket, ended, reusable);
        *answered = true;
        self.done = Some(ended);
        if !reusable || self.more() == More::No {
            self.close().await;
            // Closing took time, so the next request does not begin when this one ended. But the time
            // to think counts from there.
            self.done = self.done.filter(|_| self.load.schedule.waits());
        }
        Ok(())
    }

    /// Sends a request over the kept connection, or over a new one.
    ///
    /// A kept connection that the server closed in the meantime is replaced: that is the ordinary
    /// race of keep-alive and no failure. The connection used is left in `kept`.
    async fn exchange(&mut self, prepared: &Prepared) -> Result<(), Cause> {
        if self.kept.is_some() {
            self.slot.connected.set(self.slot.started.get());
            match self.over_kept(prepared).await {
                Err(cause) if cause.is_lost() && self.slot.phase() <= Phase::Wait => {
                    self.load.report().reconnects += 1;
                    self.load.schedule.connection().await;
                }
                outcome => return outcome,
            }
        }
        self.kept = None;
        self.connect().await?;
        self.over_kept(prepared).await
    }

    async fn connect(&mut self) -> Result<(), Cause> {
        let plan = self.load.plan;
        self.slot.enter(Phase::Connect);
        if let Some(limit) = plan.connect_timeout {
            self.slot.hurry(self.slot.started.get() + limit);
        }
        self.kept = Some(self.load.connect(self.slot).await?);
        if plan.connect_timeout.is_some() {
            self.slot.relax(self.slot.started.get() + plan.timeout);
        }
        self.slot.connected.set(Instant::now());
        Ok(())
    }

    async fn over_kept(&mut self, prepared: &Prepared) -> Result<(), Cause> {
        let more = self.more_after_next();
        let Some(connection) = &mut self.kept else {
            return Err(Cause::Closed);
        };
        let (load, slot) = (self.load, self.slot);
        connection
            .exchange(&load.reader, slot, prepared, more, &mut self.answer)
            .await
    }

    fn count(&mut self, ticket: Ticket, ended: Instant, reusable: bool) {
        let slot = self.slot;
        let written = slot.written();
        let spans = Spans {
            intended: self.load.schedule.intended(ticket, slot.started.get()),
            started: slot.started.get(),
            connected: slot.connected.get(),
            sent: written,
            answered: slot.answered().unwrap_or(ended),
            ended,
        };
        let of_connection = OfConnection {
            is_first: self.answers() == 1,
            reusable,
            tls: self.kept.as_ref().and_then(|kept| kept.tls.as_deref()),
        };
        if let Some(log) = &self.load.plan.log {
            log.tell(self.answer.status, &slot.heard());
        }
        self.load
            .answered(&spans, &mut self.answer, &of_connection, ticket.warm_up);
    }

    fn answers(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.answers)
    }

    /// Whether the connection is to carry another request after those it has carried.
    fn more(&self) -> More {
        self.more_after(self.answers())
    }

    /// The same for when the next is answered.
    fn more_after_next(&self) -> More {
        self.more_after(self.answers() + 1)
    }

    fn more_after(&self, answers: u64) -> More {
        let more = match self.load.plan.connections {
            ConnectionMode::PerRequest => false,
            ConnectionMode::KeepAlive => true,
            ConnectionMode::Limited(limit) => answers < limit.get(),
        };
        if more { More::Yes } else { More::No }
    }

    /// Lets the server close, or closes.
    async fn close(&mut self) {
        if let Some(connection) = self.kept.take()
            && self.load.plan.close == Close::Server
        {
            connection
                .closed_by_peer(&self.load.reader, self.slot)
                .await;
        }
    }
}
