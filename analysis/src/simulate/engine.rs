//! One run: the director, the connections that are under way, and a clock.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::net::IpAddr;
use std::time::Duration;

use fastrand::Rng;

use super::addresses::{Clients, Pool};
use super::chance::{Watched, watched};
use super::check::{MOST_UNDER_WAY, SimulateError};
use super::checkpoints::{Checkpoints, Settled};
use super::discipline::Waiting;
use super::lingering::Lingering;
use super::plan::{Arrivals, Change, Close, Ending, Plan, PlannedChange, Presence};
use super::positive::Positive;
use super::service_time::above_0;
use super::span::{nanoseconds, nanoseconds_of};
use super::ticket::Ticket;
use super::timetable::{Owed, Timetable};
use crate::director::{Connection, Director, DirectorSettings};
use crate::model::{Activity, Arrival, ListError, ModelSettings};
use crate::observation::SegmentKind;
use crate::replay::{Origin, Replies, UDP_TIMEOUT, lingering};

/// Connections from one report of progress to the next.
const REPORT_EVERY: u64 = 1 << 16;

/// What one run gave.
#[derive(Debug)]
pub(super) struct RunResult {
    /// Connections of each server, by its place in the plan.
    pub(super) picks: Vec<u32>,
    pub(super) refused: u64,
    /// What the weights would give each server; `None` if none had a weight.
    pub(super) owed: Option<Vec<f64>>,
    /// When the last connection came.
    pub(super) lasted: Duration,
    pub(super) settled: Option<Settled>,
}

