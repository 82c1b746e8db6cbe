//! The words that several views share.

use crate::figures::{bound_points, count, counted, latency, points, rate, signed_points, took};
use crate::judge::IntervalKind;
use crate::record::{AdviceNote, LoadRecord, Record, ServerRecord};
use crate::{Share, Verdict};

/// What stands where a number is unknown.
const UNKNOWN: &str = "–";
/// More reasons than this are counted, not shown.
const MOST_REASONS: usize = 6;

/// The head of the table of real servers: one word for each field of [`Row`].
pub(super) const COLUMNS: [&str; 10] = [
    "real server",
    "address",
    "weight",
    "configured",
    "expected",
    "observed",
    "difference",
    "by client",
    "by server",
    "by IPVS",
];

/// What the columns mean.
pub(super) const LEGEND: &str = "Shares are of connections, differences in percentage points; \
     the last three columns are connections by who counted them.";

/// One real server as a line of the table.
pub(super) struct Row {
    pub(super) cells: [String; COLUMNS.len()],
    /// Whether some finding names this server.
    pub(super) suspect: bool,
}

impl Row {
    /// The cells that are words; the others are numbers, to be aligned to the right.
    pub(super) const WORDS: usize = 2;

    fn of(server: &ServerRecord, record: &Record) -> Self {
        let share = |share: Option<Share>| share.map_or_else(unknown, |share| share.to_string());
        Self {
            cells: [
                server.name.clone(),
                server.address.to_string(),
                server.weight.to_string(),
                share(server.configured_share),
                share(server.expected_share),
                share(server.observed_share),
                difference(server).map_or_else(unknown, signed_points),
                count(server.client_connections),
                count(server.server_connections),
                count(server.kernel_connections),
            ],
            suspect: is_suspect(server, record),
        }
    }
}

pub(super) fn rows(record: &Record) -> Vec<Row> {
    let servers = record.servers.iter();
    servers.map(|server| Row::of(server, record)).collect()
}

pub(super) fn is_suspect(server: &ServerRecord, record: &Record) -> bool {
    let mut named = record.reasons.iter().filter_map(|one| one.finding.server());
    named.any(|name| name == server.name)
}

/// Observed less expected.
fn difference(server: &ServerRecord) -> Option<f64> {
    Some(server.observed_share?.minus(server.expected_share?))
}

pub(super) fn unknown() -> String {
    UNKNOWN.to_owned()
}

/// A sign that says the verdict without colour.
pub(super) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Inconclusive => "?",
        Verdict::Fail => "✗",
    }
}

/// What was tested, in a few words: `wlc over NAT, 2 real servers`.
pub(super) fn subject(record: &Record) -> String {
    format!(
        "{} over {}, {}",
        record.service.scheduler,
        record.service.forwarding.to_string().to_uppercase(),
        counted(record.servers.len() as u64, "real server")
    )
}

/// The verdict in one sentence.
pub(super) fn headline(record: &Record) -> String {
    match (record.reasons.first(), record.largest_share_error) {
        (Some(reason), _) => reason.sentence.clone(),
        (None, Some(error)) if error == Share::ZERO => {
            "Every real server got exactly the share expected of it.".to_owned()
        }
        (None, Some(error)) => format!(
            "Every real server got the share expected of it to within {} points; {} are tolerated.",
            bound_points(error.get()),
            points(record.tolerance.get())
        ),
        (None, None) => "Every expectation held.".to_owned(),
    }
}

/// A reason as a person reads it.
pub(super) struct ReadReason<'a> {
    pub(super) sentence: String,
    /// What to do; absent where the next reason has the same advice.
    pub(super) advice: Option<&'a str>,
}

/// The first reasons, and how many more there are: a hundred servers can fail alike.
pub(super) fn reasons(record: &Record) -> Vec<ReadReason<'_>> {
    let shown = &record.reasons[..record.reasons.len().min(MOST_REASONS)];
    let mut read: Vec<_> = (1..)
        .zip(shown)
        .map(|(next, reason)| ReadReason {
            sentence: reason.sentence.clone(),
            advice: shown
                .get(next)
                .is_none_or(|next| next.advice != reason.advice)
                .then_some(reason.advice.as_str()),
        })
        .collect();
    let more = record.reasons.len() - shown.len();
    if more > 0 {
        read.push(ReadReason {
            sentence: format!("{} in the record.", counted(more as u64, "more reason")),
            advice: None,
        });
    }
    read
}

