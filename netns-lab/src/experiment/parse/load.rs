//! `[load]` and `[expect]`: the load, and what must hold.

use std::time::Duration;

use super::super::file::{ExpectFile, LoadFile};
use super::super::problem::Problem;
use super::super::spelling::quoted;
use super::super::written::{Field, Place, Scalar, Written};
use super::super::{Clients, ConnectionMode, Expectation, Load};

/// The most requests of one load.
const MOST_REQUESTS: u32 = 100_000_000;
/// The most connections at a time: a client address has some 28 000 local ports.
const MOST_CONCURRENCY: u32 = 20_000;
/// The most addresses of the client: enough to meet every bucket of every hash table many times.
const MOST_CLIENTS: u32 = 1_000_000;
/// The longest path, in bytes.
const LONGEST_PATH: usize = 4096;

const DEFAULT_REQUESTS: u64 = 10_000;
const DEFAULT_CONCURRENCY: u32 = 10;
const DEFAULT_PATH: &str = "/index.html";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);
const DEFAULT_GIVE_UP_AFTER: u64 = 100;
const DEFAULT_TOLERANCE: f64 = 0.02;

/// How many addresses the client has; whether there is room for them is judged with the network.
pub(super) fn clients(field: &Field, problems: &mut Vec<Problem>) -> Option<Written<Clients>> {
    let Some(written) = field else {
        return Some(Written::new(Clients::AsNeeded, Place::Whole));
    };
    let clients = written.integer(1..=MOST_CLIENTS, problems)?;
    Some(written.with(Clients::Exactly(clients)))
}

pub(super) fn load(
    file: &LoadFile,
    clients: Option<Clients>,
    problems: &mut Vec<Problem>,
) -> Option<Load> {
    let requests = or(&file.requests, DEFAULT_REQUESTS, |written| {
        written.integer(1..=MOST_REQUESTS, problems)
    });
    let concurrency = concurrency(file, requests, problems);
    let connections = or(&file.connections, ConnectionMode::PerRequest, |written| {
        let words = [
            ("per-request", ConnectionMode::PerRequest),
            ("keep-alive", ConnectionMode::KeepAlive),
        ];
        written.one_of(&words, problems)
    });
    let path = or(&file.path, DEFAULT_PATH.to_owned(), |written| {
        path(written, problems)
    });
    let timeout = or(&file.timeout, DEFAULT_TIMEOUT, |written| {
        written.duration(problems)
    });
    let time_limit = or(&file.time_limit, DEFAULT_TIME_LIMIT, |written| {
        written.duration(problems)
    });
    let give_up_after = or(&file.give_up_after, DEFAULT_GIVE_UP_AFTER, |written| {
        written.integer(1..=MOST_REQUESTS, problems)
    });
    Some(Load {
        requests: requests?,
        concurrency: concurrency?,
        clients: clients?,
        connections: connections?,
        path: path?,
        timeout: timeout?,
        time_limit: time_limit?,
        give_up_after: give_up_after?,
    })
}

pub(super) fn expectation(file: &ExpectFile, problems: &mut Vec<Problem>) -> Option<Expectation> {
    let tolerance = or(&file.tolerance, DEFAULT_TOLERANCE, |written| {
        written.share(problems)
    });
    Some(Expectation {
        tolerance: tolerance?,
    })
}

/// What the written value means, or the default when nothing is written.
fn or<T>(
    field: &Field,
    default: T,
    meaning: impl FnOnce(&Written<Scalar>) -> Option<T>,
) -> Option<T> {
    field.as_ref().map_or(Some(default), meaning)
}

/// More connections at a time than requests in all could never be open.
fn concurrency(file: &LoadFile, requests: Option<u64>, problems: &mut Vec<Problem>) -> Option<u32> {
    let requests = u32::try_from(requests.unwrap_or(u64::MAX)).unwrap_or(u32::MAX);
    let Some(written) = &file.concurrency else {
        return Some(DEFAULT_CONCURRENCY.min(requests));
    };
    let concurrency = written.integer(1..=MOST_CONCURRENCY, problems)?;
    if concurrency <= requests {
        return Some(concurrency);
    }
    let fault = format!(
        "{concurrency} connections at a time can never be open with {requests} requests in all"
    );
    let fewer_by_flag = file.requests.as_ref().is_some_and(Written::is_flag) && !written.is_flag();
    let remedy = if fewer_by_flag {
        format!("add `--concurrency {requests}`, or ask for more requests")
    } else {
        format!("write at most {requests} here, or ask for more requests")
    };
    problems.push(Problem::at(&written.place, fault).remedy(remedy));
    None
}

fn path(written: &Written<Scalar>, problems: &mut Vec<Problem>) -> Option<String> {
    let path = written.text(problems)?;
    let stranger = path
        .value
        .chars()
        .find(|character| !may_be_in_path(*character));
    let (fault, remedy) = if !path.value.starts_with('/') {
        let fault = format!("the path {} does not begin with `/`", quoted(path.value));
        (fault, "write the path only, such as /index.html")
    } else if let Some(stranger) = stranger {
        let fault = format!("a path cannot contain {}", quoted(&stranger.to_string()));
        (fault, "write it percent-encoded, such as %20 for a space")
    } else if path.value.len() > LONGEST_PATH {
        let fault = format!("the path is longer than {LONGEST_PATH} bytes");
        (fault, "write a shorter one")
    } else {
        return Some(path.value.to_owned());
    };
    problems.push(Problem::at(&path.place, fault).remedy(remedy));
    None
}

/// The characters of a path and a query (RFC 3986, sections 3.3 and 3.4).
fn may_be_in_path(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?%".contains(character)
}
