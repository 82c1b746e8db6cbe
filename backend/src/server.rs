//! The real server: its name, its behaviour, and how it answers one request.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, SERVER};
use hyper::{Request, Response, StatusCode};
use thiserror::Error;

use crate::Counters;
use crate::counters::Tally;
use crate::payload::Payload;
use crate::route::{NoRoute, Route};

/// The header by which every response names its server.
pub const SERVER_HEADER: &str = "x-real-server";

const SOFTWARE: HeaderValue =
    HeaderValue::from_static(concat!("backend/", env!("CARGO_PKG_VERSION")));
const HTML: HeaderValue = HeaderValue::from_static("text/html");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FILLER: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Whether a server answers what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Every request is answered.
    Normally,
    /// Connections are accepted and requests are read, but never answered.
    Never,
}

/// A server's name cannot be sent as a header value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a server cannot be named {0:?}: use visible ASCII characters")]
pub struct UnusableName(String);

/// One real server. It is shared by its listeners, its connections and whoever reads its counters.
#[derive(Debug)]
pub struct RealServer {
    name: String,
    name_value: HeaderValue,
    page: Bytes,
    silent: AtomicBool,
    pub(crate) tally: Tally,
}

impl RealServer {
    /// A server of this name that has no listener yet.
    ///
    /// The name must be usable as a header value: not empty, visible ASCII.
    pub fn new(name: &str) -> Result<Arc<Self>, UnusableName> {
        let unusable = || UnusableName(name.to_owned());
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable());
        }
        Ok(Arc::new(Self {
            name_value: HeaderValue::from_str(name).map_err(|_| unusable())?,
            page: Bytes::from(format!("{name}\n")),
            name: name.to_owned(),
            silent: AtomicBool::new(false),
            tally: Tally::default(),
        }))
    }

    /// The name by which the server calls itself in every response.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The counts up to now.
    pub fn counters(&self) -> Counters {
        self.tally.snapshot()
    }

    /// Changes the behaviour for requests read from now on, `/stats` included.
    ///
    /// A request that met [`Answers::Never`] stays without an answer, whatever is set later.
    pub fn set_answers(&self, answers: Answers) {
        self.silent.store(answers == Answers::Never, Relaxed);
    }

    /// Answers any method alike: the path alone decides. hyper leaves the body out for HEAD.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Payload> {
        if self.silent.load(Relaxed) {
            return pending().await;
        }
        let route = request.uri().path().parse();
        if let Ok(Route::Delay(delay)) = route {
            tokio::time::sleep(delay).await;
        }
        let response = self.response(route);
        if route != Ok(Route::Stats) {
            self.tally.request_answered(body_bytes(&request, &response));
        }
        response
    }

    fn response(&self, route: Result<Route, NoRoute>) -> Response<Payload> {
        match route {
            Ok(Route::Page | Route::Delay(_)) => self.ok(HTML, Payload::once(self.page.clone())),
            Ok(Route::Bytes(length)) => self.ok(FILLER, Payload::filler(length)),
            Ok(Route::Stats) => self.ok(JSON, Payload::once(self.stats().into())),
            Err(reason) => self.refusal(reason),
        }
    }

    fn ok(&self, content_type: HeaderValue, body: Payload) -> Response<Payload> {
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(SERVER, SOFTWARE);
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(
            HeaderName::from_static(SERVER_HEADER),
            self.name_value.clone(),
        );
        response
    }

    fn refusal(&self, reason: NoRoute) -> Response<Payload> {
        let mut response = self.ok(TEXT, Payload::once(format!("{reason}\n").into()));
        *response.status_mut() = match reason {
            NoRoute::NotFound => StatusCode::NOT_FOUND,
            NoRoute::Bytes | NoRoute::Delay => StatusCode::BAD_REQUEST,
        };
        response
    }

    fn stats(&self) -> String {
        let Counters {
            connections,
            open,
            requests,
            bytes,
        } = self.counters();
        let stats = serde_json::json!({
            "name": self.name, "connections": connections, "open": open,
            "requests": requests, "bytes": bytes,
        });
        format!("{stats}\n")
    }
}

fn body_bytes(request: &Request<Incoming>, response: &Response<Payload>) -> u64 {
    if request.method() == hyper::Method::HEAD {
        0
    } else {
        response.body().left()
    }
}
