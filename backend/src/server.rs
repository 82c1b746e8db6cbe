//! The real server: its name, its behaviour and its counts.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use hyper::header::HeaderValue;
use thiserror::Error;
use tokio::sync::{Notify, watch};

use crate::Counters;
use crate::behaviour::{Answers, Behaviour};
use crate::counters::Tally;

/// The header by which every response names its server.
pub const SERVER_HEADER: &str = "x-real-server";

/// What the server calls its software in every response.
pub(crate) const SOFTWARE: &str = concat!("backend/", env!("CARGO_PKG_VERSION"));

/// Which code reads requests and writes responses. A client cannot tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Plain HTTP/1 requests by a path without allocations; a connection whose requests are anything
    /// else, HTTP/2 for one, is handed over to hyper.
    #[default]
    Lean,
    /// Everything by hyper.
    Hyper,
}

/// What is chosen when a server is made, besides its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// How it behaves at first.
    pub behaviour: Behaviour,
    /// What every random choice comes from.
    pub seed: u64,
    /// By which code.
    pub engine: Engine,
}

/// A server's name cannot be sent as a header value, or not in the one byte of length of an echo.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a server cannot be named {0:?}: use 1 to 255 visible ASCII characters")]
pub struct UnusableName(String);

/// One real server. It is shared by its listeners, its connections and whoever reads its counters.
#[derive(Debug)]
pub struct RealServer {
    name: String,
    name_value: HeaderValue,
    page: Bytes,
    behaviour: RwLock<Arc<Behaviour>>,
    pub(crate) seed: u64,
    pub(crate) engine: Engine,
    pub(crate) tally: Tally,
    /// Told whenever a place among the open connections may have become free.
    pub(crate) vacancy: Notify,
    draining: watch::Sender<bool>,
}

impl RealServer {
    /// A server of this name that has no listener yet and answers everything.
    ///
    /// The name must be usable as a header value: 1 to 255 characters of visible ASCII.
    pub fn new(name: &str) -> Result<Arc<Self>, UnusableName> {
        Self::configured(name, Configuration::default())
    }

    /// A server of this name and configuration that has no listener yet.
    pub fn configured(name: &str, chosen: Configuration) -> Result<Arc<Self>, UnusableName> {
        let unusable = || UnusableName(name.to_owned());
        let visible = name.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() || !visible || u8::try_from(name.len()).is_err() {
            return Err(unusable());
        }
        Ok(Arc::new(Self {
            name_value: HeaderValue::from_str(name).map_err(|_| unusable())?,
            page: Bytes::from(format!("{name}\n")),
            name: name.to_owned(),
            behaviour: RwLock::new(Arc::new(chosen.behaviour)),
            seed: chosen.seed,
            engine: chosen.engine,
            tally: Tally::default(),
            vacancy: Notify::new(),
            draining: watch::Sender::new(false),
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

    /// How it behaves now.
    pub fn behaviour(&self) -> Arc<Behaviour> {
        Arc::clone(
            &self
                .behaviour
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes the behaviour for connections accepted and requests read from now on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        *self
            .behaviour
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(behaviour);
        self.vacancy.notify_waiters();
    }

    /// Changes whether requests read from now on are answered, those for `/stats` included.
    ///
    /// A request that met [`Answers::Never`] stays without an answer, whatever is set later.
    pub fn set_answers(&self, answers: Answers) {
        let mut behaviour = self
            .behaviour
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut behaviour).answers = answers;
    }

    /// Lets the server come to its end: its listeners close, idle connections are closed, and the
    /// others are closed after the response they wait for. Every [`RealServer::serve`] returns when
    /// its last connection has ended; how long to wait for that is up to the caller.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Ends when the server is told to drain.
    pub(crate) fn drained(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut draining = self.draining.subscribe();
        async move {
            if draining.wait_for(|draining| *draining).await.is_err() {
                // Without the server nobody can tell it to drain.
                std::future::pending::<()>().await;
            }
        }
    }

    pub(crate) fn page(&self) -> Bytes {
        self.page.clone()
    }

    pub(crate) fn name_value(&self) -> HeaderValue {
        self.name_value.clone()
    }
}
