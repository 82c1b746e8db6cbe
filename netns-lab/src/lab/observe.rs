//! One experiment: builds its lab, drives its load and collects what was seen.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use analysis::Observation;
use analysis::observation::{RememberedConnection, ServerObservation, Stage, VirtualService};
use director_setup::Forwarding;
use nix::errno::Errno;

use super::connection_table;
use super::director::Director;
use super::farm::{Farm, FarmError};
use super::load::{Load, LoadError, LoadResult};
use super::proof;
use crate::experiment::{Experiment, Server, Service};
use crate::link::{BreakageKind, Event, StageName};
use crate::namespace::{BuildError, HostNetwork, Lab, NamespaceError, RtError};
use crate::topology::Topology;

/// How often the director's tap is read and progress is told.
const GLANCE: Duration = Duration::from_millis(20);

/// The longest connection table that is read.
const LONGEST_TABLE: u64 = 50_000;

/// An experiment could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The network.
    #[error("cannot build the lab")]
    Build(#[from] BuildError),
    /// A namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// The real servers.
    #[error("cannot start the real servers")]
    Farm(#[from] FarmError),
    /// The load generator.
    #[error("cannot generate load")]
    Load(#[from] LoadError),
    /// The virtual service.
    #[error("cannot set up the director")]
    Ipvs(#[from] director_setup::Error),
    /// The tap on the director.
    #[error("cannot listen on the director's interfaces")]
    Tap(#[source] io::Error),
    /// The kernel's table of connections.
    #[error("cannot read the director's connection table")]
    ConnectionTable(#[source] io::Error),
    /// The checks after the load.
    #[error("cannot look at the client's neighbours")]
    Proof(#[source] RtError),
}

impl LabError {
    /// Whether the kernel lacks what the experiment asks for.
    pub fn kind(&self) -> BreakageKind {
        match self {
            // ENOENT: no such scheduler; EPERM: not root in the initial user namespace.
            Self::Ipvs(
                director_setup::Error::NoIpvs
                | director_setup::Error::Refused {
                    errno: Errno::ENOENT | Errno::EPERM,
                    ..
                },
            ) => BreakageKind::Missing,
            _ => BreakageKind::Bug,
        }
    }
}

/// The kernel that an experiment runs in, for its record.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Name of the engine.
    pub engine: &'a str,
    /// Release of the kernel.
    pub kernel: &'a str,
}

/// Runs an experiment to its end, in a lab of this topology, and returns what all witnesses saw.
pub fn observe(
    host: HostNetwork,
    setting: Setting<'_>,
    experiment: &Experiment,
    topology: &Topology,
    tell: &mut dyn FnMut(Event),
) -> Result<Observation, LabError> {
    let mut stages = Stages {
        tell,
        began: None,
        done: Vec::new(),
    };

    stages.begin(StageName::Lab);
    let mut lab = Lab::build(host, topology)?;
    let (mut farm, listeners) = Farm::prepare(host, &lab.real_servers, experiment)?;
    let mut director = Director::set_up(host, &lab.director, experiment)?;

    stages.begin(StageName::Load);
    let beside = if has_one_cpu() {
        Some(listeners)
    } else {
        farm.serve(listeners)?;
        None
    };
    let load = Load::start(host, &lab.client, experiment, beside)?;
    let loaded = watch(load, &mut director, stages.tell)?;

    stages.begin(StageName::Settle);
    let counters = director.settle(loaded.observation.connections_attempted)?;
    let proofs = proof::gather(experiment, topology, &mut lab, &mut director)?;
    let servers = witnesses(experiment, &loaded, &farm, &mut director)?;

    let connection_table = connection_table(host, &lab, experiment)?;
    let trace = director.into_trace()?;
    Ok(Observation {
        experiment: experiment.name.clone(),
        engine: setting.engine.to_owned(),
        kernel: setting.kernel.to_owned(),
        service: VirtualService {
            vip: experiment.service.vip.into(),
            scheduler: experiment.service.scheduler.clone(),
            flags: experiment.service.flags,
            persistence: experiment.service.persistence.clone(),
            forwarding: experiment.service.forwarding,
        },
        servers,
        counters,
        load: loaded.observation,
        trace,
        connection_table,
        proofs,
        stages: stages.finish(),
        tolerance: experiment.expect.tolerance,
    })
}

/// What IPVS remembers, where no reply passes the tap to name its real server.
fn connection_table(
    host: HostNetwork,
    lab: &Lab,
    experiment: &Experiment,
) -> Result<Vec<RememberedConnection>, LabError> {
    let Service {
        vip, forwarding, ..
    } = experiment.service;
    if forwarding == Forwarding::Nat || experiment.load.requests > LONGEST_TABLE {
        return Ok(Vec::new());
    }
    lab.director.namespace.run(host, |inside| {
        connection_table::read(inside, vip).map_err(LabError::ConnectionTable)
    })
}

/// With one CPU client and real servers share a thread: switching between two costs a user-mode
/// guest more than a quarter of its connections per second (`docs/benchmarks.md`).
fn has_one_cpu() -> bool {
    thread::available_parallelism().is_ok_and(|cpus| cpus.get() == 1)
}

/// Waits for the end of the load, reading the director's tap meanwhile.
fn watch(
    load: Load,
    director: &mut Director,
    tell: &mut dyn FnMut(Event),
) -> Result<LoadResult, LabError> {
    let mut told = 0;
    while !load.is_finished() {
        thread::sleep(GLANCE);
        director.drain_tap()?;
        let progress = load.progress();
        if progress.done != told {
            told = progress.done;
            tell(Event::Loading {
                done: progress.done,
                planned: progress.planned,
            });
        }
    }
    director.drain_tap()?;
    Ok(load.join()?)
}

/// What client, real servers and kernel counted, for each real server.
fn witnesses(
    experiment: &Experiment,
    loaded: &LoadResult,
    farm: &Farm,
    director: &mut Director,
) -> Result<Vec<ServerObservation>, LabError> {
    let counted = director.count()?;
    let observe = |(index, server): (usize, &Server)| {
        let client = loaded
            .by_server
            .get(&server.name)
            .cloned()
            .unwrap_or_default();
        let own = farm.counters(index);
        let kernel = counted.get(&server.address).copied().unwrap_or_default();
        ServerObservation {
            name: server.name.clone(),
            address: server.address.into(),
            weight: server.weight,
            thresholds: server.thresholds,
            client_requests: client.requests,
            client_connections: client.connections,
            server_requests: own.responses.total(),
            server_connections: own.connections,
            kernel_connections: kernel.connections,
            kernel_packets_in: kernel.packets_in,
            kernel_packets_out: kernel.packets_out,
        }
    };
    Ok(experiment.servers.iter().enumerate().map(observe).collect())
}

/// Tells of stages and times them.
struct Stages<'a> {
    tell: &'a mut dyn FnMut(Event),
    began: Option<(StageName, Instant)>,
    done: Vec<Stage>,
}

impl Stages<'_> {
    fn begin(&mut self, stage: StageName) {
        self.end();
        (self.tell)(Event::StageBegan(stage));
        self.began = Some((stage, Instant::now()));
    }

    fn end(&mut self) {
        if let Some((stage, began)) = self.began.take() {
            self.done.push(Stage {
                name: stage.name().to_owned(),
                took: began.elapsed(),
            });
        }
    }

    fn finish(mut self) -> Vec<Stage> {
        self.end();
        self.done
    }
}
