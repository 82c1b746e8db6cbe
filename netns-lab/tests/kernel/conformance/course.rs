//! The course of a case: which connections begin and end, and what becomes of the servers.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use analysis::replay::{Flow, Origin};
use analysis::trace::Trace;
use fastrand::Rng;
use netns_lab::namespace::Inside;

use super::addresses::{self, VIP};
use super::case::{Case, Closing, Packets};
use super::rig::{Disturbed, Held, Rig};
use super::servers::Servers;

/// How many connections are held at most.
const MOST_HELD: usize = 150;
/// The number of them that is held changes after so many openings.
const PHASE: usize = 60;
/// The kernel's counts are recorded after so many openings.
const COUNT_EVERY: usize = 250;
/// One of so many openings comes from a client port that was used before.
const REUSE: usize = 40;
/// The entry of a reset connection lives for 10 s; so long after the first reset, everything waits
/// until all such entries are gone.
const RESETS_ARE_DUE: Duration = Duration::from_secs(6);
/// So long after it, nobody knows any more which are left.
const RESETS_EXPIRE: Duration = Duration::from_millis(9_500);
/// The entry of a half-closed connection lives for 60 s.
const LONGEST: Duration = Duration::from_secs(55);

/// A case in the middle of its course.
pub struct Course<'a> {
    case: &'a Case,
    rng: Rng,
    rig: Rig,
    servers: Servers,
    /// Open, and those with one end shut.
    held: Vec<Held>,
    half_closed: Vec<(Held, Origin)>,
    /// As many connections should be held.
    wanted: usize,
    used: HashSet<SocketAddrV4>,
    /// Those that sent datagrams.
    senders: Vec<SocketAddrV4>,
    /// Closed in a way that leaves the client's port free, with their servers.
    reusable: Vec<(Flow, SocketAddr)>,
    /// Whose entries live for 10 s, and since when.
    reset: Vec<Flow>,
    first_reset: Option<Duration>,
}

impl<'a> Course<'a> {
    /// Runs a case.
    pub fn run(inside: &Inside, case: &'a Case) -> Result<Trace, Disturbed> {
        let mut rig = Rig::new(inside, case);
        let mut rng = Rng::with_seed(case.seed());
        let servers = Servers::add(&mut rig, &mut rng, case);
        let mut course = Self {
            case,
            rng,
            rig,
            servers,
            held: Vec::new(),
            half_closed: Vec::new(),
            wanted: 0,
            used: HashSet::new(),
            senders: Vec::new(),
            reusable: Vec::new(),
            reset: Vec::new(),
            first_reset: None,
        };
        for number in 0..case.openings {
            course.step(number)?;
            course.in_time()?;
        }
        course.rig.count();
        course.in_time()?;
        Ok(course.rig.finish())
    }

    fn in_time(&self) -> Result<(), Disturbed> {
        let age = self.rig.age();
        let has_expired = |first: Duration| first + RESETS_EXPIRE < age;
        if age > LONGEST || self.first_reset.is_some_and(has_expired) {
            return Err(Disturbed::TooSlow);
        }
        Ok(())
    }

    fn step(&mut self, number: usize) -> Result<(), Disturbed> {
        self.outlive_resets();
        self.servers.change(&mut self.rig, &mut self.rng, number);
        if number.is_multiple_of(COUNT_EVERY) {
            self.rig.count();
        }
        match self.case.packets {
            Packets::Udp => self.datagram(),
            Packets::Tcp | Packets::Marked { .. } => {
                if number.is_multiple_of(PHASE) {
                    self.wanted = self.next_wanted();
                }
                self.connect()?;
                self.close_some();
            }
        }
        Ok(())
    }

    fn next_wanted(&mut self) -> usize {
        match self.case.closing {
            Closing::Serial => 0,
            Closing::Held if self.held.len() >= MOST_HELD => 0,
            Closing::Held => MOST_HELD,
            Closing::Mixed => self.rng.usize(0..MOST_HELD),
        }
    }

    fn datagram(&mut self) {
        let known = self.rng.choice(&self.senders).copied();
        let known = known.filter(|_| self.rng.u8(..) < 85);
        let client = known.unwrap_or_else(|| self.new_client());
        self.senders.push(client);
        self.rig.send(client);
    }

