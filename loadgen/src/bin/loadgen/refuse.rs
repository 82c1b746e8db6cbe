//! What can be typed but not sent.

use anyhow::{Result, bail};
use loadgen::ab::{Options, Scheme, TlsVersion};

/// Refuses, with the remedy, what would otherwise be left out silently.
pub(crate) fn check(options: &Options) -> Result<()> {
    let connection = &options.connection;
    let tls = &options.tls;
    let https = options.target.scheme == Scheme::Https;
    let given = |name: &str| {
        let is = |field: &loadgen::ab::Field| field.name.eq_ignore_ascii_case(name);
        options.fields.iter().any(is)
    };
    let refused = [
        (
            options.target.scheme == Scheme::Udp,
            "udp:// loads are sent by the library only; write an http:// URL",
        ),
        (
            https && connection.proxy.is_some(),
            "-X cannot tunnel https://; write an http:// URL",
        ),
        (
            tls.version != TlsVersion::All,
            "-f cannot choose one version of TLS; leave it out",
        ),
        (
            tls.cipher_suites.is_some(),
            "-Z cannot choose cipher suites; leave it out",
        ),
        (
            tls.certificate.is_some(),
            "-E cannot present a client certificate; leave it out",
        ),
        (
            tls.omit_server_name,
            "-I cannot leave the server name out; leave -I out",
        ),
        (
            options.output.verbosity >= 2,
            "-v above 1 cannot print requests and responses; write -v 1",
        ),
        (
            connection.http2 && (given("Host") || given("Connection")),
            "--http2 has no Host or Connection header; leave -H out",
        ),
    ];
    if let Some((_, why)) = refused.into_iter().find(|(asked, _)| *asked) {
        bail!("{why}");
    }
    Ok(())
}
