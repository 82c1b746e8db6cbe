//! The client: drives the load generator from the client's namespace.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use analysis::observation::{ErrorTally, LatencySummary, LoadObservation, StoppedEarly};
use backend::SERVER_HEADER;
use hyper::header::HeaderName;
use hyper::http::uri::{Authority, InvalidUri, PathAndQuery};
use loadgen::{ErrorClass, Plan, Progress, Report, Script, SourcePool, StopReason, Tally, Target};
use tokio::runtime;
use tokio::task::JoinHandle;

use super::farm::Listeners;
use crate::experiment::{self, ConnectionMode, Experiment};
use crate::namespace::{Host, HostNetwork, Namespace, NamespaceError};
use crate::topology::{SOURCE_PORTS, client_addresses};

/// The load could not be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The client's namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// A target that HTTP cannot name.
    #[error("the request has no valid target")]
    Target(#[from] InvalidUri),
    /// The thread or its runtime.
    #[error("cannot start the load generator")]
    Start(#[source] io::Error),
    /// A bug.
    #[error("the load generator panicked")]
    Panicked,
}

/// A running load.
pub struct Load {
    offered: experiment::Load,
    progress: Arc<Progress>,
    thread: thread::JoinHandle<Result<Report, LoadError>>,
}

/// How far a load has come, in requests.
pub struct LoadProgress {
    /// Answered or failed.
    pub done: u64,
    /// In all.
    pub planned: u64,
}

/// What came of a load.
pub struct LoadResult {
    /// For the judgement.
    pub observation: LoadObservation,
    /// Requests and connections by the server that answered.
    pub by_server: BTreeMap<String, Tally>,
}

impl Load {
    /// Starts the load on a thread in the client's namespace; `beside` is served on the same one.
    pub fn start(
        host: HostNetwork,
        client: &Host,
        experiment: &Experiment,
        beside: Option<Listeners>,
    ) -> Result<Self, LoadError> {
        let plan = plan(experiment)?;
        let namespace = client.namespace.try_clone()?;
        let progress = Arc::new(Progress::new());
        let thread = thread::Builder::new()
            .name("client".to_owned())
            .spawn({
                let progress = Arc::clone(&progress);
                move || drive(host, &namespace, &plan, &progress, beside)
            })
            .map_err(LoadError::Start)?;
        Ok(Self {
            offered: experiment.load.clone(),
            progress,
            thread,
        })
    }

    /// Whether all requests are done, or the load has failed.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// How far it has come.
    pub fn progress(&self) -> LoadProgress {
        let done = self.progress.completed() + self.progress.failed();
        LoadProgress {
            done,
            planned: self.offered.requests,
        }
    }

    /// Waits for the end.
    pub fn join(self) -> Result<LoadResult, LoadError> {
        let report = self.thread.join().map_err(|_| LoadError::Panicked)??;
        let observation = observation(&self.offered, &report);
        Ok(LoadResult {
            observation,
            by_server: report.by_header,
        })
    }
}

fn plan(experiment: &Experiment) -> Result<Plan, LoadError> {
    let vip = experiment.service.vip;
    let load = &experiment.load;
    let target = Target {
        addresses: vec![SocketAddr::V4(vip)],
        authority: Authority::try_from(vip.to_string())?,
    };
    let path = PathAndQuery::try_from(load.path.as_str())?;
    Ok(Plan {
        requests: load.requests,
        concurrency: load.concurrency,
        time_limit: Some(load.time_limit),
        timeout: load.timeout,
        connections: match load.connections {
            ConnectionMode::PerRequest => loadgen::ConnectionMode::PerRequest,
            ConnectionMode::KeepAlive => loadgen::ConnectionMode::KeepAlive,
        },
        by_header: Some(HeaderName::from_static(SERVER_HEADER)),
        source: Some(SourcePool {
            addresses: client_addresses(experiment)
                .into_iter()
                .map(IpAddr::V4)
                .collect(),
            ports: Some(SOURCE_PORTS),
        }),
        give_up_after: Some(load.give_up_after),
        ..Plan::new(target, Script::get(path))
    })
}

/// Moves this thread to the client's namespace, where all its sockets then are.
fn drive(
    host: HostNetwork,
    namespace: &Namespace,
    plan: &Plan,
    progress: &Progress,
    beside: Option<Listeners>,
) -> Result<Report, LoadError> {
    let _inside = namespace.enter(host)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LoadError::Start)?;
    Ok(runtime.block_on(async {
        let serving = beside.map(|listeners| tokio::spawn(listeners.serve()));
        let report = loadgen::run(plan, progress, std::future::pending()).await;
        serving.inspect(JoinHandle::abort);
        report
    }))
}

fn observation(load: &experiment::Load, report: &Report) -> LoadObservation {
    LoadObservation {
        requests_planned: load.requests,
        requests_completed: report.completed,
        requests_failed: report.failed,
        requests_unfinished: report.unfinished,
        connections_attempted: report.connections_attempted,
        concurrency: load.concurrency,
        keep_alive: load.connections == ConnectionMode::KeepAlive,
        elapsed: report.elapsed,
        latency: latency(report),
        errors: report.errors.iter().map(tally).collect(),
        stopped_early: report.stopped_early.map(|reason| match reason {
            StopReason::TimeLimit => StoppedEarly::TimeLimit(load.time_limit),
            StopReason::GaveUp => StoppedEarly::GaveUp {
                failed: report.failed,
            },
            StopReason::Interrupted => StoppedEarly::Interrupted,
        }),
    }
}

fn tally((class, count): (&ErrorClass, &u64)) -> ErrorTally {
    ErrorTally {
        code: class.code().to_owned(),
        words: class.to_string(),
        count: *count,
    }
}

/// Percentiles of the completed requests, if there are any.
fn latency(report: &Report) -> Option<LatencySummary> {
    let micros = |nanos: u64| {
        Duration::from_nanos(nanos)
            .as_micros()
            .try_into()
            .unwrap_or(u64::MAX)
    };
    let at = |quantile| micros(report.latency.histogram().value_at_quantile(quantile));
    (!report.latency.is_empty()).then(|| LatencySummary {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p99_9: at(0.999),
        max: micros(report.latency.histogram().max()),
    })
}
