//! What has been typed so far, and what it means when the line has come to its end.

use std::path::PathBuf;
use std::time::Duration;

use super::table::Halt;
use super::{
    Body, Connection, Credential, Expectation, Field, Html, Layout, Options, Output, Pacing,
    TlsOptions, UsageError, conflicts,
};
use crate::gate::Assertion;
use crate::{Protocol, Scheme, Url};

/// Requests under way at a time in an open loop, unless -c says otherwise.
const OPEN_LOOP_CONCURRENCY: u32 = 64;

/// The longest that one request may take, as in ab.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The same for the echo of a datagram, without which a closed loop stands still.
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);

/// ab's option that chooses a method. Only one of them may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Head,
    Post(PathBuf),
    Put(PathBuf),
}

/// The options in the form in which they are typed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) requests: Option<u64>,
    pub(super) concurrency: Option<u32>,
    pub(super) time_limit: Option<Duration>,
    pub(super) duration: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) rate: Option<f64>,
    pub(super) poisson: bool,
    pub(super) connections_per_second: Option<f64>,
    pub(super) think_time: Option<Duration>,
    pub(super) warm_up: Option<Duration>,
    pub(super) threads: u32,
    pub(super) give_up_after: Option<u64>,
    pub(super) seed: u64,
    pub(super) via: Option<Via>,
    pub(super) custom_method: Option<String>,
    pub(super) content_type: String,
    pub(super) cookies: Vec<String>,
    pub(super) credentials: Vec<Credential>,
    pub(super) fields: Vec<Field>,
    pub(super) script: Option<PathBuf>,
    pub(super) expect: Expectation,
    pub(super) by_header: Option<String>,
    pub(super) connection: Connection,
    pub(super) tls: TlsOptions,
    pub(super) layout: Layout,
    pub(super) output: Output,
    pub(super) assertions: Vec<Assertion>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            requests: None,
            concurrency: None,
            time_limit: None,
            duration: None,
            timeout: None,
            rate: None,
            poisson: false,
            connections_per_second: None,
            think_time: None,
            warm_up: None,
            threads: 1,
            give_up_after: None,
            seed: 1,
            via: None,
            custom_method: None,
            content_type: "text/plain".into(),
            cookies: Vec::new(),
            credentials: Vec::new(),
            fields: Vec::new(),
            script: None,
            expect: Expectation::default(),
            by_header: None,
            connection: Connection::default(),
            tls: TlsOptions::default(),
            layout: Layout::default(),
            output: Output::default(),
            assertions: Vec::new(),
        }
    }
}

impl Draft {
    /// ab refuses a second -i, -p or -u, and these after -m, but not -m after these.
    pub(super) fn choose_method(&mut self, via: Via) -> Result<(), Halt> {
        if self.via.is_some() || self.custom_method.is_some() {
            let name = match via {
                Via::Head => "HEAD",
                Via::Post(_) => "POST",
                Via::Put(_) => "PUT",
            };
            return Err(UsageError::Methods(name).into());
        }
        self.via = Some(via);
        Ok(())
    }

    pub(super) fn html(&mut self) -> &mut Html {
        self.layout.html.get_or_insert_default()
    }

    /// Only one version of HTTP may be chosen.
    pub(super) fn choose_protocol(&mut self, protocol: Protocol) -> Result<(), Halt> {
        let chosen = &mut self.connection.protocol;
        if ![Protocol::default(), protocol].contains(chosen) {
            let why = "write one of them";
            return Err(UsageError::Contradiction("--http1.1", "--http2", why).into());
        }
        *chosen = protocol;
        Ok(())
    }

    /// What is meant, if it is possible.
    pub(super) fn finish(self, target: Url) -> Result<Options, UsageError> {
        conflicts::check(&self, &target)?;
        let pacing = match self.rate {
            Some(per_second) if self.poisson => Pacing::Poisson { per_second },
            Some(per_second) => Pacing::Constant { per_second },
            None => Pacing::Closed {
                think_time: self.think_time,
            },
        };
        let time_limit = self.time_limit.or(self.duration);
        let requests = self
            .requests
            .or(if time_limit.is_some() { None } else { Some(1) });
        let concurrency = self
            .concurrency
            .unwrap_or_else(|| default_concurrency(&pacing, requests));
        check_concurrency(concurrency, requests, self.threads)?;
        let timeout = if target.scheme == Scheme::Udp {
            ECHO_TIMEOUT
        } else {
            TIMEOUT
        };
        let (method, body) = method_and_body(self.via, self.custom_method, self.content_type);
        Ok(Options {
            target,
            requests,
            concurrency,
            time_limit,
            timeout: self.timeout.unwrap_or(timeout),
            pacing,
            connections_per_second: self.connections_per_second,
            warm_up: self.warm_up,
            threads: self.threads,
            give_up_after: self.give_up_after,
            seed: self.seed,
            method,
            body,
            cookies: self.cookies,
            credentials: self.credentials,
            fields: self.fields,
            script: self.script,
            expect: self.expect,
            by_header: self.by_header,
            connection: self.connection,
            tls: self.tls,
            layout: self.layout,
            output: self.output,
            assertions: self.assertions,
        })
    }
}

fn default_concurrency(pacing: &Pacing, requests: Option<u64>) -> u32 {
    match pacing {
        Pacing::Closed { .. } => 1,
        _ => requests.map_or(OPEN_LOOP_CONCURRENCY, |requests| {
            u32::try_from(requests).map_or(OPEN_LOOP_CONCURRENCY, |n| n.min(OPEN_LOOP_CONCURRENCY))
        }),
    }
}

fn check_concurrency(
    concurrency: u32,
    requests: Option<u64>,
    threads: u32,
) -> Result<(), UsageError> {
    if let Some(requests) = requests.filter(|requests| u64::from(concurrency) > *requests) {
        return Err(UsageError::ConcurrencyAboveRequests {
            concurrency,
            requests,
        });
    }
    if threads > concurrency {
        return Err(UsageError::Value {
            option: "--threads".into(),
            value: threads.to_string(),
            problem: format!("-c {concurrency} leaves some threads without work; raise -c"),
        });
    }
    Ok(())
}

fn method_and_body(
    via: Option<Via>,
    custom: Option<String>,
    content_type: String,
) -> (String, Option<Body>) {
    let (method, file) = match via {
        None => ("GET", None),
        Some(Via::Head) => ("HEAD", None),
        Some(Via::Post(file)) => ("POST", Some(file)),
        Some(Via::Put(file)) => ("PUT", Some(file)),
    };
    let body = file.map(|file| Body { file, content_type });
    (custom.unwrap_or_else(|| method.to_owned()), body)
}

/// Reads the expression of `--assert`.
pub(super) fn check_assertion(text: &str) -> Result<Assertion, UsageError> {
    text.parse().map_err(|error: crate::gate::BadAssertion| {
        super::values::rejected(text, &error.to_string())
    })
}
