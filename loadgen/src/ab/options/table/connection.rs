//! Connections: how many requests each carries, where they come from, who closes them, TLS.

use super::{Spec, ab, long};
use crate::Protocol;
use crate::ab::options::Credential;
use crate::ab::options::values::{
    close, credential, nonempty, number, ports, proxy, sources, tls_version,
};

pub(super) const AB: &[Spec] = &[
    ab(
        'k',
        "k",
        None,
        "Keep connections alive and reuse them",
        |draft, _| {
            draft.connection.keep_alive = true;
            Ok(())
        },
    ),
    ab(
        'b',
        "b",
        Some("BYTES"),
        "Size of the sockets' send and receive buffers [the system's]",
        |draft, text| {
            let size: u32 = number(text, 0..=0x7fff_ffff)?;
            draft.connection.buffer = (size > 0).then_some(size);
            Ok(())
        },
    ),
    ab(
        'B',
        "B",
        Some("ADDRESS"),
        "Local address of the connections",
        |draft, text| {
            draft.connection.bind = Some(nonempty(text, "write an address or a name")?);
            Ok(())
        },
    ),
    ab(
        'X',
        "X",
        Some("PROXY[:PORT]"),
        "Send the requests through this proxy [port 80]; those for https:// through a tunnel (CONNECT)",
        |draft, text| {
            draft.connection.proxy = Some(proxy(text)?);
            Ok(())
        },
    ),
    ab(
        'P',
        "P",
        Some("USER:PASSWORD"),
        "Basic authentication at the proxy",
        |draft, text| {
            draft
                .credentials
                .push(Credential::Proxy(credential(text, "Proxy")?));
            Ok(())
        },
    ),
    ab(
        'I',
        "I",
        None,
        "Do not name the host in the TLS handshake (SNI)",
        |draft, _| {
            draft.tls.omit_server_name = true;
            Ok(())
        },
    ),
    ab(
        'Z',
        "Z",
        Some("SUITES"),
        "TLS cipher suites by OpenSSL's or IANA's names, separated by colons; of a version of TLS of which none is named, all are offered",
        |draft, text| {
            draft.tls.cipher_suites = Some(nonempty(text, "name a cipher suite")?);
            Ok(())
        },
    ),
    ab(
        'f',
        "f",
        Some("PROTOCOL"),
        "TLS1.2, TLS1.3 or ALL; SSL2, SSL3, TLS1 and TLS1.1 are refused [ALL]",
        |draft, text| {
            draft.tls.version = tls_version(text)?;
            Ok(())
        },
    ),
    ab(
        'E',
        "E",
        Some("FILE"),
        "Client certificate chain and private key (PEM)",
        |draft, text| {
            draft.tls.certificate = Some(text.into());
            Ok(())
        },
    ),
];

pub(super) const BEYOND: &[Spec] = &[
    long(
        "http1.1",
        None,
        "HTTP/1.1 instead of ab's HTTP/1.0",
        |draft, _| draft.choose_protocol(Protocol::Http11),
    ),
    long(
        "http2",
        None,
        "HTTP/2, whose connections are always reused; over http:// with prior knowledge",
        |draft, _| draft.choose_protocol(Protocol::Http2),
    ),
    long(
        "source",
        Some("ADDR|CIDR"),
        "Take connections' local addresses from these in turn, such as 10.0.0.5 or 10.0.1.0/28; may be repeated or separated by commas",
        |draft, text| {
            let networks = &mut draft.connection.sources.networks;
            networks.extend(sources(text, networks)?);
            Ok(())
        },
    ),
    long(
        "source-ports",
        Some("FIRST-LAST"),
        "Take their local ports from this range in turn",
        |draft, text| {
            draft.connection.sources.ports = Some(ports(text)?);
            Ok(())
        },
    ),
    long(
        "close",
        Some("server|fin|rst"),
        "Who closes a connection, and how: the server, the client with FIN, or the client with RST [server]",
        |draft, text| {
            draft.connection.close = close(text)?;
            Ok(())
        },
    ),
    long(
        "tls-ca",
        Some("FILE"),
        "Trust these certificates (PEM) instead of none being checked, as ab does",
        |draft, text| {
            draft.tls.authorities = Some(text.into());
            Ok(())
        },
    ),
    long(
        "tls-server-name",
        Some("NAME"),
        "Name this host in the TLS handshake instead of the URL's",
        |draft, text| {
            draft.tls.server_name = Some(nonempty(text, "write a host's name")?);
            Ok(())
        },
    ),
];
