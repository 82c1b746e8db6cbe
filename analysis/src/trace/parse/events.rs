//! The events of a trace.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use director_setup::{Thresholds, Weight};

use super::super::words::Words;
use super::super::{Decision, Event, Problem};
use crate::model::ServerSettings;
use crate::replay::{Flow, Origin};

const TIME: &str = "seconds since the service was added, such as 1.250000";
const SERVER: &str = "a real server's address and port, such as 10.1.0.1:8080";
const CLIENT: &str = "a client's address and port, such as 10.64.0.1:40000";
const EVENT: &str = "add, edit, remove, open, fin, rst, gone or count";

/// The event of a line, if it has words. Clients ask for `destination`, or each event says for which.
pub(super) fn parse(
    line: &str,
    destination: Option<IpAddr>,
) -> Result<Option<(Duration, Event)>, Problem> {
    let mut words = Words::of(line);
    let Some(time) = words.next() else {
        return Ok(None);
    };
    let at = seconds(time).ok_or_else(|| Problem::wrong(time, TIME))?;
    let event = event(&mut words, destination)?;
    words.end()?;
    Ok(Some((at, event)))
}

/// Seconds with at most six decimals.
fn seconds(word: &str) -> Option<Duration> {
    let (whole, decimals) = word.split_once('.').unwrap_or((word, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 6 {
        return None;
    }
    let micros: u64 = format!("{decimals:0<6}").parse().ok()?;
    Some(Duration::from_secs(whole.parse().ok()?) + Duration::from_micros(micros))
}

fn event(words: &mut Words<'_>, destination: Option<IpAddr>) -> Result<Event, Problem> {
    let name = words.word(EVENT)?;
    Ok(match name {
        "add" => Event::Add {
            server: words.parse(SERVER)?,
            settings: settings(words)?,
        },
        "edit" => Event::Edit {
            server: words.parse(SERVER)?,
            settings: settings(words)?,
        },
        "remove" => Event::Remove(words.parse(SERVER)?),
        "open" => Event::Open {
            flow: flow(words, destination)?,
            decision: decision(words)?,
        },
        "fin" => Event::Fin {
            flow: flow(words, destination)?,
            from: origin(words)?,
        },
        "rst" => Event::Rst {
            flow: flow(words, destination)?,
            from: origin(words)?,
        },
        "gone" => Event::Gone(flow(words, destination)?),
        "count" => Event::Count {
            server: words.parse(SERVER)?,
            active: number(words, "active")?,
            inactive: number(words, "inactive")?,
        },
        _ => return Err(Problem::wrong(name, EVENT)),
    })
}

fn settings(words: &mut Words<'_>) -> Result<ServerSettings, Problem> {
    const WEIGHT: &str = "`weight` and a number from 0 to 2147483647";
    const MORE: &str = "`upper N`, then `lower N`, or the end of the line";
    keyword(words, "weight", WEIGHT)?;
    let weight: Weight = words.parse(WEIGHT)?;
    let mut thresholds = Thresholds::default();
    let mut next = words.next();
    if next == Some("upper") {
        thresholds.upper = words.parse("a number of connections")?;
        next = words.next();
    }
    if next == Some("lower") {
        thresholds.lower = words.parse("a number of connections")?;
        next = words.next();
    }
    match next {
        Some(word) => Err(Problem::wrong(word, MORE)),
        None => Ok(ServerSettings { weight, thresholds }),
    }
}

fn flow(words: &mut Words<'_>, destination: Option<IpAddr>) -> Result<Flow, Problem> {
    let client = words.parse(CLIENT)?;
    let destination = if let Some(destination) = destination {
        destination
    } else {
        keyword(
            words,
            "to",
            "`to` and the address that the client asked for",
        )?;
        words.parse("the address that the client asked for")?
    };
    Ok(Flow {
        client,
        destination,
    })
}

fn decision(words: &mut Words<'_>) -> Result<Decision, Problem> {
    const RIGHT: &str = "the real server that was picked, or `refused`";
    match words.word(RIGHT)? {
        "refused" => Ok(Decision::Refused),
        word => match word.parse::<SocketAddr>() {
            Ok(server) => Ok(Decision::Server(server)),
            Err(_) => Err(Problem::wrong(word, RIGHT)),
        },
    }
}

fn origin(words: &mut Words<'_>) -> Result<Origin, Problem> {
    const RIGHT: &str = "who sent it: `client` or `server`";
    match words.word(RIGHT)? {
        "client" => Ok(Origin::Client),
        "server" => Ok(Origin::Server),
        word => Err(Problem::wrong(word, RIGHT)),
    }
}

fn number(words: &mut Words<'_>, name: &'static str) -> Result<u32, Problem> {
    keyword(words, name, "`active N inactive N`")?;
    words.parse("a number of connections")
}

fn keyword(words: &mut Words<'_>, name: &str, right: &'static str) -> Result<(), Problem> {
    match words.word(right)? {
        word if word == name => Ok(()),
        word => Err(Problem::wrong(word, right)),
    }
}
