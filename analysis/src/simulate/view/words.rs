//! The words about an outcome.

use crate::Share;
use crate::figures::{bound_points, count, counted, points, rate};
use crate::simulate::{Discipline, Outcome, PlanSummary, Spread, TableOutcome};

/// Names that are written out; more are counted.
const MOST_NAMES: usize = 10;
/// A difference below this, a thousandth of a point, is rounding.
const NOTHING: f64 = 1e-5;

/// What was simulated, in a few words.
pub(super) fn subject(plan: &PlanSummary) -> String {
    format!(
        "{} over {}, {}",
        plan.scheduler,
        plan.forwarding.to_uppercase(),
        counted(plan.servers, "real server")
    )
}

/// The outcome in one sentence.
pub(super) fn headline(outcome: &Outcome) -> String {
    let Some((server, difference)) = outcome.furthest() else {
        return "No real server has a weight when connections come.".to_owned();
    };
    let elsewhere = outcome.part_elsewhere();
    let tolerance = outcome.tolerance.get();
    if let Some(idle) = idle(outcome) {
        idle
    } else if elsewhere < NOTHING && outcome.is_exact() {
        "Every real server gets exactly its share by weight.".to_owned()
    } else if difference.abs() > tolerance {
        let exactly = if server.exact { "exactly " } else { "" };
        let direction = if difference > 0.0 { "more" } else { "less" };
        let points = points(difference);
        let name = &server.name;
        format!("{name} gets {exactly}{points} points {direction} than its share by weight.")
    } else if elsewhere > tolerance {
        let part = points(elsewhere);
        format!("{part} % of the connections go elsewhere than by weight.")
    } else {
        let most = bound_points(difference.abs());
        format!("Every real server gets its share by weight to within {most} points.")
    }
}

/// About servers that get nothing in spite of their weights.
fn idle(outcome: &Outcome) -> Option<String> {
    let owed = |share: Option<Share>| share.is_some_and(|share| share > Share::ZERO);
    let servers = outcome.servers.iter();
    let idle = servers.filter(|one| one.range.high == Share::ZERO && owed(one.configured_share));
    let idle: Vec<_> = idle.map(|one| one.name.as_str()).collect();
    match idle[..] {
        [] => None,
        [name] => Some(format!("{name} gets nothing in spite of its weight.")),
        [name, ..] => Some(format!(
            "{} real servers get nothing in spite of their weights, {name} for one.",
            count(idle.len() as u64)
        )),
    }
}

/// What else a person wants to know, as pairs of label and text.
pub(super) fn facts(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let facts = [
        ("Load", Some(load(outcome))),
        ("Service", Some(service(&outcome.plan))),
        ("Refused", refused(outcome)),
        ("Effect", effect(outcome)),
        ("Settles", Some(settles(outcome))),
        ("Runs", Some(runs(outcome))),
        ("Kernel", Some(format!("Linux {}", outcome.plan.kernel))),
    ];
    let known = facts.into_iter();
    let table = outcome.table.iter().flat_map(table);
    known
        .filter_map(|(label, fact)| fact.map(|fact| (label, fact)))
        .chain(table)
        .collect()
}

fn load(outcome: &Outcome) -> String {
    let plan = &outcome.plan;
    let arrivals = match (plan.concurrency, plan.rate) {
        (Some(concurrency), _) => format!("{} at a time", count(concurrency.into())),
        (None, Some(per_second)) if plan.poisson => {
            format!("{} a second on average", rate(per_second))
        }
        (None, per_second) => format!("{} a second", rate(per_second.unwrap_or_default())),
    };
    format!(
        "{}, {arrivals}, from {} to {}, in {}",
        counted(plan.connections, "connection"),
        counted(plan.clients.into(), "client"),
        counted(plan.destinations.into(), "address").replace("addresss", "addresses"),
        seconds(outcome.seconds)
    )
}

fn service(plan: &PlanSummary) -> String {
    let discipline = match plan.discipline {
        Discipline::Independent => "each connection for itself",
        Discipline::OneAtATime => "one at a time at each server",
        Discipline::SharedCpu => "one at a time in all",
        Discipline::SharedCpuInTurns => "one at a time in all, servers in turns",
    };
    let ending = match plan.ending {
        "server" => "the server closes",
        "fin" => "the client closes",
        "rst" => "the client resets",
        "one-packet" => "single datagrams",
        _ => "UDP",
    };
    format!("{}, {discipline}; {ending}", plan.service_time)
}

