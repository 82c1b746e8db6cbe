//! Which cases there are.

use director_setup::{Scheduler, ServiceFlags};

use super::case::{Case, Changes, Closing, Limits, Packets, Stay};

/// Every scheduler whose picks the connections alone decide: all but twos, which draws them.
const SCHEDULERS: [Scheduler; 13] = [
    Scheduler::RoundRobin,
    Scheduler::WeightedRoundRobin,
    Scheduler::LeastConnection,
    Scheduler::WeightedLeastConnection,
    Scheduler::WeightedFailOver,
    Scheduler::WeightedOverflow,
    Scheduler::LocalityBasedLeastConnection,
    Scheduler::LocalityBasedLeastConnectionReplication,
    Scheduler::DestinationHashing,
    Scheduler::SourceHashing,
    Scheduler::MaglevHashing,
    Scheduler::ShortestExpectedDelay,
    Scheduler::NeverQueue,
];

/// One server, equal ones, small ratios, one without weight, coprime, large, far apart, many.
const VECTORS: [&[u32]; 12] = [
    &[1],
    &[1, 1, 1],
    &[4, 1],
    &[4, 3, 2],
    &[5, 0, 3],
    &[0, 0],
    &[7, 11, 13],
    &[100, 1],
    &[1, 300],
    &[65_535, 1, 2],
    &[2_147_483_647, 1_073_741_824, 3],
    &MANY,
];
const MANY: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 0, 16, 31, 32, 100];

/// What sh and mh can be told; the bits are the same for both.
const HASH_FLAGS: [ServiceFlags; 2] = [ServiceFlags::SH_PORT, ServiceFlags::SH_FALLBACK];

/// Clients in networks of 16 that stay with their server.
const STAY: Stay = Stay {
    seconds: 300,
    clients: 300,
    mask: [255; 4],
};
const STAY_BY_NETWORK: Stay = Stay {
    mask: [255, 255, 255, 240],
    ..STAY
};
/// A template that ends while its connections are there gets a minute more.
const STAY_SHORTLY: Stay = Stay { seconds: 1, ..STAY };

/// What the suite runs.
pub fn fast() -> Vec<Case> {
    let mut cases = Vec::new();
    for scheduler in SCHEDULERS {
        let case = |weights: &[u32]| Case::new(scheduler.clone(), weights);
        cases.push(case(&[4, 3, 2]).with_changes(Changes::Planned));
        cases.push(
            case(&[1, 300])
                .closing(Closing::Held)
                .with_changes(Changes::Constant),
        );
    }
    for scheduler in [
        Scheduler::WeightedRoundRobin,
        Scheduler::LeastConnection,
        Scheduler::WeightedLeastConnection,
        Scheduler::WeightedOverflow,
    ] {
        let case = Case::new(scheduler, &[7, 11, 13]);
        cases.push(case.with_changes(Changes::Constant).limited());
    }
    for scheduler in [Scheduler::SourceHashing, Scheduler::MaglevHashing] {
        let case = Case::new(scheduler, &[5, 0, 3]).with_flags(HASH_FLAGS[0] | HASH_FLAGS[1]);
        cases.push(case.with_changes(Changes::Constant));
    }
    for scheduler in [
        Scheduler::LocalityBasedLeastConnection,
        Scheduler::LocalityBasedLeastConnectionReplication,
        Scheduler::DestinationHashing,
    ] {
        let case = Case::new(scheduler, &[4, 3, 2]).with_destinations(40);
        cases.push(case.with_changes(Changes::Constant));
    }
    let wlc = Case::new(Scheduler::WeightedLeastConnection, &[4, 3, 2]);
    cases.push(wlc.clone().staying(STAY).with_changes(Changes::Planned));
    cases.push(wlc.clone().staying(STAY_BY_NETWORK).limited());
    cases.push(wlc.datagrams());
    let wrr = Case::new(Scheduler::WeightedRoundRobin, &[7, 11, 13]);
    let one_packet = wrr.with_flags(ServiceFlags::ONE_PACKET).datagrams();
    cases.push(one_packet.with_changes(Changes::Planned));
    cases
}

