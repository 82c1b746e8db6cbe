//! From the engine's report to ab's figures and to what exports and assertions take.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use loadgen::ab::files::Sample;
use loadgen::ab::{self, Failures, Figures, Options, Pacing, Row, Times};
use loadgen::{ErrorClass, IntervalLatency, Latency, Plan, Report, Results, Server, Tally, Timing};

/// ab's figures. A response of another status, length or content than expected is complete.
pub(crate) fn figures(options: &Options, plan: &Plan, report: &Report) -> Figures {
    let first = report.first.clone().unwrap_or_default();
    let server = first.server.unwrap_or_default();
    let complete = [
        ErrorClass::BadStatus,
        ErrorClass::WrongLength,
        ErrorClass::WrongBody,
    ];
    let wrong = complete
        .map(|class| count(report, class))
        .iter()
        .sum::<u64>();
    let bodies = plan.script.steps().iter().any(|step| !step.body.is_empty());
    Figures {
        server_software: Figures::software(server.as_bytes()),
        hostname: options.target.host.clone(),
        port: options.target.port,
        tls: first.tls.map(|tls| ab::Tls {
            protocol: tls.to_string(),
            temporary_key: tls.temporary_key,
            server_name: name(options),
        }),
        path: options.target.path.clone(),
        document_length: first.body_bytes,
        concurrency: options.concurrency,
        elapsed: report.elapsed,
        complete: report.completed + wrong,
        failures: failures(report),
        write_errors: count(report, ErrorClass::SendTimedOut),
        non_2xx: report.non_2xx,
        keep_alive: options.keep_alive().then_some(report.kept_alive),
        received: report.bytes_in,
        sent: (options.body.is_some() || bodies).then_some(report.bytes_out),
        body_received: report.body_bytes,
        times: (!report.latency.is_empty()).then(|| times(report)),
    }
}

/// The name in the handshake; addresses are not sent.
fn name(options: &Options) -> Option<String> {
    if options.tls.omit_server_name {
        return None;
    }
    let name = options.tls.server_name.as_ref();
    let name = name.unwrap_or(&options.target.host);
    let address = name.parse::<std::net::IpAddr>().is_ok();
    (!address).then(|| name.clone())
}

fn count(report: &Report, class: ErrorClass) -> u64 {
    report.errors.get(&class).copied().unwrap_or_default()
}

fn failures(report: &Report) -> Failures {
    use ErrorClass as E;
    let mut failures = Failures::default();
    for (class, count) in &report.errors {
        let kind = match class {
            E::ConnectRefused
            | E::ConnectReset
            | E::ConnectTimedOut
            | E::Unreachable
            | E::AddressNotAvailable
            | E::TooManyFiles => &mut failures.connect,
            E::SendReset
            | E::ResponseTimedOut
            | E::ResponseReset
            | E::BodyTimedOut
            | E::BodyReset => &mut failures.receive,
            E::ClosedEarly | E::ShortBody | E::WrongLength => &mut failures.length,
            E::BadResponse
            | E::BadStatus
            | E::WrongBody
            | E::ProxyRefused
            | E::Tls
            | E::Other(_) => &mut failures.exceptions,
            // ab has a line of its own for it.
            E::SendTimedOut => continue,
        };
        *kind += count;
    }
    failures
}

fn times(report: &Report) -> Times {
    let row = |timing: &Timing| Row::of(timing.histogram());
    Times {
        count: report.latency.len(),
        connect: row(&report.connect),
        processing: row(&report.processing),
        waiting: row(&report.wait),
        total: row(&report.latency),
    }
}

/// What exports and assertions take.
pub(crate) fn results(
    options: &Options,
    report: &Report,
    intervals: Vec<IntervalLatency>,
) -> Results {
    Results {
        url: options.target.to_string(),
        started: report.began.unwrap_or(SystemTime::UNIX_EPOCH),
        elapsed: report.elapsed,
        completed: report.completed,
        failed: report.failed,
        unfinished: report.unfinished,
        non_2xx: report.non_2xx,
        connections: report.connections_opened,
        bytes_received: report.bytes_in,
        bytes_sent: report.bytes_out,
        datagrams: None,
        offered_rate: rate(options.pacing),
        errors: errors(&report.errors),
        latencies: latencies(options, report),
        servers: report
            .by_header
            .iter()
            .map(|(name, tally)| (name.clone(), server(tally)))
            .collect(),
        without_header: report.without_header.requests,
        intervals,
    }
}

/// Every class with its count.
pub(crate) fn errors(occurred: &BTreeMap<ErrorClass, u64>) -> BTreeMap<String, u64> {
    let none = |class: ErrorClass| (class.code().to_owned(), 0);
    let mut errors: BTreeMap<_, _> = ErrorClass::ALL.map(none).into();
    for (class, count) in occurred {
        *errors.entry(class.code().to_owned()).or_default() += count;
    }
    errors
}

/// Requests per second of an open loop.
pub(crate) fn rate(pacing: Pacing) -> Option<f64> {
    match pacing {
        Pacing::Closed { .. } => None,
        Pacing::Constant { per_second } | Pacing::Poisson { per_second } => Some(per_second),
    }
}

fn latencies(options: &Options, report: &Report) -> BTreeMap<Latency, Histogram<u64>> {
    let histogram = |timing: &Timing| timing.histogram().clone();
    let mut latencies = BTreeMap::from([
        (Latency::Total, histogram(&report.latency)),
        (Latency::Connect, histogram(&report.connect)),
        (Latency::Processing, histogram(&report.processing)),
        (Latency::Waiting, histogram(&report.wait)),
    ]);
    if rate(options.pacing).is_some() {
        latencies.insert(Latency::Service, histogram(report.service()));
        latencies.insert(Latency::Lag, histogram(&report.lag));
    } else if let Some(expected) = turn(options, report.completed, report.elapsed) {
        latencies.insert(Latency::Corrected, report.latency.corrected(expected));
    }
    latencies
}

/// How long a worker of a closed loop took for a request in the mean, as wrk 4 corrects by.
pub(crate) fn turn(options: &Options, completed: u64, elapsed: Duration) -> Option<Duration> {
    let turns = completed as f64 / f64::from(options.concurrency);
    let seconds = elapsed.as_secs_f64() / turns;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|turn| !turn.is_zero())
}

fn server(tally: &Tally) -> Server {
    let timing = tally.latency.as_deref().cloned();
    Server {
        requests: tally.requests,
        connections: tally.connections,
        failed: tally.failed,
        latency: timing.unwrap_or_default().histogram().clone(),
    }
}

/// What `-g` writes.
pub(crate) fn samples(report: &Report) -> Vec<Sample> {
    let began = report.began.unwrap_or(SystemTime::UNIX_EPOCH);
    let sample = |sample: &loadgen::Sample| Sample {
        start: began + sample.start,
        connect: sample.connect,
        waiting: sample.wait,
        total: sample.total,
    };
    report.samples.iter().map(sample).collect()
}
