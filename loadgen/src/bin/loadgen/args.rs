//! The command line: [`Args`] is what was typed, [`Request`] what was meant.

use std::io::IsTerminal;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use hyper::header::{HeaderName, HeaderValue};
use loadgen::{ConnectionMode, Plan, Scheme, Tls, Trust, Url};

/// What ab takes for -n if there is only a -t.
const REQUESTS_IN_TIME: u64 = 50_000;

const EXIT_CODES: &str = "\
Exit codes: 0 all requests that were sent completed; 1 a request failed, the load was interrupted \
or could not be sent; 2 wrong usage.";

/// Sends HTTP requests, some at a time, and reports rates, latencies and failures.
///
/// Without -k every request has its own connection, which the server closes.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Number of requests [default: 1, with -t 50000]
    #[arg(short = 'n', value_name = "REQUESTS", value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// Number of requests under way at a time
    #[arg(short, value_name = "CONCURRENCY", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=200_000))]
    concurrency: u32,
    /// Start no request after this time, in seconds
    #[arg(short, value_name = "SECONDS", value_parser = seconds)]
    time_limit: Option<Duration>,
    /// The longest that one request may take, in seconds
    #[arg(short = 's', value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    timeout: Duration,
    /// Keep connections alive and reuse them
    #[arg(short)]
    keep_alive: bool,
    /// Show no progress; it is only shown on a terminal
    #[arg(short)]
    quiet: bool,
    /// Send this header; may be repeated
    #[arg(short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Count the values of this response header, such as x-real-server
    #[arg(long, value_name = "NAME")]
    by_header: Option<HeaderName>,
    /// End the load when this many requests have failed
    #[arg(long, value_name = "FAILURES", value_parser = clap::value_parser!(u64).range(1..))]
    give_up_after: Option<u64>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// <http[s]://HOST[:PORT]/PATH>
    #[arg(value_parser = http)]
    url: Url,
}

/// How the report and the progress are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) bar: bool,
}

/// A load whose host is not resolved yet.
#[derive(Debug)]
pub(crate) struct Request {
    args: Args,
    requests: u64,
}

impl Args {
    pub(crate) fn output(&self) -> Output {
        Output {
            json: self.json,
            bar: !self.quiet && std::io::stderr().is_terminal(),
        }
    }

    /// What is meant, or a usage error.
    pub(crate) fn request(self) -> Result<Request, clap::Error> {
        let default = if self.time_limit.is_some() {
            REQUESTS_IN_TIME
        } else {
            1
        };
        let requests = self.requests.unwrap_or(default);
        if u64::from(self.concurrency) > requests {
            let message = format!(
                "-c {} is more than the number of requests, {requests}; raise -n or lower -c",
                self.concurrency
            );
            return Err(Self::command().error(ErrorKind::ValueValidation, message));
        }
        Ok(Request {
            args: self,
            requests,
        })
    }
}

impl Request {
    /// Looks up the host and plans the load.
    pub(crate) fn resolve(self) -> anyhow::Result<Plan> {
        let Self { args, requests } = self;
        let address = resolve(&args.url)?;
        let connections = if args.keep_alive {
            ConnectionMode::KeepAlive
        } else {
            ConnectionMode::PerRequest
        };
        let host = args.url.host().to_owned();
        let scheme = args.url.scheme();
        let mut plan = args.url.plan(address);
        if scheme == Scheme::Https {
            plan.tls = Some(Tls::new(&host, Trust::WebAuthorities, plan.protocol)?);
        }
        Ok(Plan {
            requests,
            concurrency: args.concurrency,
            time_limit: args.time_limit,
            timeout: args.timeout,
            connections,
            headers: args.header,
            by_header: args.by_header,
            give_up_after: args.give_up_after,
            ..plan
        })
    }
}

fn resolve(url: &Url) -> anyhow::Result<SocketAddr> {
    let cannot = || format!("cannot resolve {}", url.host());
    let mut addresses = (url.host(), url.port())
        .to_socket_addrs()
        .with_context(cannot)?;
    addresses.next().with_context(cannot)
}

fn http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == Scheme::Udp {
        return Err("only http:// and https:// are supported".to_owned());
    }
    Ok(url)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let duration = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a number above 0".into())
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || "write 'Name: value'".to_owned();
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    Ok((
        name.trim().parse().map_err(|_| wrong())?,
        value.trim().parse().map_err(|_| wrong())?,
    ))
}
