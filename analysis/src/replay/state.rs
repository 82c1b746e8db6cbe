//! The states of a connection's entry.

use std::time::Duration;

use super::engine::{Origin, Replies};
use super::tcp::{Direction, TcpState};
use crate::model::Activity;
use crate::observation::SegmentKind;

/// The state of an entry, by its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Tcp(TcpState),
    /// `IP_VS_UDP_S_NORMAL`, the only one.
    Udp,
}

/// `udp_timeouts` of `ip_vs_proto_udp.c`, Linux 6.1.
pub(crate) const UDP_TIMEOUT: Duration = Duration::from_secs(300);

impl State {
    /// Whether schedulers count the connection as active; UDP never.
    pub(super) fn activity(self) -> Activity {
        match self {
            Self::Tcp(state) if state.is_active() => Activity::Active,
            Self::Tcp(_) | Self::Udp => Activity::Inactive,
        }
    }

    /// How long an entry lives after its last packet; `None` if its silence in the trace says
    /// nothing.
    pub(super) fn timeout(self) -> Option<Duration> {
        match self {
            Self::Tcp(state) => state.timeout(),
            Self::Udp => Some(UDP_TIMEOUT),
        }
    }
}

/// How long the entry of an established TCP connection lives after these segments, which close it.
pub(crate) fn lingering(closing: &[(Origin, SegmentKind)], replies: Replies) -> Duration {
    let mut state = TcpState::Established;
    for &(from, kind) in closing {
        let direction = match (from, replies) {
            (Origin::Server, Replies::BypassDirector) => continue,
            (Origin::Server, Replies::PassDirector) => Direction::Output,
            (Origin::Client, Replies::PassDirector) => Direction::Input,
            (Origin::Client, Replies::BypassDirector) => Direction::InputOnly,
        };
        state = state.after(kind, direction);
    }
    state.timeout().unwrap_or_default()
}