fn refused(outcome: &Outcome) -> Option<String> {
    let connections = outcome.plan.connections as f64;
    (outcome.refused.most > 0.0).then(|| {
        format!(
            "{} of {} ({} %)",
            whole(outcome.refused),
            counted(outcome.plan.connections, "connection"),
            points(outcome.refused.mean / connections)
        )
    })
}

fn effect(outcome: &Outcome) -> Option<String> {
    let (largest, variation) = (outcome.largest_deviation?, outcome.total_variation?);
    Some(format!(
        "largest difference from the weights {} points, {} % of the connections elsewhere",
        spread(largest, points),
        spread(variation, points)
    ))
}

fn settles(outcome: &Outcome) -> String {
    format!(
        "within {} points of the final shares from connection {} on, after {}",
        points(outcome.tolerance.get()),
        whole(outcome.settled_after),
        seconds(outcome.settled_seconds)
    )
}

fn runs(outcome: &Outcome) -> String {
    if !outcome.depends_on_chance {
        return "one is enough: no part of this plan is left to chance".to_owned();
    }
    let seeds = counted(u64::from(outcome.runs), "seed");
    match outcome.coverage {
        Some(coverage) => format!(
            "{seeds} from {} on; one more run lies within each interval with probability {coverage}",
            outcome.plan.seed
        ),
        None => format!(
            "{seeds}, {}: more would give intervals (--seeds)",
            outcome.plan.seed
        ),
    }
}

fn table(table: &TableOutcome) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Table", evenness(table))];
    if !table.starved.is_empty() {
        facts.push(("Starved", starved(table)));
    }
    if table.of_weight_0 > 0 {
        let fate = if table.falls_back {
            "hashed again"
        } else {
            "refused"
        };
        let entries = count(table.of_weight_0);
        facts.push((
            "Weight 0",
            format!("{entries} entries, their clients are {fate}"),
        ));
    }
    facts.extend(leaving(table).map(|text| ("Leaving", text)));
    facts
}

fn evenness(table: &TableOutcome) -> String {
    let entries = count(table.entries);
    match table.unevenness {
        Some(factor) => format!(
            "{entries} entries; for its weight one server has up to {factor:.2} times as many as another"
        ),
        None => format!("{entries} entries, none of a server with a weight"),
    }
}

fn starved(table: &TableOutcome) -> String {
    let shown = table.starved.iter().take(MOST_NAMES).cloned();
    let names = shown.collect::<Vec<_>>().join(", ");
    match table.starved.len().saturating_sub(MOST_NAMES) {
        0 => format!("{names}: no entry in spite of the weight"),
        more => format!(
            "{names} and {} more: no entry in spite of the weight",
            count(more as u64)
        ),
    }
}

fn leaving(table: &TableOutcome) -> Option<String> {
    let worst = table.leaving.iter().reduce(|worst, one| {
        if one.disturbed > worst.disturbed {
            one
        } else {
            worst
        }
    })?;
    let disturbed: f64 = table.leaving.iter().map(|one| one.disturbed.get()).sum();
    let mean = disturbed / table.leaving.len() as f64;
    let refused = match worst.refused.get() {
        0.0 => String::new(),
        refused => format!(", {} % are refused", points(refused)),
    };
    let others = match (table.leaving.len(), table.sampled) {
        (1, _) => String::new(),
        (tried, true) => format!("; {} % on average of {tried} servers tried", points(mean)),
        (_, false) => format!("; {} % on average of all servers", points(mean)),
    };
    Some(format!(
        "without {}, {} % of the keys have to move and {} % more do{refused}{others}",
        worst.server,
        points(worst.unavoidable.get()),
        points(worst.disturbed.get())
    ))
}

fn whole(numbers: Spread) -> String {
    spread(numbers, |number| {
        let whole = format!("{number:.0}");
        whole.parse().map_or(whole, count)
    })
}

fn seconds(numbers: Spread) -> String {
    format!("{} s", spread(numbers, |number| format!("{number:.3}")))
}

/// The mean, with the range where runs differ.
fn spread(numbers: Spread, write: impl Fn(f64) -> String) -> String {
    let (mean, least, most) = (
        write(numbers.mean),
        write(numbers.least),
        write(numbers.most),
    );
    if least == most {
        mean
    } else {
        format!("{mean} ({least} to {most})")
    }
}