/// Advice with its remedy, as a person reads it.
pub(super) fn advised(note: &AdviceNote) -> String {
    match &note.remedy {
        Some(remedy) => format!("{} {remedy}", note.sentence),
        None => note.sentence.clone(),
    }
}

/// What else a person wants to know of a run, as pairs of label and text.
pub(super) fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let facts = [
        ("Load", Some(load(record))),
        ("Latency", Some(latencies(record))),
        ("Errors", errors(record)),
        ("Effect", effect(record)),
        ("Picks", picks(record)),
        ("Keys", keys(record)),
        ("Stages", stages(record)),
        (
            "Kernel",
            Some(format!("Linux {}, engine {}", record.kernel, record.engine)),
        ),
    ];
    let known = facts.into_iter();
    known
        .filter_map(|(label, fact)| fact.map(|fact| (label, fact)))
        .collect()
}

fn load(record: &Record) -> String {
    let load = &record.load;
    let per_second = load.requests_per_second.map_or_else(unknown, rate);
    let keep_alive = if load.keep_alive { ", keep-alive" } else { "" };
    let unfinished = match load.unfinished {
        0 => String::new(),
        under_way => format!(", {} unfinished", count(under_way)),
    };
    format!(
        "{}, {} attempted, {} at a time{keep_alive}: {} answered, {} failed{unfinished}, \
         {per_second} per second for {}",
        requests(load),
        counted(load.connections_attempted, "connection"),
        count(u64::from(load.concurrency)),
        count(load.completed),
        count(load.failed),
        took(load.elapsed_ms)
    )
}

/// What was sent, beside the plan where that was more.
fn requests(load: &LoadRecord) -> String {
    let planned = counted(load.requests, "request");
    match load.started() {
        started if started < load.requests => format!("{} of {planned}", count(started)),
        _ => planned,
    }
}

fn latencies(record: &Record) -> String {
    let Some(us) = &record.load.latency_us else {
        return unknown();
    };
    let percentiles = [
        ("p50", us.p50),
        ("p90", us.p90),
        ("p99", us.p99),
        ("p99.9", us.p99_9),
        ("max", us.max),
    ];
    let written = percentiles.map(|(name, value)| format!("{name} {}", latency(value)));
    written.join(", ")
}

fn errors(record: &Record) -> Option<String> {
    let classes: Vec<_> = record.load.errors.iter().map(ToString::to_string).collect();
    (!classes.is_empty()).then(|| classes.join(", "))
}

fn effect(record: &Record) -> Option<String> {
    let (largest, total) = (record.largest_share_error?, record.total_variation?);
    Some(format!(
        "largest difference {} points, {total} of the connections elsewhere than expected{}",
        points(largest.get()),
        record.interval.map_or("", allowance)
    ))
}

/// What a difference was held against.
const fn allowance(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Exact => "; exact counts decide",
        IntervalKind::Wilson => "; 95 % Wilson intervals decide",
        IntervalKind::Seeds => "; the spread over seeds decides",
        IntervalKind::Keys => "; the number of keys decides",
    }
}

fn keys(record: &Record) -> Option<String> {
    let keys = record.keys.as_ref()?;
    let effect = keys.effect?;
    Some(format!(
        "{} different by {}, {} of them elsewhere than the table says; {effect} off the table's \
         shares",
        count(keys.distinct),
        keys.key,
        count(keys.elsewhere)
    ))
}

fn picks(record: &Record) -> Option<String> {
    let picks = record.pick_agreement?;
    Some(format!(
        "{} of {} single decisions are the model's",
        count(picks.agreed),
        count(picks.compared)
    ))
}

fn stages(record: &Record) -> Option<String> {
    let stages = record.stages.iter();
    let stages: Vec<_> = stages
        .map(|stage| format!("{} {}", stage.name, took(stage.ms)))
        .collect();
    (!stages.is_empty()).then(|| stages.join(", "))
}
