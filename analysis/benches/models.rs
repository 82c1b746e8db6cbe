//! How fast the models are: `cargo bench -p analysis --bench models`.
//!
//! The schedulers that look at no load are asked for picks alone; the others for whole lives of
//! connections. The results are in `docs/benchmarks.md`.

use std::collections::VecDeque;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use analysis::director::{Connection, Director, DirectorSettings};
use analysis::model::{
    Activity, Arrival, KernelVersion, MaglevTableSize, Model, ModelSettings, RealServers,
    for_scheduler,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use director_setup::{Scheduler, Weight};
use fastrand::Rng;

/// How many real servers.
const SIZES: [u32; 3] = [10, 1_000, 10_000];
/// Picks or connections of one iteration.
const BATCH: u32 = 10_000;
/// Clients and destinations that take turns.
const ARRIVALS: usize = 1 << 12;
/// Open connections for each real server, and as many that are closed and not forgotten.
const OPEN: usize = 4;
/// mh's largest table: the smallest that 10 000 real servers fit in is 16 381, and is hardly even.
const MAGLEV_TABLE: u32 = 131_071;

/// How weights are spread.
#[derive(Debug, Clone, Copy)]
enum Weights {
    /// From 1 to 100 at random.
    Usual,
    /// From 1 to a million at random.
    Random,
    /// A million once, and 1.
    OneHeavy,
    /// Different primes.
    Coprime,
}

impl Weights {
    fn of(self, servers: u32) -> Vec<u32> {
        let mut random = Rng::with_seed(1);
        match self {
            Self::Usual => (0..servers).map(|_| random.u32(1..=100)).collect(),
            Self::Random => (0..servers).map(|_| random.u32(1..=1_000_000)).collect(),
            Self::OneHeavy => (0..servers)
                .map(|server| if server == 0 { 1_000_000 } else { 1 })
                .collect(),
            Self::Coprime => primes().take(servers as usize).collect(),
        }
    }
}

fn primes() -> impl Iterator<Item = u32> {
    let is_prime = |&number: &u32| {
        let divisors = (2..).take_while(|divisor| divisor * divisor <= number);
        !divisors
            .into_iter()
            .any(|divisor| number.is_multiple_of(divisor))
    };
    (2..).filter(is_prime)
}

fn address(server: u32) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::from_bits(0x0A01_0000 + server), 80))
}

fn settings(scheduler: Scheduler) -> ModelSettings {
    let mut settings = ModelSettings::new(scheduler, KernelVersion::REFERENCE);
    settings.maglev_table = MaglevTableSize::of(MAGLEV_TABLE).expect("the kernel has this size");
    settings
}

fn arrivals() -> Vec<Arrival> {
    let mut random = Rng::with_seed(2);
    let arrival = |_| Arrival {
        at: Duration::ZERO,
        client: SocketAddr::from((Ipv4Addr::from_bits(random.u32(..)), 40_000)),
        destination: Ipv4Addr::from_bits(0xC0A8_0001 + random.u32(..256)).into(),
    };
    (0..ARRIVALS).map(arrival).collect()
}

/// A scheduler that looks at no load, with its servers.
struct Picker {
    servers: RealServers,
    model: Box<dyn Model>,
    arrivals: Vec<Arrival>,
}

impl Picker {
    fn new(scheduler: Scheduler, weights: Weights, count: u32) -> Self {
        let settings = settings(scheduler);
        let mut servers = RealServers::new(settings.kernel);
        let mut model = for_scheduler(&settings).expect("there is a model");
        for (server, weight) in (0..).zip(weights.of(count)) {
            let weight = Weight::try_from(weight).expect("below 2^31");
            let change = servers.add(address(server), weight.into());
            model.list_changed(&servers, change.expect("it is new"));
        }
        Self {
            servers,
            model,
            arrivals: arrivals(),
        }
    }

