//! Random configurations that the kernel accepts.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use fastrand::Rng;

use super::addresses::{self, Family};

/// The most services, and the most real servers of one.
const MOST_SERVICES: usize = 50;
const MOST_SERVERS: usize = 20;
/// One in so many is as large as that; the others are small.
const LARGE: usize = 4;
/// 31 days: the longest persistence (`MAX_TIMEOUT` of ipvsadm 1.31).
const LONGEST: u32 = 31 * 24 * 60 * 60;
/// The largest weight and threshold.
const LARGEST: u32 = i32::MAX.unsigned_abs();

/// The schedulers of the guest.
const SCHEDULERS: [&str; 13] = [
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh",
];

/// What a configuration consists of.
#[derive(Debug, Clone)]
pub struct Configuration {
    pub services: Vec<Service>,
}

/// A service with its real servers, as words for a command line.
#[derive(Debug, Clone)]
pub struct Service {
    /// Such as `-t 192.0.2.1:80`.
    pub key: String,
    pub family: Family,
    kind: Kind,
    /// Such as `-s rr -p 60`.
    pub options: String,
    pub servers: Vec<Server>,
}

/// A real server, as words for a command line.
#[derive(Debug, Clone)]
pub struct Server {
    /// Such as `-r 198.51.100.1:80 -m`: what it is known by, with the forwarding method, which the
    /// port depends on.
    pub key: String,
    /// Such as `-w 3`.
    pub options: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tcp,
    Udp,
    Sctp,
    Mark,
}

impl Configuration {
    pub fn random(rng: &mut Rng) -> Self {
        let most = if rng.usize(..LARGE) == 0 {
            MOST_SERVICES
        } else {
            8
        };
        let count = rng.usize(1..=most);
        let mut keys = BTreeSet::new();
        let mut services: Vec<_> = (0..count).map(|_| Service::random(rng)).collect();
        services.retain(|service| keys.insert(service.key.clone()));
        Self { services }
    }

    /// What makes it, in the order of making.
    pub fn commands(&self) -> Vec<String> {
        let of_service = |service: &Service| {
            let Service { key, options, .. } = service;
            let add = format!("-A {key} {options}");
            let servers = service.servers.iter();
            let add_server = |it: &Server| format!("-a {key} {} {}", it.key, it.options);
            [add]
                .into_iter()
                .chain(servers.map(add_server))
                .collect::<Vec<_>>()
        };
        self.services.iter().flat_map(of_service).collect()
    }

    /// Keys of at most two services.
    pub fn some_keys(&self, rng: &mut Rng) -> Vec<String> {
        let mut keys: Vec<_> = (0..2).filter_map(|_| rng.choice(&self.services)).collect();
        keys.dedup_by_key(|service| &service.key);
        keys.iter().map(|service| service.key.clone()).collect()
    }
}

impl Service {
    pub fn random(rng: &mut Rng) -> Self {
        let family = if rng.bool() { Family::V4 } else { Family::V6 };
        let kind = [Kind::Tcp, Kind::Udp, Kind::Sctp, Kind::Mark][rng.usize(..4)];
        // Port 0 stands for every port, and wants persistence.
        let port = if rng.usize(..8) == 0 { 0 } else { port(rng) };
        let key = match kind {
            Kind::Mark => mark(family, rng),
            _ => format!("{} {}:{port}", kind.option(), addresses::any(family, rng)),
        };
        let must_persist = kind != Kind::Mark && port == 0;
        let mut service = Self {
            key,
            family,
            kind,
            options: String::new(),
            servers: vec![],
        };
        service.options = service.random_options(must_persist, rng);
        let most = if rng.usize(..LARGE) == 0 {
            MOST_SERVERS
        } else {
            5
        };
        let mut keys = BTreeSet::new();
        let mut servers: Vec<_> = (0..rng.usize(0..=most))
            .map(|_| Server::random(service.family, rng))
            .collect();
        servers.retain(|server: &Server| keys.insert(server.address().to_owned()));
        service.servers = servers;
        service
    }

    /// Other options for the same service.
    pub fn other_options(&self, rng: &mut Rng) -> String {
        self.random_options(self.key.ends_with(":0"), rng)
    }

