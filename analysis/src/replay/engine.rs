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
    /// It belongs to a connection that there is; nothing was scheduled. If the server is not listed
    /// any more, the packet was dropped.
    Known(ServerId),
}

/// A director in the middle of a trace.
pub struct Replay {
    director: Director,
    replies: Replies,
    table: ConnectionTable,
    /// Entries whose source was used again, with the time at which they end.
    replaced: VecDeque<(Duration, Connection)>,
    /// How long they go on counting.
    until_the_tick: Duration,
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
            until_the_tick: Duration::ZERO,
            now: Duration::ZERO,
        }
    }

    /// The same, where an entry still counts for this long after its source has opened the next
    /// connection: until the kernel's clock ticks (`ip_vs_conn_expire_now` in `ip_vs_conn.c` sets its
    /// timer to "now"; Linux 6.1). Without it the tick is taken to come before the next packet.
    #[must_use]
    pub fn with_entries_until_the_tick(mut self, ticks_after: Duration) -> Self {
        self.until_the_tick = ticks_after;
        self
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
        while let Some(&(at, connection)) = self.replaced.front()
            && at <= self.now
        {
            self.replaced.pop_front();
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
        // The kernel lets the old entry expire "now": after this decision, whatever that is, and
        // after those that follow until its clock ticks (`ip_vs_in_hook` of `ip_vs_core.c`, Linux
        // 6.1).
        if gives_way(&entry) {
            let opening = self.schedule_tcp(flow);
            if opening == Opening::Refused {
                let _ = self.forget(flow);
            }
            return opening;
        }
        self.advance_tcp(flow, entry, SegmentKind::Syn, Origin::Client);
        Opening::Known(entry.connection.server())
    }

    /// Whether a SYN of this flow would be scheduled.
    pub fn would_schedule(&self, flow: Flow) -> bool {
        self.table.get(flow).as_ref().is_none_or(gives_way)
    }

    fn schedule_tcp(&mut self, flow: Flow) -> Opening {
        self.schedule(flow, self.first_tcp_state())
    }

    /// Where replies bypass the director, nothing will tell it that the handshake is complete.
    fn first_tcp_state(&self) -> State {
        State::Tcp(match self.replies {
            Replies::PassDirector => TcpState::SynRecv,
            Replies::BypassDirector => TcpState::SynRecv.acknowledged(),
        })
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
            let server = entry.connection.server();
            if self.is_listed(server) {
                self.table.put(flow, entry, self.now);
            }
            return Opening::Known(server);
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
        let Some(connection) = self.director.schedule(&self.arrival(flow)) else {
            return Opening::Refused;
        };
        self.enter(flow, connection, state);
        Opening::Scheduled(connection.server())
    }

    /// A SYN of a client that the kernel gave to this server by chance ([`Director::adopt`]).
    pub fn adopt_syn(&mut self, flow: Flow, server: ServerId) {
        let connection = self.director.adopt(server);
        self.enter(flow, connection, self.first_tcp_state());
    }

    fn enter(&mut self, flow: Flow, mut connection: Connection, state: State) {
        self.director
            .set_activity(&mut connection, state.activity());
        let entry = Entry::new(connection, state);
        if let Some(replaced) = self.table.put(flow, entry, self.now) {
            let end = self.now.saturating_add(self.until_the_tick);
            self.replaced.push_back((end, replaced.connection));
        }
    }

    fn advance_tcp(&mut self, flow: Flow, mut entry: Entry, kind: SegmentKind, from: Origin) {
        let State::Tcp(before) = entry.state else {
            return;
        };
        if from == Origin::Client && !self.is_listed(entry.connection.server()) {
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

    /// Whether packets of clients reach a server: `ip_vs_in_hook` drops what goes to a removed one
    /// (`expire_nodest_conn` 0), and the entry's timer goes on.
    fn is_listed(&self, server: ServerId) -> bool {
        self.director.servers().slot_of(server).is_some()
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

/// Whether an entry makes room for a new connection of its flow.
fn gives_way(entry: &Entry) -> bool {
    match entry.state {
        State::Tcp(state) => state.is_reusable() && !entry.connection.is_persistent(),
        State::Udp => false,
    }
}
