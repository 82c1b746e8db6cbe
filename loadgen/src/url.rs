//! The URL as a user writes it.

use std::net::SocketAddr;

use hyper::http::uri::{Authority, PathAndQuery, Uri};
use thiserror::Error;

use crate::{Plan, Script, Target};

/// `http://host[:port][/path]`, or the same with `https` or `udp`, not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    authority: Authority,
    path: PathAndQuery,
}

/// How to talk to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP over TCP.
    Http,
    /// HTTP inside TLS.
    Https,
    /// Numbered datagrams, see [`udp`](crate::udp); the path means nothing.
    Udp,
}

/// Why a URL cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadUrl {
    /// It is not a URL with a scheme and a host.
    #[error("not a URL; write http://host[:port]/path")]
    Malformed,
    /// The scheme is another.
    #[error("only http://, https:// and udp:// are supported")]
    Scheme,
    /// There is no usual port for it.
    #[error("name the port; write udp://host:port")]
    NoPort,
    /// It carries a user name.
    #[error("a user name in the URL is not supported; send it with -H 'Authorization: …'")]
    UserName,
}

impl Url {
    /// Reads a URL; a missing path is `/`.
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let parts = text
            .parse::<Uri>()
            .map_err(|_| BadUrl::Malformed)?
            .into_parts();
        let authority = parts.authority.ok_or(BadUrl::Malformed)?;
        let scheme = match parts.scheme.ok_or(BadUrl::Malformed)?.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "udp" => Scheme::Udp,
            _ => return Err(BadUrl::Scheme),
        };
        if authority.as_str().contains('@') {
            return Err(BadUrl::UserName);
        }
        let has_port = authority.as_str().len() > authority.host().len();
        if authority.host().is_empty() || (has_port && authority.port_u16().is_none()) {
            return Err(BadUrl::Malformed);
        }
        if scheme == Scheme::Udp && !has_port {
            return Err(BadUrl::NoPort);
        }
        let path = parts
            .path_and_query
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self {
            scheme,
            authority,
            path,
        })
    }

    /// The host's name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// How to talk to the host.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The port, or the scheme's usual one if none is written.
    pub fn port(&self) -> u16 {
        let usual = match self.scheme {
            Scheme::Http | Scheme::Udp => 80,
            Scheme::Https => 443,
        };
        self.authority.port_u16().unwrap_or(usual)
    }

    /// A plan of one GET, to the address to which the host was resolved. For `https` its `tls` has
    /// to be filled in.
    pub fn plan(self, address: SocketAddr) -> Plan {
        let target = Target {
            addresses: vec![address],
            authority: self.authority,
        };
        Plan::new(target, Script::get(self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_port_and_path_are_what_is_written() {
        let url = Url::parse("http://[::1]:8080/a?b=c").unwrap();
        assert_eq!(
            (url.host(), url.port(), url.path.as_str()),
            ("::1", 8080, "/a?b=c")
        );
    }

    #[test]
    fn port_and_path_have_defaults() {
        let url = Url::parse("http://192.168.0.1").unwrap();
        assert_eq!(
            (url.host(), url.port(), url.path.as_str()),
            ("192.168.0.1", 80, "/")
        );
    }

    #[test]
    fn each_scheme_has_its_usual_port() {
        for (text, scheme, port) in [
            ("http://a/", Scheme::Http, 80),
            ("https://a/", Scheme::Https, 443),
            ("udp://a:7", Scheme::Udp, 7),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.scheme(), url.port()), (scheme, port));
        }
    }

    #[test]
    fn each_bad_url_has_its_reason() {
        for (text, reason) in [
            ("/index.html", BadUrl::Malformed),
            ("localhost:8080", BadUrl::Malformed),
            ("http://", BadUrl::Malformed),
            ("http://host:99999/", BadUrl::Malformed),
            ("ftp://host/", BadUrl::Scheme),
            ("udp://host/", BadUrl::NoPort),
            ("http://me:secret@host/", BadUrl::UserName),
        ] {
            assert_eq!(Url::parse(text), Err(reason), "{text}");
        }
    }
}
