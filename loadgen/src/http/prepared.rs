//! Requests, made once and sent often.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request, Uri, Version};

use super::response::Body;
use crate::{Close, ConnectionMode, Plan, Protocol, Step};

const SOFTWARE: HeaderValue =
    HeaderValue::from_static(concat!("loadgen/", env!("CARGO_PKG_VERSION")));

/// One step of a script, ready to be sent on either path.
pub(crate) struct Prepared {
    /// As it goes over the wire in HTTP/1.
    pub(crate) bytes: Vec<u8>,
    /// The same for the last request of a connection.
    pub(crate) last: Vec<u8>,
    /// What its response may have.
    pub(crate) body: Body,
    /// For hyper.
    request: Request<Full<Bytes>>,
    last_request: Request<Full<Bytes>>,
}

/// Whether more requests are to come on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    Yes,
    No,
}

impl Prepared {
    pub(crate) fn new(plan: &Plan, step: &Step) -> Self {
        let more = Draft::new(plan, step, More::Yes);
        let last = Draft::new(plan, step, More::No);
        Self {
            bytes: more.bytes(),
            last: last.bytes(),
            body: if step.method == Method::HEAD {
                Body::Never
            } else {
                Body::Possible
            },
            request: more.request(),
            last_request: last.request(),
        }
    }

    pub(crate) fn wire(&self, more: More) -> &[u8] {
        match more {
            More::Yes => &self.bytes,
            More::No => &self.last,
        }
    }

    pub(crate) fn request(&self, more: More) -> Request<Full<Bytes>> {
        match more {
            More::Yes => self.request.clone(),
            More::No => self.last_request.clone(),
        }
    }
}

/// A request as lines.
struct Draft<'a> {
    plan: &'a Plan,
    step: &'a Step,
    target: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl<'a> Draft<'a> {
    fn new(plan: &'a Plan, step: &'a Step, more: More) -> Self {
        let target = if plan.by_proxy || plan.protocol == Protocol::Http2 {
            format!("{}://{}{}", plan.scheme(), authority(plan, step), step.path)
        } else {
            step.path.to_string()
        };
        Self {
            plan,
            step,
            target,
            headers: headers(plan, step, more),
        }
    }

    fn version(&self) -> Version {
        match self.plan.protocol {
            Protocol::Http10 => Version::HTTP_10,
            Protocol::Http11 => Version::HTTP_11,
            Protocol::Http2 => Version::HTTP_2,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let start = format!(
            "{} {} {:?}\r\n",
            self.step.method,
            self.target,
            self.version()
        );
        let mut bytes = start.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(self.spelt(name).as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.step.body);
        bytes
    }

    fn spelt(&self, name: &HeaderName) -> String {
        let given = self.plan.spelling.iter().find(|(other, _)| other == name);
        given.map_or_else(|| titled(name), |(_, spelling)| spelling.clone())
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.step.body.clone()));
        *request.method_mut() = self.step.method.clone();
        *request.version_mut() = self.version();
        // What PathAndQuery and Authority accept, Uri accepts; without it the request is for `/`.
        *request.uri_mut() = Uri::try_from(self.target.as_str()).unwrap_or_default();
        let headers: &mut HeaderMap = request.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        if self.plan.protocol == Protocol::Http2 {
            headers.remove(CONNECTION);
            headers.remove(HOST);
        }
        request
    }
}

/// Who is asked: in HTTP/2 a header `Host` goes there.
fn authority<'a>(plan: &'a Plan, step: &'a Step) -> &'a str {
    let given = plan.headers.iter().chain(&step.headers);
    let mut hosts = given.filter(|(name, _)| *name == HOST && plan.protocol == Protocol::Http2);
    let host = hosts.next().and_then(|(_, value)| value.to_str().ok());
    host.unwrap_or(plan.target.authority.as_str())
}

