//! Options that cannot both be meant.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::{Close, Field, TlsOptions, UsageError};
use crate::{Protocol, Scheme, Url};

/// Headers of one connection, which HTTP/2 does not have (RFC 9113, 8.2.2).
const OF_CONNECTION: [&str; 5] = [
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Transfer-Encoding",
    "Upgrade",
];

pub(super) fn check(draft: &Draft, target: &Url) -> Result<(), UsageError> {
    pairs(draft)?;
    companions(draft, target)?;
    http2(draft)?;
    files(draft)?;
    if target.scheme == Scheme::Udp {
        only_for_http(draft)?;
    }
    Ok(())
}

/// Two that exclude each other.
fn pairs(draft: &Draft) -> Result<(), UsageError> {
    let connection = &draft.connection;
    let contradictions = [
        (
            draft.time_limit.is_some() && draft.duration.is_some(),
            "-t",
            "--duration",
            "write one of them",
        ),
        (
            draft.rate.is_some() && draft.think_time.is_some(),
            "--rate",
            "--think-time",
            "an open loop does not wait for responses",
        ),
        (
            draft.output.json && draft.layout.html.is_some(),
            "--json",
            "-w",
            "stdout takes one report",
        ),
        (
            connection.bind.is_some() && !connection.sources.networks.is_empty(),
            "-B",
            "--source",
            "write one of them",
        ),
        (
            draft.layout.variable_length && draft.expect.length.is_some(),
            "-l",
            "--expect-length",
            "write one of them",
        ),
        (
            draft.script.is_some() && (draft.via.is_some() || draft.custom_method.is_some()),
            "--script",
            "-i, -m, -p or -u",
            "the script names methods and bodies",
        ),
        (
            draft.output.json && draft.output.verbosity >= 2,
            "--json",
            "-v 2",
            "stdout takes one report",
        ),
        (
            draft.tls.omit_server_name && draft.tls.server_name.is_some(),
            "-I",
            "--tls-server-name",
            "write one of them",
        ),
    ];
    for (both, one, other, why) in contradictions {
        if both {
            return Err(UsageError::Contradiction(one, other, why));
        }
    }
    Ok(())
}

/// What HTTP/2 has not.
fn http2(draft: &Draft) -> Result<(), UsageError> {
    let connection = &draft.connection;
    if connection.protocol != Protocol::Http2 {
        return Ok(());
    }
    let refuse = |option, why| Err(UsageError::Contradiction("--http2", option, why));
    let is = |field: &Field, name: &str| field.name.eq_ignore_ascii_case(name);
    let of_connection = |field: &Field| OF_CONNECTION.iter().any(|name| is(field, name));
    if draft.fields.iter().any(of_connection) {
        let why = "HTTP/2 has no Connection, Keep-Alive, Proxy-Connection, Transfer-Encoding and \
                   Upgrade headers";
        return refuse("-H Connection", why);
    }
    if connection.proxy.is_some() {
        return refuse("-X", "proxies are spoken to in HTTP/1");
    }
    if draft.output.verbosity >= 2 {
        return refuse("-v 2", "the headers of HTTP/2 are no text; write -v 1");
    }
    Ok(())
}

/// One that means nothing without another.
fn companions(draft: &Draft, target: &Url) -> Result<(), UsageError> {
    let tls = target.scheme == Scheme::Https;
    let needs = [
        (draft.poisson && draft.rate.is_none(), "--poisson", "--rate"),
        (
            draft.tls.authorities.is_some() && !tls,
            "--tls-ca",
            "an https:// URL",
        ),
        (
            draft.tls.server_name.is_some() && !tls,
            "--tls-server-name",
            "an https:// URL",
        ),
    ];
    match needs.into_iter().find(|(lacks, ..)| *lacks) {
        Some((_, option, other)) => Err(UsageError::Needs(option, other)),
        None => Ok(()),
    }
}

/// No file is written twice.
fn files(draft: &Draft) -> Result<(), UsageError> {
    let mut seen = BTreeSet::new();
    for (option, path) in draft.output.files.named() {
        if !seen.insert(path) {
            return Err(UsageError::Value {
                option: option.to_owned(),
                value: path.display().to_string(),
                problem: "another option writes this file too; name another file".to_owned(),
            });
        }
    }
    Ok(())
}

fn only_for_http(draft: &Draft) -> Result<(), UsageError> {
    let connection = &draft.connection;
    let odd = [
        (connection.keep_alive, "-k"),
        (connection.protocol == Protocol::Http11, "--http1.1"),
        (connection.protocol == Protocol::Http2, "--http2"),
        (connection.buffer.is_some(), "-b"),
        (draft.tls != TlsOptions::default(), "-E, -I, -Z or -f"),
        (draft.output.verbosity >= 2, "-v 2"),
        (draft.layout.html.is_some(), "-w"),
        (draft.layout.variable_length, "-l"),
        (draft.output.files.gnuplot.is_some(), "-g"),
        (connection.proxy.is_some(), "-X"),
        (connection.close != Close::Server, "--close"),
        (
            draft.connections_per_second.is_some(),
            "--connections-per-second",
        ),
        (draft.via.is_some(), "-i, -p or -u"),
        (draft.custom_method.is_some(), "-m"),
        (draft.script.is_some(), "--script"),
        (!draft.fields.is_empty(), "-H"),
        (!draft.cookies.is_empty(), "-C"),
        (!draft.credentials.is_empty(), "-A or -P"),
        (draft.by_header.is_some(), "--by-header"),
        (draft.expect.is_any(), "--expect-…"),
    ];
    match odd.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => {
            let why = "datagrams have neither connections nor headers";
            Err(UsageError::Contradiction(option, "a udp:// URL", why))
        }
        None => only_for_many(draft),
    }
}

/// What the one thread of a load of datagrams does not do.
fn only_for_many(draft: &Draft) -> Result<(), UsageError> {
    let odd = [
        (draft.threads > 1, "--threads"),
        (draft.warm_up.is_some(), "--warm-up"),
        (draft.give_up_after.is_some(), "--give-up-after"),
    ];
    match odd.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => {
            let why = "one thread sends all datagrams and counts them from the first; leave it out";
            Err(UsageError::Contradiction(option, "a udp:// URL", why))
        }
        None => Ok(()),
    }
}
