//! The URL as a user writes it.

use std::net::SocketAddr;

use hyper::http::uri::{Authority, PathAndQuery, Scheme, Uri};
use thiserror::Error;

use crate::{Plan, Script, Target};

/// `http://host[:port][/path]`, not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    authority: Authority,
    path: PathAndQuery,
}

/// Why a URL cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadUrl {
    /// It is not a URL with a scheme and a host.
    #[error("not a URL; write http://host[:port]/path")]
    Malformed,
    /// The scheme is another than http.
    #[error("only http:// is supported")]
    Scheme,
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
        match parts.scheme {
            Some(scheme) if scheme == Scheme::HTTP => {}
            Some(_) => return Err(BadUrl::Scheme),
            None => return Err(BadUrl::Malformed),
        }
        if authority.as_str().contains('@') {
            return Err(BadUrl::UserName);
        }
        let has_port = authority.as_str().len() > authority.host().len();
        if authority.host().is_empty() || (has_port && authority.port_u16().is_none()) {
            return Err(BadUrl::Malformed);
        }
        let path = parts
            .path_and_query
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { authority, path })
    }

    /// The host's name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// The port, 80 if none is written.
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    /// A plan of one GET, to the address to which the host was resolved.
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
    fn each_bad_url_has_its_reason() {
        for (text, reason) in [
            ("/index.html", BadUrl::Malformed),
            ("localhost:8080", BadUrl::Malformed),
            ("http://", BadUrl::Malformed),
            ("http://host:99999/", BadUrl::Malformed),
            ("https://host/", BadUrl::Scheme),
            ("http://me:secret@host/", BadUrl::UserName),
        ] {
            assert_eq!(Url::parse(text), Err(reason), "{text}");
        }
    }
}
