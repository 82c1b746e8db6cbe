//! Makes the record of a judged run.

use director_setup::{Netmask, Persistence};

use super::{
    AdviceNote, EarlyEnd, FORMAT, LatencyRecord, LoadRecord, Note, PersistenceRecord, Protocol,
    Reason, Record, ServerRecord, ServiceRecord, StageRecord,
};
use crate::advice::Advice;
use crate::figures::milliseconds;
use crate::judge::{Expectation, Explanation, Finding, Judgement};
use crate::observation::{
    LatencySummary, LoadObservation, Observation, Stage, StoppedEarly, VirtualService,
};
use crate::{Interval, Share, Verdict};

impl Record {
    pub(crate) fn assemble(observation: &Observation, judgement: Judgement) -> Self {
        let Judgement {
            expectation,
            findings,
            explanations,
            advice,
        } = judgement;
        let expectation = expectation.as_ref();
        let servers = servers(observation, expectation);
        let errors = share_errors(&servers);
        Self {
            format: FORMAT,
            experiment: observation.experiment.clone(),
            engine: observation.engine.clone(),
            kernel: observation.kernel.clone(),
            verdict: worst(&findings),
            service: service(&observation.service),
            load: load(&observation.load),
            servers,
            reasons: findings.into_iter().map(Reason::from).collect(),
            explanations: explanations.into_iter().map(Note::from).collect(),
            advice: advice.into_iter().map(AdviceNote::from).collect(),
            tolerance: Share::clamped(observation.tolerance),
            largest_share_error: errors
                .as_ref()
                .map(|errors| Share::clamped(errors.iter().copied().fold(0.0, f64::max))),
            total_variation: errors
                .as_ref()
                .map(|errors| Share::clamped(errors.iter().sum::<f64>() / 2.0)),
            pick_agreement: expectation.and_then(|expectation| expectation.pick_agreement),
            interval: expectation.map(|one| one.yardstick.interval_kind()),
            keys: expectation.and_then(|expectation| expectation.keys.clone()),
            counters: observation.counters,
            proofs: observation.proofs.clone(),
            stages: observation.stages.iter().map(StageRecord::from).collect(),
        }
    }
}

fn service(service: &VirtualService) -> ServiceRecord {
    ServiceRecord {
        vip: service.vip,
        protocol: Protocol::Tcp,
        scheduler: service.scheduler.clone(),
        forwarding: service.forwarding,
        flags: service.flags.names(&service.scheduler),
        persistent: service.persistence.as_ref().map(PersistenceRecord::from),
    }
}

impl From<&Persistence> for PersistenceRecord {
    fn from(persistence: &Persistence) -> Self {
        Self {
            timeout_seconds: persistence.timeout_seconds,
            netmask: match persistence.netmask {
                Netmask::Ipv4(mask) => mask.to_string(),
                Netmask::Ipv6(length) => length.to_string(),
            },
        }
    }
}

fn worst(findings: &[Finding]) -> Verdict {
    let verdicts = findings.iter().map(Finding::verdict);
    verdicts.max().unwrap_or(Verdict::Pass)
}

fn servers(observation: &Observation, expectation: Option<&Expectation>) -> Vec<ServerRecord> {
    let connections = observation.client_connections();
    let numbered = observation.servers.iter().enumerate();
    let with_configured = numbered.zip(observation.configured_shares());
    with_configured
        .map(|((index, server), configured_share)| ServerRecord {
            name: server.name.clone(),
            address: server.address,
            weight: server.weight,
            upper_threshold: server.thresholds.upper,
            lower_threshold: server.thresholds.lower,
            configured_share,
            expected_share: expectation.and_then(|one| one.shares[index]),
            observed_share: Share::of(server.client_connections, connections),
            observed_interval: Interval::wilson(server.client_connections, connections),
            expected_interval: expectation.and_then(|one| one.yardstick.expected_interval(index)),
            expected_connections: expectation.map(|expectation| expectation.picks[index]),
            client_requests: server.client_requests,
            client_connections: server.client_connections,
            server_requests: server.server_requests,
            server_connections: server.server_connections,
            kernel_connections: server.kernel_connections,
            kernel_packets_in: server.kernel_packets_in,
            kernel_packets_out: server.kernel_packets_out,
        })
        .collect()
}

/// The size of every share's error; `None` if one of them has no share.
fn share_errors(servers: &[ServerRecord]) -> Option<Vec<f64>> {
    let errors = servers.iter().map(|server| {
        let (observed, expected) = (server.observed_share?, server.expected_share?);
        Some(observed.minus(expected).abs())
    });
    errors.collect()
}

fn load(load: &LoadObservation) -> LoadRecord {
    LoadRecord {
        requests: load.requests_planned,
        completed: load.requests_completed,
        failed: load.requests_failed,
        unfinished: load.requests_unfinished,
        errors: load.errors.clone(),
        stopped_early: load.stopped_early.map(EarlyEnd::from),
        connections_attempted: load.connections_attempted,
        concurrency: load.concurrency,
        keep_alive: load.keep_alive,
        elapsed_ms: milliseconds(load.elapsed),
        requests_per_second: requests_per_second(load),
        latency_us: load.latency.map(LatencyRecord::from),
    }
}

/// With one decimal; `None` if no time passed.
fn requests_per_second(load: &LoadObservation) -> Option<f64> {
    let seconds = load.elapsed.as_secs_f64();
    (seconds > 0.0).then(|| (load.requests_completed as f64 / seconds * 10.0).round() / 10.0)
}

impl From<StoppedEarly> for EarlyEnd {
    fn from(reason: StoppedEarly) -> Self {
        Self {
            words: reason.to_string(),
            reason,
        }
    }
}

impl From<LatencySummary> for LatencyRecord {
    fn from(latency: LatencySummary) -> Self {
        Self {
            p50: latency.p50,
            p90: latency.p90,
            p99: latency.p99,
            p99_9: latency.p99_9,
            max: latency.max,
        }
    }
}

impl From<Finding> for Reason {
    fn from(finding: Finding) -> Self {
        Self {
            verdict: finding.verdict(),
            sentence: finding.to_string(),
            advice: finding.advice(),
            finding,
        }
    }
}

impl From<Explanation> for Note {
    fn from(explanation: Explanation) -> Self {
        Self {
            sentence: explanation.to_string(),
            explanation,
        }
    }
}

impl From<Advice> for AdviceNote {
    fn from(advice: Advice) -> Self {
        Self {
            sentence: advice.to_string(),
            remedy: advice.remedy(),
            advice,
        }
    }
}

impl From<&Stage> for StageRecord {
    fn from(stage: &Stage) -> Self {
        Self {
            name: stage.name.clone(),
            ms: milliseconds(stage.took),
        }
    }
}
