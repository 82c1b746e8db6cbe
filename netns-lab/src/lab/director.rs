//! The director: its virtual service, its counters and the tap on it.

use std::collections::BTreeMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::thread;
use std::time::{Duration, Instant};

use analysis::observation::{CounterState, TracedSegment};
use director_setup::{Client, RealServer, Service, ServiceKey, Totals};

use super::observe::LabError;
use super::tap::Tap;
use crate::experiment::{self, Experiment};
use crate::namespace::{Host, HostNetwork};

/// Counters are refreshed every two seconds (`ip_vs_est.c`); after twice that they are not coming.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often counters are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Counters that did not move for this long have settled.
const STILL: Duration = Duration::from_millis(2500);

/// A director whose virtual service is up.
pub struct Director {
    ipvs: Client,
    key: ServiceKey,
    tap: Tap,
}

impl Director {
    /// Opens the tap and configures the virtual service with its real servers.
    pub fn set_up(
        host: HostNetwork,
        director: &Host,
        experiment: &Experiment,
    ) -> Result<Self, LabError> {
        let vip = experiment.service.vip;
        let (mut ipvs, tap) = director.namespace.run(host, |inside| {
            let tap = Tap::open(inside, vip).map_err(LabError::Tap)?;
            Ok::<_, LabError>((inside.ipvs()?, tap))
        })?;
        let key = ServiceKey::tcp(SocketAddr::V4(vip));
        ipvs.add_service(&service(key, &experiment.service))?;
        for server in &experiment.servers {
            let address = SocketAddr::V4(server.address);
            let real_server = RealServer::new(address, experiment.service.forwarding);
            let real_server = real_server.with_weight(server.weight);
            ipvs.add_server(&key, &real_server.with_thresholds(server.thresholds))?;
        }
        Ok(Self { ipvs, key, tap })
    }

    /// Takes what the tap has seen.
    pub fn drain_tap(&mut self) -> Result<(), LabError> {
        self.tap.drain().map_err(LabError::Tap)
    }

    /// Waits until the kernel's counters show every connection, or do not move any more.
    pub fn settle(&mut self, connections: u64) -> Result<CounterState, LabError> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = (self.connections()?, Instant::now());
        while last.0 < connections && last.1.elapsed() < STILL && Instant::now() < deadline {
            thread::sleep(LOOK);
            self.drain_tap()?;
            let now = self.connections()?;
            if now != last.0 {
                last = (now, Instant::now());
            }
        }
        let all = last.0 >= connections;
        Ok(if all {
            CounterState::Settled
        } else {
            CounterState::Behind
        })
    }

    fn connections(&mut self) -> Result<u64, LabError> {
        Ok(self
            .count()?
            .values()
            .map(|totals| totals.connections)
            .sum())
    }

    /// The kernel's counters for each real server.
    pub fn count(&mut self) -> Result<BTreeMap<SocketAddrV4, Totals>, LabError> {
        let entries = self.ipvs.servers(&self.key)?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| match entry.server.address {
                SocketAddr::V4(address) => Some((address, entry.statistics.totals)),
                SocketAddr::V6(_) => None,
            })
            .collect())
    }

    /// Everything that the tap saw.
    pub fn into_trace(mut self) -> Result<Vec<TracedSegment>, LabError> {
        self.drain_tap()?;
        let lost = self.tap.lost();
        if lost > 0 {
            tracing::warn!("the tap on the director had no room for {lost} segments");
        }
        Ok(self.tap.into_segments())
    }
}

fn service(key: ServiceKey, wanted: &experiment::Service) -> Service {
    Service {
        persistence: wanted.persistence.clone(),
        ..Service::new(key, wanted.scheduler.clone()).with_flags(wanted.flags)
    }
}
