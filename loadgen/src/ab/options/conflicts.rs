//! Options that cannot both be meant.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::{Close, Scheme, Target, UsageError};

pub(super) fn check(draft: &Draft, target: &Target) -> Result<(), UsageError> {
    pairs(draft)?;
    companions(draft, target)?;
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
            connection.http2 && connection.proxy.is_some(),
            "--http2",
            "-X",
            "proxies are spoken to in HTTP/1.1",
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

/// One that means nothing without another.
fn companions(draft: &Draft, target: &Target) -> Result<(), UsageError> {
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
        (connection.http2, "--http2"),
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
        None => Ok(()),
    }
}
