//! One connection from the server's point of view, whichever engine serves it.

use std::sync::Arc;

use hyper::StatusCode;

use crate::RealServer;
use crate::behaviour::{Behaviour, Chance};
use crate::reply::{Fate, Reply, decide};

/// Whether a connection is among those that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has a place, and gives it back when it ends.
    Served,
    /// It is over the limit: its first request is answered by 503.
    TurnedAway,
}

/// A connection's standing, its sequence of chance, and how much it has asked for.
pub(crate) struct Visit {
    server: Arc<RealServer>,
    behaviour: Arc<Behaviour>,
    chance: Chance,
    standing: Standing,
    asked: u64,
}

impl Visit {
    /// The visit of the server's `number`-th connection, counted from 0.
    pub(crate) fn new(server: Arc<RealServer>, number: u64, standing: Standing) -> Self {
        Self {
            chance: Chance::new(server.seed, server.name(), number),
            behaviour: server.behaviour(),
            server,
            standing,
            asked: 0,
        }
    }

    pub(crate) fn server(&self) -> &RealServer {
        &self.server
    }

    /// The behaviour when the last request was met.
    pub(crate) fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// How many requests were met.
    pub(crate) fn asked(&self) -> u64 {
        self.asked
    }

    /// Decides what a request meets, once its head is there.
    pub(crate) fn meet(&mut self, target: &str, head_only: bool) -> Fate {
        self.asked += 1;
        self.behaviour = self.server.behaviour();
        if self.standing == Standing::TurnedAway {
            return Fate::Reply(Reply::error(StatusCode::SERVICE_UNAVAILABLE));
        }
        decide(
            &self.server,
            &self.behaviour,
            target,
            head_only,
            &mut self.chance,
        )
    }

    /// Counts a request, once its body is there too.
    pub(crate) fn count(&self, fate: &Fate) {
        if !matches!(fate, Fate::Reply(Reply { counted: false, .. })) {
            self.server.tally.request_read();
        }
    }

    /// Whether the connection is to be closed after the response that is sent now.
    pub(crate) fn is_last(&self) -> bool {
        let most = self.behaviour.keep_alive.requests;
        self.standing == Standing::TurnedAway
            || most.is_some_and(|most| self.asked >= most.get())
            || self.server.is_draining()
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if self.standing == Standing::Served {
            self.server.tally.connection_closed();
            self.server.vacancy.notify_waiters();
        }
    }
}
