//! A tunnel through an HTTP proxy, for TLS to what is behind it (RFC 9110, 9.3.6).

use hyper::header::HeaderValue;
use hyper::http::uri::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::response::MAX_HEAD;
use super::wire::Wire;
use crate::ErrorClass;
use crate::cause::Cause;

/// Whom a proxy is asked to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// The host, with its port.
    pub to: Authority,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<HeaderValue>,
}

impl Tunnel {
    fn request(&self) -> Vec<u8> {
        let to = &self.to;
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n").into_bytes();
        if let Some(value) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request
    }

    /// Asks for the tunnel, and reads no further than the proxy's consent.
    pub(crate) async fn open(&self, wire: &mut Wire) -> Result<(), Cause> {
        wire.write_all(&self.request()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            // Byte by byte: what comes after it is the server's.
            head.push(wire.read_u8().await?);
            if head.len() > MAX_HEAD {
                return Err(Cause::Malformed);
            }
        }
        if consents(&head)? {
            Ok(())
        } else {
            Err(Cause::Local(ErrorClass::ProxyRefused))
        }
    }
}

fn consents(head: &[u8]) -> Result<bool, Cause> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(head);
    let status = response.code.filter(|_| parsed.is_ok());
    let status = status.ok_or(Cause::Malformed)?;
    Ok((200..300).contains(&status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_is_consent() {
        assert_eq!(
            consents(b"HTTP/1.1 200 Connection established\r\n\r\n"),
            Ok(true)
        );
        assert_eq!(consents(b"HTTP/1.0 407 No\r\nA: b\r\n\r\n"), Ok(false));
        assert_eq!(consents(b"SSH-2.0\r\n\r\n"), Err(Cause::Malformed));
    }

    #[test]
    fn the_proxy_is_asked_with_its_credentials() {
        let tunnel = Tunnel {
            to: Authority::from_static("vip:443"),
            authorization: Some(HeaderValue::from_static("Basic eDp5")),
        };
        let request = String::from_utf8(tunnel.request()).unwrap();
        assert_eq!(
            request,
            "CONNECT vip:443 HTTP/1.1\r\nHost: vip:443\r\nProxy-Authorization: Basic eDp5\r\n\r\n"
        );
    }
}