    fn batch(&mut self) {
        for arrival in self.arrivals.iter().cycle().take(BATCH as usize) {
            black_box(self.model.pick(&self.servers, black_box(arrival)));
        }
    }
}

/// A director under steady load.
struct Balance {
    director: Director,
    open: VecDeque<Connection>,
    closed: VecDeque<Connection>,
    arrivals: Vec<Arrival>,
}

impl Balance {
    fn new(scheduler: Scheduler, count: u32) -> Self {
        let settings = DirectorSettings::from(settings(scheduler));
        let mut director = Director::new(&settings).expect("there is a model");
        for (server, weight) in (0..).zip(Weights::Usual.of(count)) {
            let weight = Weight::try_from(weight).expect("below 2^31");
            let added = director.add(address(server), weight.into());
            added.expect("it is new");
        }
        let mut balance = Self {
            director,
            open: VecDeque::new(),
            closed: VecDeque::new(),
            arrivals: arrivals(),
        };
        for number in 0..2 * OPEN * count as usize {
            balance.connect(number);
            if balance.open.len() > OPEN * count as usize {
                balance.close();
            }
        }
        balance
    }

    fn connect(&mut self, number: usize) {
        let arrival = &self.arrivals[number % ARRIVALS];
        let connection = self.director.schedule(arrival);
        let mut connection = connection.expect("there are servers with a weight");
        self.director
            .set_activity(&mut connection, Activity::Active);
        self.open.push_back(connection);
    }

    fn close(&mut self) {
        let mut connection = self.open.pop_front().expect("some are open");
        self.director
            .set_activity(&mut connection, Activity::Inactive);
        self.closed.push_back(connection);
    }

    fn forget(&mut self) {
        let connection = self.closed.pop_front().expect("some are closed");
        self.director.release(connection, Duration::ZERO);
    }

    /// As many connections begin, end and are forgotten.
    fn batch(&mut self) {
        for number in 0..BATCH as usize {
            self.connect(number);
            self.close();
            self.forget();
        }
    }
}

fn picks(criterion: &mut Criterion) {
    let cases = [
        (Scheduler::RoundRobin, Weights::Usual),
        (Scheduler::WeightedRoundRobin, Weights::Usual),
        (Scheduler::WeightedRoundRobin, Weights::Random),
        (Scheduler::WeightedRoundRobin, Weights::OneHeavy),
        (Scheduler::WeightedRoundRobin, Weights::Coprime),
        (Scheduler::WeightedFailOver, Weights::Usual),
        (Scheduler::DestinationHashing, Weights::Usual),
        (Scheduler::SourceHashing, Weights::Usual),
        (Scheduler::MaglevHashing, Weights::Usual),
    ];
    let mut group = criterion.benchmark_group("picks");
    group.throughput(Throughput::Elements(BATCH.into()));
    for (scheduler, weights) in cases {
        for count in SIZES {
            let mut picker = Picker::new(scheduler.clone(), weights, count);
            let name = format!("{}, {weights:?}", scheduler.name());
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter(|| picker.batch());
            });
        }
    }
}

fn connections(criterion: &mut Criterion) {
    let schedulers = [
        Scheduler::LeastConnection,
        Scheduler::WeightedLeastConnection,
        Scheduler::ShortestExpectedDelay,
        Scheduler::NeverQueue,
        Scheduler::WeightedOverflow,
        Scheduler::LocalityBasedLeastConnection,
        Scheduler::LocalityBasedLeastConnectionReplication,
        Scheduler::PowerOfTwo,
    ];
    let mut group = criterion.benchmark_group("connections");
    group.throughput(Throughput::Elements(BATCH.into()));
    for scheduler in schedulers {
        for count in SIZES {
            let mut balance = Balance::new(scheduler.clone(), count);
            group.bench_function(BenchmarkId::new(scheduler.name(), count), |bencher| {
                bencher.iter(|| balance.batch());
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = picks, connections
}
criterion_main!(benches);
