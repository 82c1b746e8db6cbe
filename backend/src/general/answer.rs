//! One request, by hyper.

use std::error::Error;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, SERVER};
use hyper::{Method, Request, Response, Version};

use super::Shared;
use super::payload::{Cut, Payload};
use crate::behaviour::Framing;
use crate::lean::is_kept;
use crate::reply::{Fate, Reply};
use crate::server::{SERVER_HEADER, SOFTWARE};
use crate::visit::Visit;

const SOFTWARE_VALUE: HeaderValue = HeaderValue::from_static(SOFTWARE);
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// The visit; a panic while it was locked has not left it half changed.
pub(super) fn locked(visit: &Mutex<Visit>) -> MutexGuard<'_, Visit> {
    visit.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries out what a request meets. An error ends the connection, or the stream of HTTP/2.
pub(super) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> io::Result<Response<Payload>> {
    let asked = Asked::of(&request);
    let target = request
        .uri()
        .path_and_query()
        .map_or("", |target| target.as_str());
    let (fate, idle) = {
        let mut visit = locked(&shared.visit);
        (
            visit.meet(target, asked.head_only),
            visit.behaviour().keep_alive.idle,
        )
    };
    if let Err(error) = discard(request.into_body(), idle).await {
        if is_malformed(&error) {
            locked(&shared.visit).server().tally.malformed();
        }
        return Err(error);
    }
    locked(&shared.visit).count(&fate);
    match fate {
        Fate::Silence => pending().await,
        Fate::Reset(delay) => {
            hold(delay).await;
            locked(&shared.visit).server().tally.reset(0);
            if asked.version < Version::HTTP_2 {
                shared.scissors.close();
            }
            Err(ErrorKind::ConnectionReset.into())
        }
        Fate::Reply(reply) => {
            hold(reply.delay).await;
            Ok(response(&shared, reply, asked))
        }
    }
}

/// Holds a response back. A sleep of no time at all would end with the timer's next millisecond.
async fn hold(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

/// What of a request the form of its response depends on.
#[derive(Clone, Copy)]
struct Asked {
    head_only: bool,
    version: Version,
    /// Whether the client wants to keep the connection.
    kept: bool,
}

impl Asked {
    fn of(request: &Request<Incoming>) -> Self {
        let version = request.version();
        let headers = request.headers().get_all(CONNECTION).iter();
        Self {
            head_only: request.method() == Method::HEAD,
            version,
            kept: headers.fold(version > Version::HTTP_10, |kept, value| {
                is_kept(kept, value.as_bytes())
            }),
        }
    }
}

/// Reads a body to its end and forgets it; asking for it is what makes hyper send `100 Continue`.
async fn discard(mut body: Incoming, idle: Option<Duration>) -> io::Result<()> {
    let reading = async {
        while let Some(frame) = body.frame().await {
            frame.map_err(io::Error::other)?;
        }
        Ok(())
    };
    match idle {
        Some(idle) => tokio::time::timeout(idle, reading).await?,
        None => reading.await,
    }
}

/// Whether a body could not be read because of what was sent, not because no more was sent.
fn is_malformed(error: &io::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(ErrorKind::InvalidInput | ErrorKind::InvalidData)) {
            return true;
        }
        // An `io::Error` passes over what it wraps and names the cause of that.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        cause = inner
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source());
    }
    false
}

fn response(shared: &Arc<Shared>, reply: Reply, asked: Asked) -> Response<Payload> {
    let visit = locked(&shared.visit);
    reply.count(&visit.server().tally, asked.head_only);
    let (status, content_type) = (reply.status, reply.content_type);
    let second = asked.version >= Version::HTTP_2;
    // HTTP/1.0 has no chunks: such a body ends with the connection.
    let endless = asked.version == Version::HTTP_10 && reply.framing != Framing::Length;
    let mut response = Response::new(Payload::new(reply, || {
        if second {
            Cut::Stream
        } else {
            Cut::Connection(Arc::clone(&shared.scissors))
        }
    }));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SERVER, SOFTWARE_VALUE);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        HeaderName::from_static(SERVER_HEADER),
        visit.server().name_value(),
    );
    let last = visit.is_last();
    if last && second {
        shared.last.notify_one();
    } else if !second && (last || endless || !asked.kept) {
        headers.insert(CONNECTION, CLOSE);
        if asked.version == Version::HTTP_10 {
            // Or hyper would add that it is kept.
            *response.version_mut() = Version::HTTP_10;
        }
    }
    response
}
