//! One connection, on either path. A worker only opens, exchanges, asks whether it may go on, and
//! closes.

use std::rc::Rc;

use tokio::net::TcpStream;

use super::answer::Answer;
use super::general::General;
use super::lean::{Lean, Reader};
use super::prepared::{More, Prepared};
use super::tls::TlsParameters;
use super::wire::{Answers, Carrier, Carries, Wire};
use crate::cause::Cause;
use crate::engine::Slot;
use crate::net::Stream;
use crate::{Plan, Protocol};

pub(crate) struct Connection {
    path: Path,
    /// Requests answered on it.
    pub(crate) answers: u64,
    pub(crate) tls: Option<Box<TlsParameters>>,
}

enum Path {
    Lean(Lean),
    General(Box<General>),
}

impl Connection {
    /// Makes an HTTP connection of a TCP connection, on the lean path.
    pub(crate) fn lean(stream: Stream) -> Self {
        Self {
            path: Path::Lean(Lean::new(stream)),
            answers: 0,
            tls: None,
        }
    }

    /// The same on the general path.
    pub(crate) async fn general(
        stream: TcpStream,
        plan: &Plan,
        slot: &Rc<Slot>,
    ) -> Result<Self, Cause> {
        let content = if plan.tls.is_some() {
            Carries::Records
        } else {
            Carries::Http
        };
        let mut wire = Wire::new(stream, Rc::clone(slot), content);
        if let Some(tunnel) = &plan.tunnel {
            tunnel.open(&mut wire).await?;
        }
        let answers = if plan.protocol == Protocol::Http2 {
            Answers::Head
        } else {
            Answers::FirstByte
        };
        let (carrier, tls) = match &plan.tls {
            None => (Carrier::bare(wire, answers), None),
            Some(tls) => {
                let stream = tls.handshake(wire).await?;
                let parameters = Box::new(TlsParameters::of(&stream));
                (Carrier::tls(stream, answers), Some(parameters))
            }
        };
        let general = General::open(carrier, plan.protocol).await?;
        Ok(Self {
            path: Path::General(Box::new(general)),
            answers: 0,
            tls,
        })
    }

    /// Sends a request and reads the response to its end.
    pub(crate) async fn exchange(
        &mut self,
        reader: &Reader,
        slot: &Slot,
        prepared: &Prepared,
        more: More,
        answer: &mut Answer,
    ) -> Result<(), Cause> {
        match &mut self.path {
            Path::Lean(lean) => lean.exchange(reader, slot, prepared, more, answer).await?,
            Path::General(general) => {
                Box::pin(general.exchange(slot, prepared.request(more), answer)).await?;
            }
        }
        self.answers += 1;
        Ok(())
    }

    /// Whether the connection can carry another request: neither side asked to close it.
    pub(crate) async fn is_reusable(&mut self) -> bool {
        match &mut self.path {
            Path::Lean(lean) => lean.is_reusable(),
            Path::General(general) => Box::pin(general.is_reusable()).await,
        }
    }

    /// Waits until the peer has closed.
    pub(crate) async fn closed_by_peer(self, reader: &Reader, slot: &Slot) {
        match self.path {
            Path::Lean(mut lean) => lean.closed_by_peer(reader, slot).await,
            Path::General(general) => Box::pin(general.closed_by_peer()).await,
        }
    }
}
