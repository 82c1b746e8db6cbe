//! The keys that a hashing scheduler saw, and where they went.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Share;
use crate::advice::Key;
use crate::model::{
    Arrival, KernelVersion, ListError, Model, ModelSettings, RealServers, TableShares,
    for_scheduler, table_shares,
};
use crate::observation::{Observation, SegmentKind, Sender};
use crate::statistics::goodness_of_fit;

/// The distinct keys of a run beside the scheduler's table.
///
/// Connections of one key go together, so it is keys that a table shares out, not connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyPopulation {
    /// What the scheduler hashes.
    pub key: Key,
    /// Distinct keys in the trace.
    pub distinct: u64,
    /// Those whose real server is known, from the trace or from the connection table. The others
    /// count for the real server that the table gives them to.
    pub named: u64,
    /// Those of them that went to another real server than the table says.
    pub elsewhere: u64,
    /// Keys that the table leads to no real server that may take them.
    pub refused: u64,
    /// The real servers, in the order in which they were added to the service.
    pub servers: Vec<ServerKeys>,
    /// The chance, 0 to 1, that random keys lie as far from the table's shares as these, or
    /// further (Pearson's chi-square test); null where there is nothing to test. A small one says
    /// that these keys are no random ones, not that the table is wrong.
    pub p_value: Option<Share>,
    /// Half the sum of all differences between shares of keys and shares of the table.
    pub effect: Option<Share>,
}

/// The keys of one real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerKeys {
    /// Name of the real server.
    pub server: String,
    /// Its keys.
    pub keys: u64,
    /// The part of the table that is its own.
    pub table_share: Share,
}

/// One key: where it must go, and where it went.
#[derive(Default)]
struct Sighting {
    predicted: Option<usize>,
    named: Option<usize>,
    elsewhere: bool,
}

impl KeyPopulation {
    /// The keys of an observation's trace; `None` if the scheduler has no table, no server may take
    /// anything, or the list of real servers cannot be.
    pub(super) fn of(observation: &Observation) -> Option<Self> {
        let service = &observation.service;
        let key = Key::of(&service.scheduler, service.flags)?;
        let mut table = Lookup::of(observation).ok()??;
        let shares = table_shares(&table.settings, &table.servers)?;
        let sightings = sightings(observation, key, &mut table);
        Some(Self::count(observation, key, &sightings, &shares))
    }

    fn count(
        observation: &Observation,
        key: Key,
        sightings: &BTreeMap<SocketAddr, Sighting>,
        table: &TableShares,
    ) -> Self {
        let mut keys = vec![0u64; observation.servers.len()];
        let mut refused = 0u64;
        for sighting in sightings.values() {
            match sighting.named.or(sighting.predicted) {
                Some(server) => keys[server] += 1,
                None => refused += 1,
            }
        }
        let of_all = |is: fn(&Sighting) -> bool| sightings.values().filter(|one| is(one)).count();
        let servers = observation.servers.iter().zip(&keys).zip(&table.servers);
        Self {
            key,
            distinct: sightings.len() as u64,
            named: of_all(|one| one.named.is_some()) as u64,
            elsewhere: of_all(|one| one.elsewhere) as u64,
            refused,
            servers: servers
                .map(|((server, &keys), &table_share)| ServerKeys {
                    server: server.name.clone(),
                    keys,
                    table_share,
                })
                .collect(),
            p_value: p_value(&keys, refused, table),
            effect: effect(&keys, refused, table),
        }
    }
}

fn p_value(keys: &[u64], refused: u64, table: &TableShares) -> Option<Share> {
    let counts: Vec<_> = keys.iter().copied().chain([refused]).collect();
    let shares = table.servers.iter().chain([&table.refused]);
    let shares: Vec<_> = shares.map(|share| share.get()).collect();
    goodness_of_fit(&counts, &shares).map(Share::clamped)
}

fn effect(keys: &[u64], refused: u64, table: &TableShares) -> Option<Share> {
    let whole = keys.iter().sum::<u64>() + refused;
    let pairs = keys.iter().zip(&table.servers);
    let pairs = pairs.chain([(&refused, &table.refused)]);
    let distances = pairs.map(|(&keys, share)| Some(Share::of(keys, whole)?.minus(*share).abs()));
    let sum: f64 = distances.sum::<Option<f64>>()?;
    Some(Share::clamped(sum / 2.0))
}

/// Every key of the trace, by an address and port that stand for it.
fn sightings(
    observation: &Observation,
    key: Key,
    table: &mut Lookup,
) -> BTreeMap<SocketAddr, Sighting> {
    let vip = observation.service.vip;
    let key_of = |client: SocketAddrV4| match key {
        Key::ClientAddress => SocketAddr::from((*client.ip(), 0)),
        Key::ClientAddressAndPort => SocketAddr::V4(client),
        Key::Destination => SocketAddr::new(vip.ip(), 0),
    };
    let mut sightings: BTreeMap<SocketAddr, Sighting> = BTreeMap::new();
    for segment in &observation.trace {
        if segment.kind == SegmentKind::Syn && segment.from == Sender::Client {
            let sighting = sightings.entry(key_of(segment.client));
            sighting.or_insert_with(|| Sighting {
                predicted: table.server_of(segment.client, vip.ip()),
                ..Sighting::default()
            });
        }
    }
    let by_address = servers_by_address(observation);
    let in_trace = observation.trace.iter().filter_map(|one| match one.from {
        Sender::Server(server) => Some((one.client, server)),
        Sender::Client => None,
    });
    let remembered = observation.connection_table.iter();
    let remembered = remembered.map(|one| (one.client, one.server));
    for (client, server) in in_trace.chain(remembered) {
        let sighting = sightings.get_mut(&key_of(client));
        if let (Some(sighting), Some(Some(server))) = (sighting, by_address.get(&server)) {
            sighting.named = Some(*server);
            sighting.elsewhere |= sighting.predicted != Some(*server);
        }
    }
    sightings
}

