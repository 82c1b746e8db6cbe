//! A director with its connection table, driven packet by packet.

use std::collections::VecDeque;
use std::time::Duration;

use super::state::State;
use super::table::{ConnectionTable, Entry, Flow};
use super::tcp::{Direction, TcpState};
use crate::director::{Connection, Director};
use crate::model::{Arrival, ServerId};
use crate::observation::SegmentKind;

/// Whether the director sees what the real servers answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replies {
    /// NAT.
    PassDirector,
    /// DR and TUN.
    BypassDirector,
}

/// Which end of a connection sent a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The client, towards the service.
    Client,
    /// The real server, towards the client.
    Server,
}

/// What became of a packet that may open a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// A connection was scheduled, to this server.
    Scheduled(ServerId),
    /// It was refused: no server may take it.
    Refused,
    /// It belongs to a connection that there is; nothing was scheduled.
    Known(ServerId),
}

/// How long an entry still counts after its source has opened the next connection: until the
/// kernel's clock ticks (`ip_vs_conn_expire_now` in `ip_vs_conn.c` sets its timer to "now"; Linux
/// 6.1). Where between two ticks that happens is not known: half a tick of 100 in a second, which
/// Debian's user-mode Linux has.
const UNTIL_THE_TICK: Duration = Duration::from_millis(5);

/// A director in the middle of a trace.
pub struct Replay {
    director: Director,
    replies: Replies,
    table: ConnectionTable,
    /// Entries whose source was used again, with the time at which they end.
    replaced: VecDeque<(Duration, Connection)>,
    now: Duration,
}

impl Replay {
    /// A director with an empty connection table.
    pub fn new(director: Director, replies: Replies) -> Self {
        Self {
            director,
            replies,
            table: ConnectionTable::default(),
            replaced: VecDeque::new(),
            now: Duration::ZERO,
        }
    }

    /// The director, to look at it or to change its servers.
    pub const fn director(&mut self) -> &mut Director {
        &mut self.director
    }

    /// Entries of the connection table.
    pub fn connections(&self) -> usize {
        self.table.len() + self.replaced.len()
    }

    /// Which real server a flow belongs to.
    pub fn server_of(&self, flow: Flow) -> Option<ServerId> {
        Some(self.table.get(flow)?.connection.server())
    }

    /// Lets time pass: entries expire. Time does not go back.
    pub fn advance(&mut self, to: Duration) {
        self.now = self.now.max(to);
        while let Some((_, connection)) = self.replaced.pop_front_if(|(at, _)| *at <= self.now) {
            self.director.release(connection, self.now);
        }
        while let Some((at, expired)) = self.table.expire_one(self.now) {
            self.director.release(expired.connection, at);
        }
    }

    /// The entry of a flow was seen to be gone.
    pub fn forget(&mut self, flow: Flow) -> Option<ServerId> {
        let entry = self.table.remove(flow)?;
        self.director.release(entry.connection, self.now);
        Some(entry.connection.server())
    }

    /// A SYN without ACK of a client.
    pub fn syn(&mut self, flow: Flow) -> Opening {
        let Some(entry) = self.table.get(flow) else {
            return self.schedule_tcp(flow);
        };
        // The kernel lets the old entry expire "now", which is after this decision, and after those
        // that follow until its clock ticks.
        let is_new = match entry.state {
            State::Tcp(state) => state.is_reusable() && !entry.connection.is_persistent(),
            State::Udp => false,
        };
        if is_new {
            return self.schedule_tcp(flow);
        }
        self.advance_tcp(flow, entry, SegmentKind::Syn, Origin::Client);
        Opening::Known(entry.connection.server())
    }

    fn schedule_tcp(&mut self, flow: Flow) -> Opening {
        let state = match self.replies {
            Replies::PassDirector => TcpState::SynRecv,
            Replies::BypassDirector => TcpState::SynRecv.acknowledged(),
        };
        self.schedule(flow, State::Tcp(state))
    }

    /// Any later segment of a connection; it says nothing if there is no such connection.
    pub fn segment(&mut self, flow: Flow, kind: SegmentKind, from: Origin) {
        if let Some(entry) = self.table.get(flow) {
            self.advance_tcp(flow, entry, kind, from);
        }
    }

    /// A datagram of a client.
    pub fn datagram(&mut self, flow: Flow) -> Opening {
        if let Some(entry) = self.table.get(flow) {
            self.table.put(flow, entry, self.now);
            return Opening::Known(entry.connection.server());
        }
        if !self.director.schedules_single_packets() {
            return self.schedule(flow, State::Udp);
        }
        match self.director.schedule(&self.arrival(flow)) {
            Some(connection) => {
                self.director.release(connection, self.now);
                Opening::Scheduled(connection.server())
            }
            None => Opening::Refused,
        }
    }

    fn arrival(&self, flow: Flow) -> Arrival {
        Arrival {
            at: self.now,
            client: flow.client,
            destination: flow.destination,
        }
    }

    fn schedule(&mut self, flow: Flow, state: State) -> Opening {
        let Some(mut connection) = self.director.schedule(&self.arrival(flow)) else {
            return Opening::Refused;
        };
        self.director
            .set_activity(&mut connection, state.activity());
        let entry = Entry::new(connection, state);
        if let Some(replaced) = self.table.put(flow, entry, self.now) {
            let end = self.now.saturating_add(UNTIL_THE_TICK);
            self.replaced.push_back((end, replaced.connection));
        }
        Opening::Scheduled(connection.server())
    }

    fn advance_tcp(&mut self, flow: Flow, mut entry: Entry, kind: SegmentKind, from: Origin) {
        let State::Tcp(before) = entry.state else {
            return;
        };
        let is_listed = self
            .director
            .servers()
            .slot_of(entry.connection.server())
            .is_some();
        if from == Origin::Client && !is_listed {
            // `ip_vs_in_hook` drops what goes to a removed server (`expire_nodest_conn` 0).
            return;
        }
        let direction = match (from, self.replies) {
            (Origin::Server, _) => Direction::Output,
            (Origin::Client, Replies::PassDirector) => Direction::Input,
            (Origin::Client, Replies::BypassDirector) => Direction::InputOnly,
        };
        let after = match kind {
            SegmentKind::Fin => before.acknowledged().after(kind, direction),
            SegmentKind::Syn => self.after_syn(before, direction),
            SegmentKind::Rst => before.after(kind, direction),
        };
        entry.state = State::Tcp(after);
        let activity = entry.state.activity();
        self.director.set_activity(&mut entry.connection, activity);
        self.table.put(flow, entry, self.now);
    }

    fn after_syn(&self, before: TcpState, direction: Direction) -> TcpState {
        let after = before.after(SegmentKind::Syn, direction);
        let handshake_completes =
            direction == Direction::Output || self.replies == Replies::BypassDirector;
        if handshake_completes {
            after.acknowledged()
        } else {
            after
        }
    }
}
