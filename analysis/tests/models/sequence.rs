//! What may happen to a service: servers come, change and go, connections open, end and are
//! forgotten.

use std::net::{Ipv4Addr, SocketAddr};

use proptest::prelude::*;

/// Servers that a sequence may add, by number.
pub const SERVERS: usize = 9;

/// A service and what happens to it.
#[derive(Debug, Clone)]
pub struct Sequence {
    pub newer_kernel: bool,
    pub fallback: bool,
    pub port: bool,
    /// `CONFIG_IP_VS_MH_TAB_INDEX`.
    pub mh_index: usize,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
pub struct Server {
    pub weight: u32,
    pub upper: u32,
    pub lower: u32,
}

/// Connections are named by their place among those that are not forgotten, which wraps.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Adds the server of this number, or edits it if it is there.
    Configure(usize, Server),
    Remove(usize),
    Connect {
        client: u32,
        port: u16,
        destination: u32,
        /// Seconds since the step before.
        wait: u64,
        becomes_active: bool,
    },
    Activate(usize),
    Deactivate(usize),
    Forget(usize),
}

pub fn address(server: usize) -> SocketAddr {
    let number = u32::try_from(server).expect("few servers");
    SocketAddr::from((Ipv4Addr::from_bits(0xC0A8_0102 + number), 80))
}

/// Whose weights a sequence uses.
#[derive(Debug, Clone, Copy)]
enum Weights {
    Small,
    Equal(u32),
    /// Multiples of a large number: huge, with a common divisor.
    Multiples(u32),
    Any,
}

fn weight(of: Weights) -> BoxedStrategy<u32> {
    match of {
        Weights::Small => (0u32..8).boxed(),
        Weights::Equal(weight) => prop_oneof![1 => Just(0), 6 => Just(weight)].boxed(),
        Weights::Multiples(one) => (0u32..=12).prop_map(move |times| times * one).boxed(),
        Weights::Any => prop_oneof![
            1 => Just(0),
            4 => 1u32..=i32::MAX.cast_unsigned(),
            1 => Just(i32::MAX.cast_unsigned()),
        ]
        .boxed(),
    }
}

fn weights() -> impl Strategy<Value = Weights> {
    prop_oneof![
        3 => Just(Weights::Small),
        1 => (1u32..=i32::MAX.cast_unsigned()).prop_map(Weights::Equal),
        2 => prop_oneof![Just(7), Just(1_000_003), Just(178_956_970)].prop_map(Weights::Multiples),
        2 => Just(Weights::Any),
    ]
}

/// Upper thresholds of the servers of a sequence.
#[derive(Debug, Clone, Copy)]
enum Limits {
    Never,
    Sometimes,
    /// Low ones everywhere: often all servers are full.
    Tight,
}

fn limits(of: Weights, scheduler: &str) -> BoxedStrategy<Limits> {
    // The kernel's loop of wrr walks level after level while its heaviest server is overloaded: up
    // to 2^31 times.
    if scheduler == "wrr" && matches!(of, Weights::Any) {
        return Just(Limits::Never).boxed();
    }
    prop_oneof![
        Just(Limits::Never),
        Just(Limits::Sometimes),
        Just(Limits::Tight)
    ]
    .boxed()
}

fn server(of: Weights, limits: Limits) -> impl Strategy<Value = Server> {
    let upper = match limits {
        Limits::Never => 0..1u32,
        Limits::Sometimes => 0..9,
        Limits::Tight => 1..4,
    };
    (weight(of), upper, any::<prop::sample::Index>()).prop_map(|(weight, upper, lower)| Server {
        weight,
        upper,
        lower: u32::try_from(lower.index(upper as usize + 1)).expect("it is small"),
    })
}

fn connect() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        12 => Just(0),
        6 => 0u64..100,
        // Intervals and timeouts of the caches.
        1 => prop::sample::select(vec![60, 360, 24 * 60 * 60]),
        1 => 0u64..200_000,
    ];
    let ends = (0u32..40, 1024u16..1064, 0u32..6);
    (ends, wait, any::<bool>()).prop_map(|((client, port, destination), wait, becomes_active)| {
        Step::Connect {
            client,
            port,
            destination,
            wait,
            becomes_active,
        }
    })
}

fn step(of: Weights, limits: Limits) -> impl Strategy<Value = Step> {
    let configure = (0..SERVERS, server(of, limits));
    prop_oneof![
        12 => connect(),
        4 => any::<usize>().prop_map(Step::Activate),
        3 => any::<usize>().prop_map(Step::Deactivate),
        6 => any::<usize>().prop_map(Step::Forget),
        3 => configure.prop_map(|(server, settings)| Step::Configure(server, settings)),
        1 => (0..SERVERS).prop_map(Step::Remove),
    ]
}

/// Any sequence that suits the scheduler.
pub fn any_sequence(scheduler: &'static str) -> impl Strategy<Value = Sequence> {
    let kind = weights().prop_flat_map(move |of| (Just(of), limits(of, scheduler)));
    let steps = kind.prop_flat_map(|(of, limits)| {
        let first = prop::collection::vec(server(of, limits), 0..SERVERS);
        let later = prop::collection::vec(step(of, limits), 1..300);
        (first, later).prop_map(|(first, later)| {
            let first = first.into_iter().enumerate();
            let configured = first.map(|(server, settings)| Step::Configure(server, settings));
            configured.chain(later).collect()
        })
    });
    let mh_index = prop_oneof![6 => Just(8), 1 => Just(12), 1 => Just(9)];
    (any::<(bool, bool, bool)>(), mh_index, steps).prop_map(
        |((newer_kernel, fallback, port), mh_index, steps)| Sequence {
            newer_kernel,
            fallback,
            port,
            mh_index,
            steps,
        },
    )
}