/// Carries out one run; `progress` hears of connections done, now and then.
pub(super) fn run<T: Ticket>(
    plan: &Plan,
    seed: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<RunResult, SimulateError> {
    Run::<T>::new(plan, seed)?.complete(progress)
}

/// A connection that is being served, or a refusal on its way back.
struct UnderWay<T> {
    until: u64,
    /// Decides between equals.
    order: u32,
    /// `None`: a refusal.
    ticket: Option<T>,
}

impl<T> UnderWay<T> {
    const fn key(&self) -> (u64, u32) {
        (self.until, self.order)
    }
}

impl<T> Ord for UnderWay<T> {
    /// The standard library's heap gives the greatest first; here that is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl<T> PartialOrd for UnderWay<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for UnderWay<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for UnderWay<T> {}

/// Times are in nanoseconds from the start.
struct Run<'a, T> {
    plan: &'a Plan,
    director: Director,
    /// By [`ServerId::index`](crate::model::ServerId::index), its place in the plan.
    places: Vec<usize>,
    watched: Watched,
    timetable: Timetable,
    owed: Owed,
    clients: Clients,
    destinations: Pool,
    random: Random,
    now: u64,
    /// Connections that have come.
    started: u64,
    /// Of those, the ones whose client still waits for the end.
    under_way: u32,
    served: BinaryHeap<UnderWay<T>>,
    order: u32,
    waiting: Waiting<T>,
    closed: Lingering<T>,
    picks: Vec<u32>,
    refused: u64,
    checkpoints: Checkpoints,
}

/// A stream of random numbers for each purpose, so that one does not disturb the other.
struct Random {
    addresses: Rng,
    arrivals: Rng,
    service: Rng,
}

impl<'a, T: Ticket> Run<'a, T> {
    fn new(plan: &'a Plan, seed: u64) -> Result<Self, SimulateError> {
        let mut random = Rng::with_seed(seed);
        let settings = DirectorSettings {
            model: ModelSettings {
                seed: random.u64(..),
                ..plan.service.model.clone()
            },
            persistence: plan.service.persistence.clone(),
        };
        let mut addresses = random.fork();
        let servers = plan.servers.len();
        let mut run = Self {
            plan,
            director: Director::new(&settings)?,
            places: Vec::new(),
            watched: watched(plan),
            timetable: Timetable::of(plan),
            owed: Owed::of(plan),
            clients: Clients::new(plan.load.clients, &mut addresses),
            destinations: Pool::new(plan.load.destinations, &mut addresses),
            random: Random {
                addresses,
                arrivals: random.fork(),
                service: random.fork(),
            },
            now: 0,
            started: 0,
            under_way: 0,
            served: BinaryHeap::new(),
            order: 0,
            waiting: Waiting::new(plan.load.discipline, servers),
            closed: Lingering::new(nanoseconds(timeout(plan))),
            picks: vec![0; servers],
            refused: 0,
            checkpoints: Checkpoints::new(servers),
        };
        for (place, server) in plan.servers.iter().enumerate() {
            if server.presence == Presence::FromTheStart {
                run.carry_out(place, Change::Add(server.weight))?;
            }
        }
        Ok(run)
    }

    fn complete(mut self, progress: &mut dyn FnMut(u64)) -> Result<RunResult, SimulateError> {
        let connections = self.plan.load.connections;
        while self.started < connections {
            self.wait_for_an_arrival();
            self.arrive()?;
            if self.started.is_multiple_of(REPORT_EVERY) {
                progress(self.started);
            }
        }
        self.owed.count_up_to(self.started);
        self.mark();
        Ok(RunResult {
            owed: self.owed.shares(),
            refused: self.refused,
            lasted: Duration::from_nanos(self.now),
            settled: self.checkpoints.settled(self.plan.tolerance),
            picks: self.picks,
        })
    }

    /// Lets time pass until the next connection comes.
    fn wait_for_an_arrival(&mut self) {
        match self.plan.load.arrivals {
            Arrivals::Closed(concurrency) => {
                while self.under_way >= concurrency {
                    let Some(over) = self.served.pop() else {
                        return;
                    };
                    self.finish(&over);
                }
            }
            Arrivals::Constant(rate) => {
                self.pass_until(nanoseconds_of(self.started as f64 / rate.get()));
            }
            Arrivals::Poisson(rate) => {
                let gap = -above_0(&mut self.random.arrivals).ln() / rate.get();
                self.pass_until(self.now.saturating_add(nanoseconds_of(gap)));
            }
        }
    }

    fn pass_until(&mut self, arrival: u64) {
        while self.served.peek().is_some_and(|next| next.until <= arrival) {
            if let Some(over) = self.served.pop() {
                self.finish(&over);
            }
        }
        self.now = arrival;
    }

    /// A connection comes.
    fn arrive(&mut self) -> Result<(), SimulateError> {
        while let Some(change) = self.timetable.due(self.started, self.now) {
            self.change(change)?;
        }
        self.forget_expired();
        self.started += 1;
        let arrival = Arrival {
            at: Duration::from_nanos(self.now),
            client: self.clients.next(&mut self.random.addresses),
            destination: IpAddr::V4(self.destinations.next(&mut self.random.addresses)),
        };
        let activity = self.activity_while_open();
        match self.director.schedule_as(&arrival, activity) {
            Some(connection) => self.open(connection),
            None => self.refuse(),
        }
        if self.checkpoints.is_due(self.started) {
            self.mark();
        }
        self.check_what_is_under_way()
    }

    fn open(&mut self, connection: Connection) {
        let server = connection.server();
        self.picks[self.places[server.index()]] += 1;
        if self.watched == Watched::Nothing {
            let now = Duration::from_nanos(self.now);
            self.director.release(connection, now);
        }
        let ticket = T::of(connection);
        if self.lingers_from_its_beginning() {
            self.closed.push(self.now, ticket);
        }
        self.under_way += 1;
        if let Some(served) = self.waiting.arrive(server.index(), ticket) {
            self.serve(served);
        }
    }

    fn refuse(&mut self) {
        self.refused += 1;
        if let Arrivals::Closed(_) = self.plan.load.arrivals {
            self.under_way += 1;
            let until = self.now_and_a_service_time(Positive::ONE);
            self.put_under_way(until, None);
        }
    }

    fn serve(&mut self, ticket: T) {
        let place = self.places[ticket.server().index()];
        let until = self.now_and_a_service_time(self.plan.servers[place].speed);
        self.put_under_way(until, Some(ticket));
    }

    fn now_and_a_service_time(&mut self, speed: Positive) -> u64 {
        let time = self.plan.load.service_time;
        self.now
            .saturating_add(time.draw(&mut self.random.service, speed))
    }

    fn put_under_way(&mut self, until: u64, ticket: Option<T>) {
        let order = self.order;
        self.order = order.wrapping_add(1);
        self.served.push(UnderWay {
            until,
            order,
            ticket,
        });
    }

    /// A connection is over, or a refusal has come back.
    fn finish(&mut self, over: &UnderWay<T>) {
        self.now = over.until;
        self.under_way -= 1;
        let Some(ticket) = over.ticket else {
            return;
        };
        if let Some(next) = self.waiting.next(ticket.server().index()) {
            self.serve(next);
        }
        self.close(ticket);
    }

    fn close(&mut self, ticket: T) {
        match self.watched {
            Watched::Nothing => {}
            Watched::Open => {
                let now = Duration::from_nanos(self.now);
                let connection = ticket.connection(self.activity_while_open());
                self.director.release(connection, now);
            }
            Watched::Everything if self.lingers_from_its_beginning() => {}
            Watched::Everything => {
                let mut connection = ticket.connection(self.activity_while_open());
                self.director
                    .set_activity(&mut connection, Activity::Inactive);
                self.closed.push(self.now, T::of(connection));
            }
        }
    }

    fn activity_while_open(&self) -> Activity {
        match self.plan.ending {
            Ending::Tcp(_) => Activity::Active,
            Ending::Udp => Activity::Inactive,
        }
    }

    /// UDP's entries are inactive all the time, and without the answers the first datagram is the
    /// last that the director sees.
    fn lingers_from_its_beginning(&self) -> bool {
        self.watched == Watched::Everything
            && self.plan.ending == Ending::Udp
            && self.plan.replies == Replies::BypassDirector
    }

    fn forget_expired(&mut self) {
        while let Some((at, ticket)) = self.closed.expire_one(self.now) {
            let connection = ticket.connection(Activity::Inactive);
            self.director.release(connection, Duration::from_nanos(at));
        }
    }

    fn change(&mut self, change: PlannedChange) -> Result<(), SimulateError> {
        self.owed.count_up_to(self.started);
        self.owed.change(change);
        self.carry_out(change.server, change.change)
            .map_err(|source| SimulateError::Change {
                after: self.started,
                at: Duration::from_nanos(self.now),
                source,
            })
    }

    fn carry_out(&mut self, place: usize, change: Change) -> Result<(), ListError> {
        let server = &self.plan.servers[place];
        match change {
            Change::Weight(weight) => self
                .director
                .edit(server.address, server.settings(weight))?,
            Change::Remove => self.director.remove(server.address)?,
            Change::Add(weight) => self.director.add(server.address, server.settings(weight))?,
        }
        if self.director.servers().ever_known() > self.places.len() {
            self.places.push(place);
        }
        Ok(())
    }

    fn mark(&mut self) {
        let now = Duration::from_nanos(self.now);
        self.checkpoints.record(self.started, now, &self.picks);
    }

    fn check_what_is_under_way(&self) -> Result<(), SimulateError> {
        if self.under_way > MOST_UNDER_WAY {
            let after = self.started;
            return Err(SimulateError::Overrun { after });
        }
        Ok(())
    }
}

/// How long an entry lives after its connection was closed.
fn timeout(plan: &Plan) -> Duration {
    use Origin::{Client, Server};
    use SegmentKind::{Fin, Rst};
    let closing: &[_] = match plan.ending {
        Ending::Tcp(Close::Server) => &[(Server, Fin), (Client, Fin)],
        Ending::Tcp(Close::Fin) => &[(Client, Fin), (Server, Fin)],
        Ending::Tcp(Close::Rst) => &[(Client, Rst)],
        Ending::Udp => return UDP_TIMEOUT,
    };
    lingering(closing, plan.replies)
}