    fn random_options(&self, must_persist: bool, rng: &mut Rng) -> String {
        let scheduler = SCHEDULERS[rng.usize(..SCHEDULERS.len())];
        let mut words = vec![format!("-s {scheduler}")];
        if must_persist || rng.usize(..3) == 0 {
            words.push(match rng.usize(..4) {
                0 => "-p".to_owned(),
                _ => format!("-p {}", rng.u32(1..=LONGEST)),
            });
            if rng.bool() {
                words.push(format!("-M {}", self.random_mask(rng)));
            }
            if rng.usize(..4) == 0 {
                words.push("--pe sip".to_owned());
            }
        }
        if matches!(self.kind, Kind::Udp | Kind::Mark) && rng.usize(..4) == 0 {
            words.push("-o".to_owned());
        }
        if rng.usize(..3) == 0 {
            words.push(format!("-b {}", scheduler_flags(scheduler, rng)));
        }
        words.join(" ")
    }

    fn random_mask(&self, rng: &mut Rng) -> String {
        match self.family {
            Family::V4 => {
                let mask = u32::MAX << rng.u32(..32);
                Ipv4Addr::from_bits(mask).to_string()
            }
            Family::V6 => rng.u32(1..=128).to_string(),
        }
    }
}

impl Kind {
    const fn option(self) -> &'static str {
        match self {
            Self::Tcp => "-t",
            Self::Udp => "-u",
            Self::Sctp => "--sctp-service",
            Self::Mark => "-f",
        }
    }
}

impl Server {
    pub fn random(family: Family, rng: &mut Rng) -> Self {
        let method = ["-m", "-g", "-i"][rng.usize(..3)];
        // Only tunnels lead to the other family.
        let family = match (method, family, rng.usize(..4)) {
            ("-i", Family::V4, 0) => Family::V6,
            ("-i", Family::V6, 0) => Family::V4,
            (_, family, _) => family,
        };
        let address = addresses::real_server(family, rng);
        let key = format!("-r {address}:{} {method}", port(rng));
        let options = Self::other_options_of(method, rng);
        Self { key, options }
    }

    /// Other options for the same real server.
    pub fn other_options(&self, rng: &mut Rng) -> String {
        Self::other_options_of(&self.key[self.key.len() - 2..], rng)
    }

    fn other_options_of(method: &str, rng: &mut Rng) -> String {
        let mut words = vec![];
        match rng.usize(..4) {
            0 => {}
            1 => words.push(format!("-w {}", rng.u32(0..=LARGEST))),
            _ => words.push(format!("-w {}", rng.u32(0..=10))),
        }
        if rng.usize(..3) == 0 {
            let most = if rng.bool() { 1000 } else { LARGEST };
            let upper = rng.u32(1..=most);
            words.push(format!("-x {upper} -y {}", rng.u32(0..=upper)));
        }
        if method == "-i" {
            words.extend(tunnel(rng));
        }
        words.join(" ")
    }

    /// The address, which is not used twice in a service.
    fn address(&self) -> &str {
        self.key.rsplit_once(':').map_or("", |(address, _)| address)
    }
}

fn port(rng: &mut Rng) -> u16 {
    // Some have names.
    match rng.usize(..4) {
        0 => [21, 53, 69, 80, 443, 2905, 5060][rng.usize(..7)],
        _ => rng.u16(1..),
    }
}

fn mark(family: Family, rng: &mut Rng) -> String {
    let mark = match rng.usize(..8) {
        0 => rng.u32(1..),
        _ => rng.u32(1..=LARGEST),
    };
    match family {
        Family::V4 => format!("-f {mark}"),
        Family::V6 => format!("-f {mark} -6"),
    }
}

fn scheduler_flags(scheduler: &str, rng: &mut Rng) -> String {
    let flags: &[&str] = match scheduler {
        "sh" => &["sh-fallback", "sh-port", "flag-3"],
        "mh" => &["mh-fallback", "mh-port", "flag-3"],
        _ => &["flag-1", "flag-2", "flag-3"],
    };
    let first = rng.usize(..flags.len());
    let mut chosen: Vec<_> = flags.iter().copied().filter(|_| rng.bool()).collect();
    if chosen.is_empty() {
        chosen.push(flags[first]);
    }
    chosen.join(",")
}

fn tunnel(rng: &mut Rng) -> Option<String> {
    let checksum = ["", " --tun-nocsum", " --tun-csum", " --tun-remcsum"];
    match rng.usize(..4) {
        0 => None,
        1 => Some("--tun-type ipip".to_owned()),
        2 => Some(format!("--tun-type gre{}", checksum[rng.usize(..3)])),
        _ => {
            let port = rng.u16(1..);
            let checksum = checksum[rng.usize(..4)];
            Some(format!("--tun-type gue --tun-port {port}{checksum}"))
        }
    }
}
