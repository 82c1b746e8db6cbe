//! What is done about one request: decided here, carried out by an engine.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;

use crate::behaviour::{Answers, Behaviour, Chance, Framing};
use crate::counters::Tally;
use crate::route::{NoRoute, Route};
use crate::{RealServer, stats};

static FILLER: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// What a request meets.
#[derive(Debug)]
pub(crate) enum Fate {
    /// Nothing, as long as its client cares to wait.
    Silence,
    /// A reset without a byte of response.
    Reset(Duration),
    /// A response.
    Reply(Reply),
}

/// A response, and how it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Held back for so long.
    pub(crate) delay: Duration,
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Content,
    pub(crate) framing: Framing,
    /// The connection is reset after so many bytes of the body.
    pub(crate) reset_after: Option<u64>,
    /// Whether it is counted.
    pub(crate) counted: bool,
}

/// A body that is never copied: a piece, repeated until `length` bytes are sent.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) piece: Bytes,
    pub(crate) length: u64,
}

impl Content {
    /// The given bytes, once.
    pub(crate) fn once(piece: Bytes) -> Self {
        let length = piece.len() as u64;
        Self { piece, length }
    }

    /// `length` bytes of no meaning.
    fn filler(length: u64) -> Self {
        Self {
            piece: Bytes::from_static(&FILLER),
            length,
        }
    }
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, body: Content) -> Self {
        Self {
            delay: Duration::ZERO,
            status,
            content_type,
            body,
            framing: Framing::Length,
            reset_after: None,
            counted: true,
        }
    }

    /// A status with its meaning as the body, if it may have one.
    pub(crate) fn error(status: StatusCode) -> Self {
        let mut reply = Self::new(status, "text/plain", Content::once(Bytes::new()));
        if !reply.bodiless() {
            reply.body = Content::once(format!("{status}\n").into());
        }
        reply
    }

    fn uncounted(content_type: &'static str, text: String) -> Self {
        let reply = Self::new(StatusCode::OK, content_type, Content::once(text.into()));
        Self {
            counted: false,
            ..reply
        }
    }

    /// Whether its status forbids a body (RFC 9110, section 6.4.1).
    pub(crate) fn bodiless(&self) -> bool {
        matches!(
            self.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        )
    }

    /// Counts it; to be called before its first byte is sent.
    pub(crate) fn count(&self, tally: &Tally, head_only: bool) {
        if !self.counted {
            return;
        }
        match self.reset_after {
            Some(bytes) => tally.reset(bytes),
            None => tally.response(self.status, if head_only { 0 } else { self.body.length }),
        }
    }
}

/// Decides. Chance is asked in a fixed order: delay, error, size, reset.
pub(crate) fn decide(
    server: &RealServer,
    behaviour: &Behaviour,
    target: &str,
    head_only: bool,
    chance: &mut Chance,
) -> Fate {
    if behaviour.answers == Answers::Never {
        return Fate::Silence;
    }
    let route = Route::of(target);
    match route {
        Ok(Route::Stats) => {
            let text = stats::json(server.name(), &server.counters());
            Fate::Reply(Reply::uncounted("application/json", text))
        }
        Ok(Route::Metrics) => {
            let text = stats::open_metrics(server.name(), &server.counters());
            Fate::Reply(Reply::uncounted(stats::OPEN_METRICS, text))
        }
        Ok(Route::Page | Route::Bytes(_) | Route::Delay(_)) | Err(_) => cut(
            behaviour,
            reply(server, behaviour, route, chance),
            head_only,
            chance,
        ),
    }
}

fn reply(
    server: &RealServer,
    behaviour: &Behaviour,
    route: Result<Route, NoRoute>,
    chance: &mut Chance,
) -> Reply {
    let mut delay = behaviour.delay.draw(chance);
    if let Ok(Route::Delay(more)) = route {
        delay += more;
    }
    let wanted = match behaviour.errors.draw(chance) {
        Some(status) => Reply::error(status),
        None => wanted(server, behaviour, route, chance),
    };
    let framing = if wanted.bodiless() {
        Framing::Length
    } else {
        behaviour.framing
    };
    Reply {
        delay,
        framing,
        ..wanted
    }
}

/// The response when nothing fails on purpose.
fn wanted(
    server: &RealServer,
    behaviour: &Behaviour,
    route: Result<Route, NoRoute>,
    chance: &mut Chance,
) -> Reply {
    let ok = |content_type, body| Reply::new(StatusCode::OK, content_type, body);
    let filler = |length| ok("application/octet-stream", Content::filler(length));
    match (route, behaviour.size) {
        (Ok(Route::Bytes(length)), _) => filler(length),
        (Ok(_), Some(size)) => filler(size.draw(chance)),
        (Ok(_), None) => ok("text/html", Content::once(server.page())),
        (Err(reason), _) => {
            let body = Content::once(format!("{reason}\n").into());
            Reply::new(reason.status(), "text/plain", body)
        }
    }
}

fn cut(behaviour: &Behaviour, reply: Reply, head_only: bool, chance: &mut Chance) -> Fate {
    let Some(reset) = behaviour.reset.filter(|reset| reset.strikes(chance)) else {
        return Fate::Reply(reply);
    };
    match reset.sent_of(if head_only { 0 } else { reply.body.length }) {
        Some(bytes) => Fate::Reply(Reply {
            reset_after: Some(bytes),
            ..reply
        }),
        None => Fate::Reset(reply.delay),
    }
}
