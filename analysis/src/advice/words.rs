//! The words of advice.

use std::fmt;

use super::Advice;
use super::kinds::Key;
use crate::Share;
use crate::figures::{count, counted, points};

/// With more real servers than this a ratio is too long to read.
const READABLE_RATIO: usize = 4;
/// More names than this are counted, not listed.
const READABLE_NAMES: usize = 4;

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NobodyEligible { servers: 0 } => {
                "There is no real server: every connection is refused.".to_owned()
            }
            Self::NobodyEligible { .. } => {
                "Every real server has weight 0: every connection is refused.".to_owned()
            }
            Self::WeightsIgnored { scheduler } => format!(
                "{scheduler} ignores weights: every real server whose weight is not 0 is owed the \
                 same share."
            ),
            Self::OneKey { scheduler, key } => one_key(scheduler, *key),
            Self::FewKeys {
                scheduler,
                key,
                keys,
                needed,
            } => few_keys(scheduler, *key, [*keys, *needed]),
            Self::TableGranularity {
                scheduler,
                weights,
                table,
                configured,
            } => format!(
                "In {scheduler}'s table {}",
                ratios(weights, "", table, configured)
            ),
            Self::Starved {
                servers,
                asked,
                buckets,
            } => starved(servers, [*asked, *buckets]),
            Self::RatioClamped {
                weights,
                turns,
                table,
            } => clamped(weights, turns, table),
            Self::HashedToQuiesced {
                scheduler,
                servers,
                refused,
            } => hashed_to_quiesced(scheduler, servers, *refused),
            Self::LoadDecides {
                scheduler,
                concurrency,
                weights,
                own_time,
                one_at_a_time,
                configured,
            } => {
                let load = format!("{}: with {}", reason(scheduler), at_a_time(*concurrency));
                load_decides(&load, weights, [own_time, one_at_a_time], configured)
            }
            Self::OneServerTakesAll {
                scheduler,
                concurrency,
                server,
            } => format!(
                "{}: with {} {server} gets nearly every one.",
                reason(scheduler),
                at_a_time(*concurrency)
            ),
            Self::Random { scheduler } => format!(
                "{scheduler} draws lots: no two runs are alike, and its expected shares have a \
                 spread."
            ),
            Self::ClientsStay {
                clients,
                timeout_seconds,
            } => clients_stay(*clients, *timeout_seconds),
            Self::ThresholdsFill { room, connections } => thresholds_fill(*room, *connections),
            Self::Quiesced { server } => {
                format!("{server} has weight 0 and gets no new connections.")
            }
            Self::WeightBeyondIpvsadm { server, weight } => beyond_ipvsadm(server, *weight),
            Self::FewConnections {
                connections,
                requests,
            } => few_connections(*connections, *requests),
            Self::IncompleteCycle {
                scheduler,
                connections,
                length,
                ..
            } => incomplete_cycle(scheduler, *connections, *length),
            Self::TooFewConnections {
                connections,
                tolerance,
                ..
            } => too_few(*connections, *tolerance),
        };
        f.write_str(&text)
    }
}

fn one_key(scheduler: &str, key: Key) -> String {
    let whom = match scheduler {
        "lblc" | "lblcr" => "until it is overloaded one real server",
        _ => "one real server",
    };
    format!(
        "{scheduler} decides by the {key}, and there is only one: {whom} gets every connection."
    )
}

fn few_keys(scheduler: &str, key: Key, [keys, needed]: [u64; 2]) -> String {
    format!(
        "{scheduler} decides by the {key}: so few as {} need not come near the shares of its \
         table; {} would.",
        count(keys),
        count(needed)
    )
}

fn starved(servers: &[String], [asked, buckets]: [u64; 2]) -> String {
    format!(
        "The weights ask for {} of sh's {}, dealt out from the real server added last: {} no \
         client at all.",
        counted(asked, "bucket"),
        count(buckets),
        names(servers, ["gets", "get"])
    )
}

fn hashed_to_quiesced(scheduler: &str, servers: &[String], refused: Share) -> String {
    format!(
        "{} weight 0 and a place in {scheduler}'s table: {refused} of it refuses its clients.",
        names(servers, ["has", "have"])
    )
}