/// Everything.
pub fn full() -> Vec<Case> {
    let mut cases = fast();
    for scheduler in SCHEDULERS {
        let case = |weights: &[u32]| Case::new(scheduler.clone(), weights);
        cases.extend(VECTORS.map(case));
        for weights in [&[4, 3, 2][..], &MANY] {
            cases.push(case(weights).closing(Closing::Serial));
            cases.push(case(weights).closing(Closing::Held));
            cases.push(case(weights).with_changes(Changes::Constant));
        }
        cases.push(case(&[1]).with_changes(Changes::Planned));
        let changing = case(&[4, 3, 2]).with_changes(Changes::Constant);
        cases.push(changing.clone().limited());
        cases.push(changing.clone().closing(Closing::Held).limited());
        cases.push(changing.clone().with_destinations(40));
        cases.push(changing.clone().datagrams());
        let one_packet = changing.clone().with_flags(ServiceFlags::ONE_PACKET);
        cases.push(one_packet.datagrams());
        for stay in [STAY, STAY_BY_NETWORK, STAY_SHORTLY] {
            cases.push(changing.clone().staying(stay));
        }
        cases.push(changing.staying(STAY_BY_NETWORK).limited());
        cases.push(case(&[4, 3, 2]).with_destinations(5_000));
        cases.push(case(&MANY).with_destinations(40).closing(Closing::Held));
    }
    cases.extend(hashing());
    unique(cases)
}

/// What is committed as traces: every scheduler, and what changes its decisions.
pub fn golden() -> Vec<Case> {
    let mut cases = golden_of_every_kernel();
    for scheduler in SCHEDULERS {
        cases.push(Case::new(scheduler, &[4, 3, 2]).with_changes(Changes::Constant));
    }
    for scheduler in [Scheduler::SourceHashing, Scheduler::MaglevHashing] {
        let case = Case::new(scheduler, &[5, 0, 3]).with_flags(HASH_FLAGS[0] | HASH_FLAGS[1]);
        cases.push(case.with_changes(Changes::Constant).limited());
    }
    let dh = Case::new(Scheduler::DestinationHashing, &MANY);
    cases.push(dh.with_destinations(5_000));
    let wlc = Case::new(Scheduler::WeightedLeastConnection, &[4, 3, 2]);
    cases.push(wlc.clone().datagrams().with_changes(Changes::Constant));
    cases.push(wlc.staying(STAY).with_changes(Changes::Constant));
    let wrr = Case::new(Scheduler::WeightedRoundRobin, &[65_535, 1, 2]);
    cases.push(wrr.clone());
    let one_packet = wrr.with_flags(ServiceFlags::ONE_PACKET).datagrams();
    cases.push(one_packet.with_changes(Changes::Constant));
    unique(cases)
}

/// Those of them that kernels decide differently.
pub fn golden_of_every_kernel() -> Vec<Case> {
    let of = |scheduler: Scheduler| Case::new(scheduler, &[7, 11, 13]);
    let wlc = of(Scheduler::WeightedLeastConnection);
    let limited = wlc.with_changes(Changes::Constant).limited();
    vec![
        limited.clone(),
        limited.staying(STAY_BY_NETWORK),
        of(Scheduler::WeightedRoundRobin)
            .with_changes(Changes::Constant)
            .limited(),
        of(Scheduler::LocalityBasedLeastConnection)
            .with_destinations(40)
            .closing(Closing::Held),
        of(Scheduler::LocalityBasedLeastConnectionReplication)
            .with_destinations(40)
            .closing(Closing::Held),
    ]
}

/// sh and mh with their flags.
fn hashing() -> Vec<Case> {
    let mut cases = Vec::new();
    let [port, fallback] = HASH_FLAGS;
    for scheduler in [Scheduler::SourceHashing, Scheduler::MaglevHashing] {
        for flags in [port, fallback, port | fallback] {
            for weights in [&[4, 3, 2][..], &[5, 0, 3], &[0, 0], &[65_535, 1, 2], &MANY] {
                let case = Case::new(scheduler.clone(), weights).with_flags(flags);
                cases.push(case.clone());
                cases.push(case.with_changes(Changes::Constant).limited());
            }
        }
    }
    cases
}

fn unique(cases: Vec<Case>) -> Vec<Case> {
    let mut kept: Vec<Case> = Vec::new();
    for case in cases {
        if !kept.contains(&case) {
            kept.push(case);
        }
    }
    kept
}

impl Case {
    fn with_flags(self, flags: ServiceFlags) -> Self {
        Self { flags, ..self }
    }

    fn with_changes(self, changes: Changes) -> Self {
        Self { changes, ..self }
    }

    fn closing(self, closing: Closing) -> Self {
        Self { closing, ..self }
    }

    fn limited(self) -> Self {
        Self {
            limits: Limits::Few,
            ..self
        }
    }

    fn staying(self, stay: Stay) -> Self {
        Self {
            persistence: Some(stay),
            ..self
        }
    }

    fn datagrams(self) -> Self {
        Self {
            packets: Packets::Udp,
            ..self
        }
    }

    fn with_destinations(self, destinations: u32) -> Self {
        Self {
            packets: Packets::Marked { destinations },
            ..self
        }
    }
}