/// `None` for an address that several servers share.
fn servers_by_address(observation: &Observation) -> HashMap<Ipv4Addr, Option<usize>> {
    let mut servers = HashMap::new();
    for (index, server) in observation.servers.iter().enumerate() {
        if let IpAddr::V4(address) = server.address.ip() {
            let place = servers.entry(address).or_insert(Some(index));
            if *place != Some(index) {
                *place = None;
            }
        }
    }
    servers
}

/// The scheduler's model over servers without connections: what a key's hash leads to.
struct Lookup {
    settings: ModelSettings,
    servers: RealServers,
    model: Box<dyn Model>,
}

impl Lookup {
    /// `Ok(None)` if the scheduler has no model.
    fn of(observation: &Observation) -> Result<Option<Self>, ListError> {
        let service = &observation.service;
        let kernel = KernelVersion::of_release(&observation.kernel);
        let settings =
            ModelSettings::new(service.scheduler.clone(), kernel).with_flags(service.flags);
        let Some(mut model) = for_scheduler(&settings) else {
            return Ok(None);
        };
        let mut servers = RealServers::new(kernel);
        for server in &observation.servers {
            let change = servers.add(server.address, server.settings())?;
            model.list_changed(&servers, change);
        }
        Ok(Some(Self {
            settings,
            servers,
            model,
        }))
    }

    fn server_of(&mut self, client: SocketAddrV4, destination: IpAddr) -> Option<usize> {
        let arrival = Arrival {
            at: Duration::ZERO,
            client: client.into(),
            destination,
        };
        self.model.pick(&self.servers, &arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::TracedSegment;
    use crate::synthetic::{lab, serial_trace, served, server_address};
    use crate::{Verdict, judge};

    fn named(mut observation: Observation, server: impl Fn(usize) -> u8) -> Observation {
        for (n, one) in observation.trace.iter_mut().enumerate() {
            if one.from != Sender::Client {
                one.from = Sender::Server(server_address(server(n / 4)));
            }
        }
        observation
    }

    #[test]
    fn keys_lie_near_the_tables_shares_and_not_at_the_weights() {
        let keys = judge(&served(lab("sh", &[4, 3, 2]), 10_000)).keys.unwrap();
        assert_eq!((keys.distinct, keys.key), (10_000, Key::ClientAddress));
        assert_eq!((keys.named, keys.elsewhere, keys.refused), (0, 0, 0));
        assert_eq!(keys.servers[0].table_share, Share::of(112, 256).unwrap());
        assert!(keys.effect.unwrap().get() < 0.02, "{keys:?}");
    }

    #[test]
    fn a_key_at_another_server_than_the_tables_fails_though_the_counts_are_right() {
        let observation = served(lab("sh", &[1, 1]), 2);
        let observation = Observation {
            trace: serial_trace(40),
            ..observation
        };
        let predicted = crate::replay::replay(&observation, 0).unwrap().picks;
        let mut observation = crate::synthetic::saw(observation, &predicted);
        // The first keys of both servers change places.
        let table = KeyPopulation::of(&observation).unwrap();
        assert!(table.servers.iter().all(|one| one.keys > 0));
        let mut lookup = Lookup::of(&observation).unwrap().unwrap();
        let vip = observation.service.vip.ip();
        let clients: Vec<SocketAddrV4> = (0..40).map(crate::synthetic::client).collect();
        let servers: Vec<_> = clients
            .iter()
            .map(|&client| u8::try_from(lookup.server_of(client, vip).unwrap()).unwrap() + 1)
            .collect();
        let mut moved = servers.clone();
        let first = |server| servers.iter().position(|&one| one == server).unwrap();
        moved.swap(first(1), first(2));
        let of = |picks: &[u8]| {
            let by_client: HashMap<_, _> = clients.iter().zip(picks).collect();
            let name = |one: &mut TracedSegment| {
                if one.from != Sender::Client {
                    one.from = Sender::Server(server_address(*by_client[&one.client]));
                }
            };
            let mut observation = observation.clone();
            observation.trace.iter_mut().for_each(name);
            observation
        };
        let record = judge(&of(&servers));
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
        assert_eq!(record.keys.unwrap().named, 40);
        let record = judge(&of(&moved));
        assert_eq!(crate::testing::kinds(&record), ["picks-off"]);
        assert_eq!(record.keys.unwrap().elsewhere, 2);
        observation.trace.truncate(0);
        assert_eq!(KeyPopulation::of(&observation).unwrap().distinct, 0);
    }

    #[test]
    fn one_client_is_a_single_key_and_no_failure() {
        let mut observation = lab("sh", &[1, 1]);
        observation.trace = serial_trace(100);
        for (n, one) in observation.trace.iter_mut().enumerate() {
            let port = 40_000 + u16::try_from(n / 4).unwrap();
            one.client = SocketAddrV4::new(Ipv4Addr::new(192, 168, 0, 254), port);
        }
        let picks = crate::replay::replay(&observation, 0).unwrap().picks;
        let owner = picks.iter().position(|&one| one == 100).unwrap();
        let observation = crate::synthetic::saw(observation, &picks);
        let record = judge(&named(observation, |_| u8::try_from(owner).unwrap() + 1));
        assert_eq!(record.verdict, Verdict::Pass, "{:?}", record.reasons);
        let keys = record.keys.unwrap();
        assert_eq!((keys.distinct, keys.named, keys.elsewhere), (1, 1, 0));
        assert!(
            record
                .advice
                .iter()
                .any(|one| one.sentence.contains("there is only one"))
        );
    }
}