/// The headers in ab's order. Those of the step and the plan replace what is sent otherwise.
fn headers(plan: &Plan, step: &Step, more: More) -> Vec<(HeaderName, HeaderValue)> {
    let given: Vec<_> = plan.headers.iter().chain(&step.headers).cloned().collect();
    let host = HeaderValue::from_str(plan.target.authority.as_str()).ok();
    let usually_with_body = [Method::POST, Method::PUT, Method::PATCH].contains(&step.method);
    let length =
        (usually_with_body || !step.body.is_empty()).then(|| HeaderValue::from(step.body.len()));
    let connection = connection(plan, more).map(HeaderValue::from_static);
    let before = [(CONNECTION, connection), (CONTENT_LENGTH, length)];
    let after = [
        (HOST, host),
        (USER_AGENT, Some(SOFTWARE)),
        (ACCEPT, Some(HeaderValue::from_static("*/*"))),
    ];
    let missing = |(name, value): (HeaderName, Option<HeaderValue>)| {
        let is_given = given.iter().any(|(other, _)| *other == name);
        value.filter(|_| !is_given).map(|value| (name, value))
    };
    let (before, after): (Vec<_>, Vec<_>) = (
        before.into_iter().filter_map(missing).collect(),
        after.into_iter().filter_map(missing).collect(),
    );
    [before, given, after].concat()
}

/// What the header `Connection` says, if it has to say something.
fn connection(plan: &Plan, more: More) -> Option<&'static str> {
    let more_to_come = more == More::Yes && plan.connections != ConnectionMode::PerRequest;
    let keep = more_to_come || plan.close != Close::Server;
    match (plan.protocol, keep) {
        (Protocol::Http10, true) => Some("Keep-Alive"),
        (Protocol::Http11, false) => Some("close"),
        (Protocol::Http10, false) | (Protocol::Http11, true) | (Protocol::Http2, _) => None,
    }
}

/// `user-agent` as `User-Agent`: there are servers that compare names by case.
fn titled(name: &HeaderName) -> String {
    let mut upper = true;
    let title = |letter: char| {
        let titled = if upper {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        upper = letter == '-';
        titled
    };
    name.as_str().chars().map(title).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Url;

    fn plan() -> Plan {
        let url = Url::parse("http://192.168.0.1/index.html?a=b").unwrap();
        let mut plan = url.plan("192.168.0.1:80".parse().unwrap()).unwrap();
        plan.headers = vec![(USER_AGENT, HeaderValue::from_static("ApacheBench/2.3"))];
        plan
    }

    fn wire(plan: &Plan, more: More) -> String {
        let prepared = Prepared::new(plan, &plan.script.steps()[0]);
        String::from_utf8(prepared.wire(more).to_vec()).unwrap()
    }

    #[test]
    fn in_http_1_0_it_is_what_ab_sends() {
        let mut plan = plan();
        plan.protocol = Protocol::Http10;
        plan.connections = ConnectionMode::KeepAlive;
        insta::assert_snapshot!(wire(&plan, More::Yes).replace('\r', ""), @r"
        GET /index.html?a=b HTTP/1.0
        Connection: Keep-Alive
        User-Agent: ApacheBench/2.3
        Host: 192.168.0.1
        Accept: */*
        ");
    }

    #[test]
    fn the_last_request_asks_the_server_to_close_if_it_shall() {
        let mut plan = plan();
        plan.connections = ConnectionMode::Limited(std::num::NonZeroU64::MIN);
        assert!(!wire(&plan, More::Yes).contains("Connection"));
        assert!(wire(&plan, More::No).contains("Connection: close\r\n"));
        for close in [Close::Fin, Close::Rst] {
            plan.close = close;
            assert!(!wire(&plan, More::No).contains("Connection"));
        }
    }

    #[test]
    fn a_body_is_announced_and_a_proxy_is_given_the_whole_url() {
        let mut plan = plan();
        plan.by_proxy = true;
        plan.script = crate::Script::new(vec![Step {
            method: Method::POST,
            body: Bytes::from_static(b"a=1"),
            ..plan.script.steps()[0].clone()
        }])
        .unwrap();
        let wire = wire(&plan, More::No);
        assert!(wire.starts_with("POST http://192.168.0.1/index.html?a=b HTTP/1.1\r\n"));
        assert!(wire.contains("Content-Length: 3\r\n") && wire.ends_with("\r\n\r\na=1"));
    }
}
