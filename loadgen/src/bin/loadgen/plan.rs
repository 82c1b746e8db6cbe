//! From what was typed to the engine's plan.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue, PROXY_AUTHORIZATION};
use hyper::http::uri::{Authority, PathAndQuery};
use loadgen::ab::{self, BodyCheck, Field, Options, TlsVersion, verbose};
use loadgen::script::file::{Loaded, ScriptFile};
use loadgen::{
    Arrivals, Close, ConnectionMode, Expect, ExpectBody, ExpectLength, ExpectStatus, Log, Pacing,
    Plan, Protocol, Scheme, Script, SourcePool, Step, Target, Tls, TlsSetup, TlsVersions, Trust,
    Tunnel, sha256,
};

/// Reads every file and looks up every name that the load needs.
pub(crate) fn plan(options: &Options) -> Result<Plan> {
    let connection = &options.connection;
    let address = match &connection.proxy {
        Some(proxy) => resolve(&proxy.host, proxy.port)?,
        None => resolve(&options.target.host, options.target.port)?,
    };
    let target = Target {
        addresses: vec![address],
        authority: Authority::try_from(options.target.authority())
            .context("the URL's host cannot be named in HTTP")?,
    };
    let protocol = connection.protocol;
    let file = options.script.as_deref();
    let file = file.map(ScriptFile::load).transpose()?;
    let spelling = spelling(options, file.as_ref().map(|file| &file.script))?;
    let script = script(options, file)?;
    let expect = expect(options, script.steps().len())?;
    Ok(Plan {
        requests: options.requests.unwrap_or(u64::MAX),
        concurrency: options.concurrency,
        time_limit: options.time_limit,
        warm_up: options.warm_up.unwrap_or_default(),
        pacing: pacing(options.pacing),
        connections_per_second: options.connections_per_second,
        timeout: options.timeout,
        connections: if options.keep_alive() {
            ConnectionMode::KeepAlive
        } else {
            ConnectionMode::PerRequest
        },
        close: match connection.close {
            ab::Close::Server => Close::Server,
            ab::Close::Fin => Close::Fin,
            ab::Close::Reset => Close::Rst,
        },
        protocol,
        tls: tls(options, protocol)?,
        source: source(options, address)?,
        by_proxy: connection.proxy.is_some() && !options.is_tunnelled(),
        tunnel: tunnel(options)?,
        spelling,
        log: log(options),
        socket_buffers: connection.buffer,
        by_header: options.by_header.as_deref().map(str::parse).transpose()?,
        give_up_after: options.give_up_after,
        expect,
        samples: options.output.files.gnuplot.is_some(),
        interval: (options.output.files.hlog.is_some()).then_some(super::intervals::LENGTH),
        seed: options.seed,
        ..Plan::new(target, script)
    })
}

pub(crate) fn resolve(host: &str, port: u16) -> Result<SocketAddr> {
    let cannot = || format!("cannot resolve {host}");
    let mut addresses = (host, port).to_socket_addrs().with_context(cannot)?;
    addresses.next().with_context(cannot)
}

pub(crate) fn pacing(pacing: ab::Pacing) -> Pacing {
    let open = |rate, arrivals| Pacing::Open { rate, arrivals };
    match pacing {
        ab::Pacing::Closed { think_time } => Pacing::Closed {
            think: think_time.unwrap_or(Duration::ZERO),
        },
        ab::Pacing::Constant { per_second } => open(per_second, Arrivals::Constant),
        ab::Pacing::Poisson { per_second } => open(per_second, Arrivals::Poisson),
    }
}

/// The one request of the command line, or those of the script's file.
fn script(options: &Options, file: Option<Loaded>) -> Result<Script> {
    let Some(loaded) = file else {
        let body = options.read_body()?;
        let length = body.as_ref().map(|body| body.len() as u64);
        return Ok(Script::new(vec![Step {
            method: Method::from_bytes(options.method.as_bytes())?,
            path: path(&options.target.path)?,
            headers: headers(fields(options, length))?,
            body: body.unwrap_or_default().into(),
            weight: 1,
        }])?);
    };
    let steps = loaded.script.requests().iter().zip(loaded.bodies);
    let steps = steps.map(|(request, body)| {
        let own = |field: &Field| {
            let same = |own: &Field| own.name.eq_ignore_ascii_case(&field.name);
            request.headers.iter().any(same)
        };
        let common = fields(options, None).into_iter();
        let fields = request.headers.iter().cloned();
        Ok(Step {
            method: Method::from_bytes(request.method.as_bytes())?,
            path: path(&request.path)?,
            headers: headers(fields.chain(common.filter(|field| !own(field))).collect())?,
            body: Bytes::from(body.unwrap_or_default()),
            weight: request.weight,
        })
    });
    Ok(Script::new(steps.collect::<Result<_>>()?)?)
}

/// The headers of a request. A tunnel's credentials are the proxy's only.
fn fields(options: &Options, length: Option<u64>) -> Vec<Field> {
    let mut fields = options.header_fields(length);
    if options.is_tunnelled() {
        fields.retain(|field| {
            !field
                .name
                .eq_ignore_ascii_case(PROXY_AUTHORIZATION.as_str())
        });
    }
    fields
}

