//! Replays a trace through the model of its scheduler and compares.

use director_setup::{Protocol, Scheduler};
use serde::Serialize;

use super::disagreement::{Answer, Disagreement, ServerState};
use super::drive::drive;
use super::{Decision, Event, TimedEvent, Trace};
use crate::director::{Director, NoModel};
use crate::model::{Determinism, ListError};
use crate::observation::SegmentKind;
use crate::replay::{Flow, Opening, Origin, Replay, Replies};

/// Why a trace cannot be compared with a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConformError {
    /// The scheduler is unknown.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// Two draws of the same scheduler need not agree.
    #[error("{0} draws its servers at random: compare shares, not single picks")]
    Chance(Scheduler),
    /// Chances are known of twos alone, and where each connection is drawn for.
    #[error("chances are known of twos with TCP and without persistence")]
    NoChances,
    /// The model's list of real servers is not the kernel's.
    #[error(transparent)]
    Servers(#[from] ListError),
}

/// How much of what was compared is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// How many were compared.
    pub compared: u64,
    /// How many of them are equal.
    pub agreed: u64,
}

/// How far model and kernel agree.
///
/// The model goes on from its own picks: one wrong pick may well be followed by others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conformance {
    /// Decisions: each `open` of the trace.
    pub picks: Tally,
    /// Counts of open connections: each `count` of the trace.
    pub counts: Tally,
    /// Where they part.
    pub first_disagreement: Option<Disagreement>,
}

impl Conformance {
    /// Whether everything that was compared is equal, and something was.
    pub const fn is_full(&self) -> bool {
        self.first_disagreement.is_none() && self.picks.compared > 0
    }
}

impl Tally {
    fn note(&mut self, is_equal: bool) {
        self.compared += 1;
        self.agreed += u64::from(is_equal);
    }
}

/// Compares every decision of the kernel with the model's, and every count.
///
/// Entries of the connection table expire by the timeouts of TCP and UDP; the kernel's timers are
/// late by up to an eighth. So a trace must not decide anything within that time, or the model may
/// know less connections than the kernel.
pub fn conform(trace: &Trace) -> Result<Conformance, ConformError> {
    let mut run = Run::new(trace)?;
    let mut conformance = Conformance {
        picks: Tally::default(),
        counts: Tally::default(),
        first_disagreement: None,
    };
    for (index, timed) in trace.events.iter().enumerate() {
        let Some((model, kernel)) = run.happen(timed)? else {
            continue;
        };
        match timed.event {
            Event::Count { .. } => conformance.counts.note(model == kernel),
            _ => conformance.picks.note(model == kernel),
        }
        if model != kernel && conformance.first_disagreement.is_none() {
            conformance.first_disagreement = Some(Disagreement {
                line: timed.line,
                event: timed.text(trace.header.target).to_string(),
                model,
                kernel,
                servers: Run::before(trace, index)?,
            });
        }
    }
    Ok(conformance)
}

/// A model in the middle of a trace.
struct Run {
    replay: Replay,
    protocol: Protocol,
    replies: Replies,
}

impl Run {
    fn new(trace: &Trace) -> Result<Self, ConformError> {
        let header = &trace.header;
        if Determinism::of(&header.scheduler) == Some(Determinism::LoadAndChance) {
            return Err(ConformError::Chance(header.scheduler.clone()));
        }
        let director = Director::new(&header.settings())?;
        Ok(Self {
            replay: Replay::new(director, header.replies),
            protocol: header.protocol,
            replies: header.replies,
        })
    }

    /// The servers just before the event of this index.
    fn before(trace: &Trace, index: usize) -> Result<Vec<ServerState>, ConformError> {
        let mut run = Self::new(trace)?;
        for timed in &trace.events[..index] {
            run.happen(timed)?;
        }
        run.replay.advance(trace.events[index].at);
        let servers = run.replay.director().servers();
        Ok(servers
            .kernel_order()
            .map(|(_, server)| ServerState::from(server))
            .collect())
    }

    /// What the model says and what the kernel said, of an event that is a decision or a count.
    fn happen(&mut self, timed: &TimedEvent) -> Result<Option<(Answer, Answer)>, ConformError> {
        self.replay.advance(timed.at);
        match timed.event {
            Event::Open { flow, decision } => {
                let model = self.open(flow);
                return Ok(Some((model.into(), decision.into())));
            }
            Event::Count {
                server,
                active,
                inactive,
            } => {
                let kernel = Answer::Counts { active, inactive };
                let servers = self.replay.director().servers();
                let slot = servers.find(server).ok_or(ListError::Unknown(server))?;
                return Ok(Some((Answer::counts_of(servers.at(slot)), kernel)));
            }
            other => drive(&mut self.replay, other)?,
        }
        Ok(None)
    }

    fn open(&mut self, flow: Flow) -> Decision {
        let opening = match self.protocol {
            Protocol::Tcp => self.replay.syn(flow),
            _ => self.replay.datagram(flow),
        };
        let (Opening::Scheduled(server) | Opening::Known(server)) = opening else {
            return Decision::Refused;
        };
        let servers = self.replay.director().servers();
        if servers.slot_of(server).is_none() {
            // What goes to a removed server is dropped.
            return Decision::Refused;
        }
        let address = servers.get(server).address;
        if self.protocol == Protocol::Tcp && self.replies == Replies::PassDirector {
            self.replay.segment(flow, SegmentKind::Syn, Origin::Server);
        }
        Decision::Server(address)
    }
}
