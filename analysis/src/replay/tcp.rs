//! The TCP states of a connection as IPVS sees them.

use std::time::Duration;

use crate::observation::SegmentKind;

/// The states of `enum ip_vs_tcp_states` (`include/net/ip_vs.h`) that a connection can reach here;
/// a new entry is in `IP_VS_TCP_S_NONE` only until the SYN that made it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TcpState {
    Established,
    SynSent,
    SynRecv,
    FinWait,
    TimeWait,
    Close,
    CloseWait,
}

/// Which of the kernel's tables applies to a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the client, on a connection whose replies pass the director.
    Input,
    /// From the real server.
    Output,
    /// From the client, on a connection whose replies bypass the director.
    InputOnly,
}

impl TcpState {
    /// Whether schedulers count the connection as active (`tcp_state_active_table`, Linux 6.1).
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Established | Self::SynSent | Self::SynRecv)
    }

    /// Whether a SYN of the same client port gets a new real server (`is_new_conn_expected` in
    /// `ip_vs_core.c`, Linux 6.1, with its default `conn_reuse_mode` of 1).
    pub(super) fn is_reusable(self) -> bool {
        matches!(self, Self::TimeWait | Self::Close)
    }

    /// How long an entry lives after its last segment (`tcp_timeouts`, Linux 6.1).
    ///
    /// `None` for an established connection: the kernel gives it 900 s from its last packet, but
    /// packets with data are not in the trace, so its silence there says nothing.
    pub(super) fn timeout(self) -> Option<Duration> {
        let seconds = match self {
            Self::Established => return None,
            Self::SynSent | Self::FinWait | Self::TimeWait => 120,
            Self::SynRecv | Self::CloseWait => 60,
            Self::Close => 10,
        };
        Some(Duration::from_secs(seconds))
    }

    /// The state after the pure ACK of the client that completes the handshake.
    pub(super) fn acknowledged(self) -> Self {
        match self {
            Self::SynRecv => Self::Established,
            other => other,
        }
    }

    /// The state after a segment: `tcp_states` of `ip_vs_proto_tcp.c`, Linux 6.1.
    pub(super) fn after(self, kind: SegmentKind, direction: Direction) -> Self {
        match (kind, direction) {
            (SegmentKind::Syn, Direction::Output) => self.after_syn_out(),
            (SegmentKind::Syn, _) => self.after_syn_in(),
            (SegmentKind::Fin, Direction::Input) => self.after_fin_in(),
            (SegmentKind::Fin, Direction::Output) => self.after_fin_out(),
            (SegmentKind::Fin, Direction::InputOnly) => self.after_fin_in_only(),
            (SegmentKind::Rst, Direction::Output) => self.after_rst_out(),
            (SegmentKind::Rst, _) => self.after_rst_in(),
        }
    }

    fn after_syn_in(self) -> Self {
        match self {
            Self::Established | Self::SynSent => Self::Established,
            _ => Self::SynRecv,
        }
    }

    fn after_syn_out(self) -> Self {
        match self {
            Self::Established | Self::SynRecv => self,
            _ => Self::SynSent,
        }
    }

    fn after_fin_in(self) -> Self {
        match self {
            Self::Established => Self::CloseWait,
            Self::SynRecv | Self::FinWait => Self::TimeWait,
            other => other,
        }
    }

    fn after_fin_out(self) -> Self {
        match self {
            Self::Established => Self::FinWait,
            Self::SynRecv | Self::CloseWait => Self::TimeWait,
            other => other,
        }
    }

    fn after_fin_in_only(self) -> Self {
        match self {
            Self::Established => Self::FinWait,
            Self::SynRecv => Self::TimeWait,
            other => other,
        }
    }

    fn after_rst_in(self) -> Self {
        match self {
            Self::SynRecv => Self::SynRecv,
            _ => Self::Close,
        }
    }

    fn after_rst_out(self) -> Self {
        match self {
            Self::SynSent | Self::TimeWait => self,
            _ => Self::Close,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{Input, InputOnly, Output};
    use super::SegmentKind::{Fin, Rst, Syn};
    use super::TcpState::{Close, CloseWait, Established, FinWait, SynRecv, SynSent, TimeWait};
    use super::*;

    const STATES: [TcpState; 7] = [
        Established,
        SynSent,
        SynRecv,
        FinWait,
        TimeWait,
        Close,
        CloseWait,
    ];

    /// The rows of `tcp_states` in Linux 6.1, with the columns sES sSS sSR sFW sTW sCL sCW.
    const KERNEL: [(SegmentKind, Direction, [TcpState; 7]); 9] = {
        const ES: TcpState = Established;
        const SS: TcpState = SynSent;
        const SR: TcpState = SynRecv;
        const FW: TcpState = FinWait;
        const TW: TcpState = TimeWait;
        const CL: TcpState = Close;
        const CW: TcpState = CloseWait;
        [
            (Syn, Input, [ES, ES, SR, SR, SR, SR, SR]),
            (Fin, Input, [CW, SS, TW, TW, TW, CL, CW]),
            (Rst, Input, [CL, CL, SR, CL, CL, CL, CL]),
            (Syn, Output, [ES, SS, SR, SS, SS, SS, SS]),
            (Fin, Output, [FW, SS, TW, FW, TW, CL, TW]),
            (Rst, Output, [CL, SS, CL, CL, TW, CL, CL]),
            (Syn, InputOnly, [ES, ES, SR, SR, SR, SR, SR]),
            (Fin, InputOnly, [FW, SS, TW, FW, TW, CL, CW]),
            (Rst, InputOnly, [CL, CL, SR, CL, CL, CL, CL]),
        ]
    };

    #[test]
    fn every_transition_is_the_kernels() {
        for (kind, direction, row) in KERNEL {
            let ours = STATES.map(|state| state.after(kind, direction));
            assert_eq!(ours, row, "{kind:?} {direction:?}");
        }
    }
}