fn thresholds_fill(room: u64, connections: u64) -> String {
    format!(
        "The upper thresholds hold {} together, and closed ones count for two minutes: of {} some \
         may be refused.",
        counted(room, "connection"),
        count(connections)
    )
}

fn beyond_ipvsadm(server: &str, weight: u32) -> String {
    format!(
        "{server} has weight {}, which the kernel takes and ipvsadm does not: its limit is 65,535, \
         but for Debian's.",
        count(weight.into())
    )
}

fn few_connections(connections: u64, requests: u64) -> String {
    format!(
        "{} on {}: IPVS schedules connections, so shares are of connections.",
        counted(requests, "request"),
        counted(connections, "connection")
    )
}

fn incomplete_cycle(scheduler: &str, connections: u64, length: u64) -> String {
    format!(
        "{scheduler} shares exactly in cycles of {}, and {} are not whole ones.",
        counted(length, "connection"),
        count(connections)
    )
}

fn too_few(connections: u64, tolerance: Share) -> String {
    format!(
        "{} may not show a difference of {} points, unless every single pick is known.",
        counted(connections, "connection"),
        points(tolerance.get())
    )
}

impl Advice {
    /// What to do if it is not meant so, as a sentence; `None` where there is nothing to do.
    pub fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::NobodyEligible { .. } => "Give a real server a weight above 0.",
            Self::WeightsIgnored { scheduler } => match scheduler.as_str() {
                "rr" => "For shares by weight take wrr.",
                "lc" => "For shares by weight take wlc.",
                _ => "For shares by weight take sh or mh.",
            },
            Self::OneKey { key, .. } => match key {
                Key::ClientAddress => {
                    "Connect from more addresses, or hash ports too (sh-port, mh-port)."
                }
                Key::ClientAddressAndPort => "Open more connections.",
                Key::Destination => "Take sh or mh, or serve more destinations by a firewall mark.",
            },
            Self::FewKeys { key, .. } => match key {
                Key::ClientAddress => {
                    "Connect from more addresses, or hash ports too (sh-port, mh-port)."
                }
                Key::ClientAddressAndPort => "Open more connections.",
                Key::Destination => "Ask for more destinations.",
            },
            Self::TableGranularity { scheduler, .. } => match scheduler.as_str() {
                "sh" => "Choose weights whose sum divides 256, or take mh.",
                _ => "Expect the shares of the table.",
            },
            Self::Starved { .. } => {
                "Divide all weights by one number until their sum is at most 256, or take mh."
            }
            Self::RatioClamped { .. } => "Choose weights of at most 63 to 1, or take wrr or wlc.",
            Self::HashedToQuiesced { scheduler, .. } => match scheduler.as_str() {
                "sh" => "Set the flag sh-fallback, or remove the real server.",
                "mh" => "Set the flag mh-fallback, or remove the real server.",
                _ => "Remove the real server.",
            },
            Self::LoadDecides { .. } => "For exact shares by weight take wrr.",
            Self::OneServerTakesAll { scheduler, .. } => match scheduler.as_str() {
                "fo" => return None,
                _ => "For shares by weight take wrr or wlc.",
            },
            Self::Random { .. } => "For the same shares every time take wrr.",
            Self::ClientsStay { clients, .. } => match clients {
                Some(1) => "Connect from more addresses.",
                _ => return None,
            },
            Self::ThresholdsFill { .. } => "Raise the thresholds, or open fewer connections.",
            Self::WeightBeyondIpvsadm { .. } => "Divide all weights by one number.",
            Self::Quiesced { .. } | Self::FewConnections { .. } => return None,
            Self::IncompleteCycle { needed, length, .. } => {
                return Some(format!(
                    "Plan {} or another multiple of {}.",
                    counted(*needed, "connection"),
                    count(*length)
                ));
            }
            Self::TooFewConnections { needed, .. } => {
                return Some(format!("Plan {} or more.", counted(*needed, "connection")));
            }
        };
        Some(remedy.to_owned())
    }
}

