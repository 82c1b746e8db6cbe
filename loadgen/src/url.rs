//! The URL as ab reads it.

use std::fmt;
use std::net::SocketAddr;

use hyper::http;
use hyper::http::uri::{Authority, PathAndQuery};
use thiserror::Error;

use crate::{Plan, Script, Target};

/// What is spoken to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP over TCP.
    Http,
    /// HTTP over TLS.
    Https,
    /// Numbered datagrams.
    Udp,
}

impl Scheme {
    const fn port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Udp => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Udp => "udp",
        })
    }
}

/// `[http[s]://]host[:port]/path` or `udp://host:port[/]`, not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// What is spoken.
    pub scheme: Scheme,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port, by default 80 or 443.
    pub port: u16,
    /// From the first slash on, so never empty, as it is sent.
    pub path: String,
}

/// Why ab, or this program, does not take a URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadUrl {
    /// There is no slash after the host.
    #[error("there is no path; write http://host[:port]/path, at least http://host/")]
    NoPath,
    /// There is nothing before the path.
    #[error("there is no host; write http://host[:port]/path")]
    NoHost,
    /// The port is not from 1 to 65535. ab takes `host:12x` for the name of a host.
    #[error("the port '{0}' is not a number from 1 to 65535")]
    Port(String),
    /// A scheme other than http, https and udp. ab takes it for the name of a host.
    #[error("the scheme '{0}' is not http, https or udp")]
    Scheme(String),
    /// An IPv6 address that is not in brackets, or what is in brackets is none.
    #[error("'{0}' is no host; write an IPv6 address in brackets, as in http://[::1]:8080/")]
    Host(String),
    /// A user name or password, which ab takes for a part of the host's name.
    #[error("a user name in the URL is not supported; use -A user:password")]
    UserName,
    /// A blank, a control character or a character beyond ASCII, which HTTP cannot carry.
    #[error("the character {0:?} cannot be sent; write it as %XX")]
    Character(char),
    /// A datagram has no host and path of its own.
    #[error("a udp:// URL has a port and no path: write udp://host:port")]
    Udp,
}

impl Url {
    /// Reads a URL; without a scheme it is http.
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let odd = |c: &char| !c.is_ascii_graphic();
        if let Some(character) = text.chars().find(odd) {
            return Err(BadUrl::Character(character));
        }
        let (scheme, rest) = split_scheme(text)?;
        let (authority, path) = match (rest.find('/'), scheme) {
            (Some(slash), _) => rest.split_at(slash),
            (None, Scheme::Udp) => (rest, "/"),
            (None, _) => return Err(BadUrl::NoPath),
        };
        if scheme == Scheme::Udp && path != "/" {
            return Err(BadUrl::Udp);
        }
        let (host, port) = split_authority(authority)?;
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port: port.or(scheme.port()).ok_or(BadUrl::Udp)?,
            path: path.split('#').next().unwrap_or_default().to_owned(),
        })
    }

    /// A plan of one GET, to the address to which the host was resolved. For `https` its `tls` has
    /// to be filled in.
    pub fn plan(&self, address: SocketAddr) -> Result<Plan, http::Error> {
        let target = Target {
            addresses: vec![address],
            authority: Authority::try_from(self.authority())?,
        };
        let path = PathAndQuery::try_from(self.path.as_str())?;
        Ok(Plan::new(target, Script::get(path)))
    }

    /// The host, an IPv6 address in brackets, with the port.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", bracketed(&self.host), self.port)
    }

    /// The value of the header `Host`: an IPv6 address in brackets, the port unless it is the
    /// scheme's own.
    pub fn authority(&self) -> String {
        let host = bracketed(&self.host);
        if Some(self.port) == self.scheme.port() {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority(), self.path)
    }
}

/// A host as URLs write it.
pub(crate) fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn split_scheme(text: &str) -> Result<(Scheme, &str), BadUrl> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok((Scheme::Http, text));
    };
    // A path may contain a URL: only what is before the first slash is a scheme.
    if scheme.contains('/') {
        return Ok((Scheme::Http, text));
    }
    match scheme {
        "http" => Ok((Scheme::Http, rest)),
        "https" => Ok((Scheme::Https, rest)),
        "udp" => Ok((Scheme::Udp, rest)),
        other => Err(BadUrl::Scheme(other.to_owned())),
    }
}

/// Splits `host[:port]`; the port is looked for after the brackets of an IPv6 address.
pub(crate) fn split_authority(authority: &str) -> Result<(&str, Option<u16>), BadUrl> {
    if authority.contains('@') {
        return Err(BadUrl::UserName);
    }
    let wrong = || BadUrl::Host(authority.to_owned());
    let (host, port) = if let Some(inner) = authority.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').ok_or_else(wrong)?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(wrong()),
        }
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    if host.is_empty() {
        return Err(BadUrl::NoHost);
    }
    if port.is_some_and(|port| port.contains(':')) || host.contains(['[', ']', '?', '#']) {
        return Err(wrong());
    }
    Ok((host, port.map(read_port).transpose()?))
}

fn read_port(text: &str) -> Result<u16, BadUrl> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| BadUrl::Port(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_port_have_defaults() {
        let target = Url::parse("host/a?b=http://c/").unwrap();
        assert_eq!(
            (target.scheme, target.port, &*target.path),
            (Scheme::Http, 80, "/a?b=http://c/")
        );
        assert_eq!(Url::parse("https://host/").unwrap().port, 443);
    }

    #[test]
    fn the_authority_has_the_port_unless_it_is_the_schemes_own() {
        for (url, authority) in [
            ("http://host:80/", "host"),
            ("https://host:80/", "host:80"),
            ("http://[::1]/", "[::1]"),
            ("[::1]:8080/", "[::1]:8080"),
            ("udp://host:53", "host:53"),
        ] {
            assert_eq!(Url::parse(url).unwrap().authority(), authority);
        }
    }

    #[test]
    fn a_target_survives_being_written() {
        for url in ["http://a/b?c", "https://[2001:db8::1]:4430/", "udp://h:7/"] {
            assert_eq!(Url::parse(url).unwrap().to_string(), url);
        }
    }

    #[test]
    fn each_bad_url_has_its_reason() {
        for (url, reason) in [
            ("http://host", BadUrl::NoPath),
            ("", BadUrl::NoPath),
            ("/index.html", BadUrl::NoHost),
            ("http://:80/", BadUrl::NoHost),
            ("http://host:0/", BadUrl::Port("0".into())),
            ("http://host:80x/", BadUrl::Port("80x".into())),
            ("http://host:/", BadUrl::Port(String::new())),
            ("ftp://host/", BadUrl::Scheme("ftp".into())),
            ("http://::1/", BadUrl::NoHost),
            ("http://fe80::1/", BadUrl::Host("fe80::1".into())),
            ("http://[nonsense]/", BadUrl::Host("[nonsense]".into())),
            ("http://me:secret@host/", BadUrl::UserName),
            ("http://host/a b", BadUrl::Character(' ')),
            ("http://host/\r\nX: 1", BadUrl::Character('\r')),
            ("udp://host", BadUrl::Udp),
            ("udp://host:1/path", BadUrl::Udp),
        ] {
            assert_eq!(Url::parse(url), Err(reason), "{url}");
        }
    }
}