    fn new_client(&mut self) -> SocketAddrV4 {
        let among = self.case.persistence.map(|stay| stay.clients);
        loop {
            let client = addresses::client(&mut self.rng, among);
            if self.used.insert(client) {
                return client;
            }
        }
    }

    fn connect(&mut self) -> Result<(), Disturbed> {
        if self.rng.usize(0..REUSE) == 0 && self.connect_again()? {
            return Ok(());
        }
        let destination = match self.case.packets {
            Packets::Marked { destinations } => addresses::destination(&mut self.rng, destinations),
            Packets::Tcp | Packets::Udp => *VIP.ip(),
        };
        let client = self.new_client();
        let held = self.rig.connect(client, destination);
        self.held.extend(held);
        Ok(())
    }

    /// Opens a connection from a port whose last connection the kernel remembers as closed.
    fn connect_again(&mut self) -> Result<bool, Disturbed> {
        if self.reusable.is_empty() {
            return Ok(false);
        }
        let index = self.rng.usize(0..self.reusable.len());
        let (flow, server) = self.reusable.swap_remove(index);
        // Persistent connections stay with their server, and a removed one gets no packets.
        let is_dropped = self.case.persistence.is_some() && !self.servers.is_listed(server);
        let (SocketAddr::V4(client), IpAddr::V4(destination)) = (flow.client, flow.destination)
        else {
            return Ok(false);
        };
        if is_dropped {
            return Ok(false);
        }
        self.reset.retain(|reset| *reset != flow);
        let held = self.rig.connect(client, destination);
        self.rig.settle(client, usize::from(held.is_some()))?;
        self.held.extend(held);
        Ok(true)
    }

    fn close_some(&mut self) {
        while self.held.len() > self.wanted {
            let index = self.rng.usize(0..self.held.len());
            let held = self.held.swap_remove(index);
            match self.case.closing {
                Closing::Serial => self.close(held, Origin::Server),
                Closing::Held | Closing::Mixed => self.close_somehow(held),
            }
        }
        if !self.half_closed.is_empty() && self.rng.u8(..) < 50 {
            let index = self.rng.usize(0..self.half_closed.len());
            let (held, shut) = self.half_closed.swap_remove(index);
            self.close_other_end(held, shut);
        }
    }

    fn close_somehow(&mut self, held: Held) {
        // What a client sends to a removed server is dropped: only its server can end it.
        if !self.servers.is_listed(held.server) {
            return self.break_off(held, Origin::Server);
        }
        match self.rng.u8(0..10) {
            0..3 => self.close(held, Origin::Server),
            3..5 => self.close(held, Origin::Client),
            5 => self.close_half(held, Origin::Server),
            6 => self.close_half(held, Origin::Client),
            7 => self.break_off(held, Origin::Server),
            _ => self.break_off(held, Origin::Client),
        }
    }

    fn close(&mut self, held: Held, first: Origin) {
        self.rig.fin(&held, first);
        self.close_other_end(held, first);
    }

    fn close_half(&mut self, held: Held, first: Origin) {
        self.rig.fin(&held, first);
        self.half_closed.push((held, first));
    }

    fn close_other_end(&mut self, held: Held, shut: Origin) {
        if !self.servers.is_listed(held.server) {
            self.half_closed.push((held, shut));
            return;
        }
        match shut {
            Origin::Client => self.rig.fin(&held, Origin::Server),
            Origin::Server => {
                self.rig.fin(&held, Origin::Client);
                self.reusable.push((held.flow, held.server));
            }
        }
    }

    fn break_off(&mut self, held: Held, from: Origin) {
        let (flow, server) = (held.flow, held.server);
        self.first_reset.get_or_insert(self.rig.age());
        self.rig.reset(held, from);
        self.reset.push(flow);
        self.reusable.push((flow, server));
    }

    /// Before the first entry of a reset connection may expire, waits until all of them have: in
    /// between, nobody knows which are left.
    fn outlive_resets(&mut self) {
        let is_due = |first: Duration| first + RESETS_ARE_DUE < self.rig.age();
        if self.first_reset.is_some_and(is_due) {
            self.first_reset = None;
            let reset = std::mem::take(&mut self.reset);
            self.reusable.retain(|(flow, _)| !reset.contains(flow));
            self.rig.wait_for_resets(reset);
        }
    }
}