/// Why a scheduler does not share by weight alone, as the beginning of a sentence.
fn reason(scheduler: &str) -> String {
    match scheduler {
        "wlc" => "To wlc an open connection weighs hundreds of closed ones".to_owned(),
        "sed" => "sed counts open connections only".to_owned(),
        "nq" => "nq takes the real server added last that has nothing open".to_owned(),
        "fo" => "fo takes the heaviest real server there is".to_owned(),
        "ovf" => "ovf fills the heaviest real server up to its weight first".to_owned(),
        "lblc" | "lblcr" => format!("{scheduler} keeps a destination with its real servers"),
        _ => format!("{scheduler} decides by what is open"),
    }
}

/// Two forecasts, or one if they are the same to the reader.
fn load_decides(
    load: &str,
    weights: &[u32],
    [own_time, one_at_a_time]: [&[Share]; 2],
    configured: &[Share],
) -> String {
    let [own, queued] = [own_time, one_at_a_time].map(|shares| percentages(shares, 0));
    if own == queued || weights.len() > READABLE_RATIO {
        return format!(
            "{load} {}",
            ratios(weights, "about ", one_at_a_time, configured)
        );
    }
    let weights: Vec<_> = weights.iter().map(u32::to_string).collect();
    format!(
        "{load} the weights {} give about {own} if each takes its own time, about {queued} if each \
         real server answers one after the other.",
        weights.join(":")
    )
}

fn at_a_time(concurrency: u32) -> String {
    let connections = counted(u64::from(concurrency), "connection");
    format!("{connections} at a time")
}

/// `rs1 gets`, `rs1 and rs2 get`, `5 real servers get`.
fn names(names: &[String], [one, many]: [&str; 2]) -> String {
    match names {
        [only] => format!("{only} {one}"),
        [before @ .., last] if names.len() <= READABLE_NAMES => {
            format!("{} and {last} {many}", before.join(", "))
        }
        _ => format!("{} {many}", counted(names.len() as u64, "real server")),
    }
}

fn clients_stay(clients: Option<u64>, timeout: u32) -> String {
    let seconds = counted(timeout.into(), "second");
    let kept = format!("Persistence keeps a client with its real server for {seconds}");
    match clients {
        Some(1) => {
            format!("{kept}, and there is only one client: one real server gets every connection.")
        }
        Some(clients) => format!(
            "{kept}: what is shared are {} clients, not connections.",
            count(clients)
        ),
        None => format!("{kept}: what is shared are clients, not connections."),
    }
}

fn clamped(weights: &[u32], turns: &[u32], table: &[Share]) -> String {
    if weights.len() > READABLE_RATIO {
        return "mh cuts weights to six bits: it counts others than the configured ones."
            .to_owned();
    }
    let [weights, turns] = [weights, turns].map(|numbers| {
        let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
        numbers.join(":")
    });
    format!(
        "mh cuts weights to six bits: it counts {weights} as {turns}, which gives {}.",
        percentages(table, 0)
    )
}

/// `the weights 4:1 give 75:25, not 80:20.` Half a point may vanish in whole percentages; then
/// they have a decimal. `how` stands before the first ratio: nothing, or `about `.
pub(crate) fn ratios(
    weights: &[u32],
    how: &str,
    expected: &[Share],
    configured: &[Share],
) -> String {
    if weights.len() > READABLE_RATIO {
        let pairs = expected.iter().zip(configured);
        let distances = pairs.map(|(expected, configured)| expected.minus(*configured).abs());
        let largest = distances.fold(0.0, f64::max);
        return format!(
            "shares lie up to {:.1} points from the weights.",
            largest * 100.0
        );
    }
    let weights: Vec<_> = weights.iter().map(u32::to_string).collect();
    let whole = [expected, configured].map(|shares| percentages(shares, 0));
    let [expected, configured] = if whole[0] == whole[1] {
        [expected, configured].map(|shares| percentages(shares, 1))
    } else {
        whole
    };
    format!(
        "the weights {} give {how}{expected}, not {configured}.",
        weights.join(":")
    )
}

/// Percentages without their sign: `73:27`.
pub(crate) fn percentages(shares: &[Share], decimals: usize) -> String {
    let parts = shares.iter();
    let parts: Vec<_> = parts
        .map(|share| format!("{:.decimals$}", share.get() * 100.0))
        .collect();
    parts.join(":")
}