/// The tunnel through the proxy to an `https://` target.
fn tunnel(options: &Options) -> Result<Option<Tunnel>> {
    if !options.is_tunnelled() {
        return Ok(None);
    }
    let target = &options.target;
    let to = target.host_and_port();
    let all = options.header_fields(None);
    let mut credentials = all.iter().filter(|field| {
        field
            .name
            .eq_ignore_ascii_case(PROXY_AUTHORIZATION.as_str())
    });
    let authorization = credentials.next_back().map(|field| field.value.parse());
    Ok(Some(Tunnel {
        to: Authority::try_from(to).context("the URL's host cannot be named in HTTP")?,
        authorization: authorization.transpose()?,
    }))
}

/// Names of headers as ab, the script or the user spells them.
fn spelling(options: &Options, script: Option<&ScriptFile>) -> Result<Vec<(HeaderName, String)>> {
    let of_ab = ["Content-length", "Content-type"].map(str::to_owned);
    let requests = script.into_iter().flat_map(ScriptFile::requests);
    let of_script = requests.flat_map(|request| &request.headers);
    let given = options.fields.iter().chain(of_script);
    let names = given.map(|field| field.name.clone());
    let spelt = |name: String| Ok((name.parse()?, name));
    names.chain(of_ab).map(spelt).collect()
}

/// What `-v` prints of responses.
fn log(options: &Options) -> Option<Log> {
    let level = options.output.verbosity;
    (level >= 2).then(|| {
        Log::new(move |status, received| {
            let _unsaid =
                io::stdout().write_all(verbose::exchange(level, status, received).as_bytes());
        })
    })
}

fn path(path: &str) -> Result<PathAndQuery> {
    PathAndQuery::try_from(path).with_context(|| format!("the path {path} cannot be sent"))
}

fn headers(fields: Vec<Field>) -> Result<Vec<(HeaderName, HeaderValue)>> {
    let parsed = |field: Field| {
        let value = HeaderValue::from_bytes(field.value.as_bytes())?;
        Ok((field.name.parse()?, value))
    };
    fields.into_iter().map(parsed).collect()
}

/// What ab counts as failed, unless told otherwise: a body of another length than the first.
/// Requests of a script may differ.
fn expect(options: &Options, steps: usize) -> Result<Expect> {
    let ranges = options.expect.status.iter();
    let ranges: Vec<_> = ranges.map(|range| range.first..=range.last).collect();
    let any_length = options.layout.variable_length || steps > 1;
    let body = match &options.expect.body {
        None => None,
        Some(BodyCheck::Contains(text)) => {
            Some(ExpectBody::Contains(Bytes::from(text.clone().into_bytes())))
        }
        Some(BodyCheck::Is(file)) => {
            let body = std::fs::read(file)
                .with_context(|| format!("cannot read the expected body {}", file.display()))?;
            Some(ExpectBody::Sha256(sha256(&body)))
        }
    };
    Ok(Expect {
        status: if ranges.is_empty() {
            ExpectStatus::Any
        } else {
            ExpectStatus::OneOf(ranges)
        },
        length: match options.expect.length {
            Some(length) => ExpectLength::Exactly(length),
            None if any_length => ExpectLength::Any,
            None => ExpectLength::AsFirst,
        },
        body,
    })
}

fn tls(options: &Options, protocol: Protocol) -> Result<Option<Tls>> {
    if options.target.scheme != Scheme::Https {
        return Ok(None);
    }
    let name = options.tls.server_name.as_ref();
    let setup = TlsSetup {
        trust: match &options.tls.authorities {
            Some(file) => Trust::Authorities(file),
            None => Trust::Anything,
        },
        versions: match options.tls.version {
            TlsVersion::All => TlsVersions::All,
            TlsVersion::Tls12 => TlsVersions::Tls12,
            TlsVersion::Tls13 => TlsVersions::Tls13,
        },
        suites: options.tls.cipher_suites.as_deref(),
        certificate: options.tls.certificate.as_deref(),
        omit_server_name: options.tls.omit_server_name,
    };
    let host = name.unwrap_or(&options.target.host);
    Ok(Some(setup.build(host, protocol)?))
}

/// Local addresses and ports; they must be of the target's family.
pub(crate) fn source(options: &Options, target: SocketAddr) -> Result<Option<SourcePool>> {
    let connection = &options.connection;
    let ports = connection.sources.ports.clone();
    let mut addresses = connection.sources.addresses();
    if let Some(bind) = &connection.bind {
        addresses.push(resolve(bind, 0)?.ip());
    }
    let odd = |address: &&IpAddr| address.is_ipv4() != target.is_ipv4();
    if let Some(address) = addresses.iter().find(odd) {
        let family = "write local addresses of the target's family";
        ensure!(false, "{address} cannot reach {}; {family}", target.ip());
    }
    if addresses.is_empty() && ports.is_some() {
        addresses.push(if target.is_ipv4() {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        });
    }
    Ok((!addresses.is_empty()).then_some(SourcePool { addresses, ports }))
}
