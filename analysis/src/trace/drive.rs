//! Lets happen in a replay what happened in a trace.

use super::Event;
use crate::model::ListError;
use crate::observation::SegmentKind;
use crate::replay::Replay;

/// Everything but decisions and counts, which are compared.
pub(super) fn drive(replay: &mut Replay, event: Event) -> Result<(), ListError> {
    match event {
        Event::Add { server, settings } => replay.director().add(server, settings)?,
        Event::Edit { server, settings } => replay.director().edit(server, settings)?,
        Event::Remove(server) => replay.director().remove(server)?,
        Event::Fin { flow, from } => replay.segment(flow, SegmentKind::Fin, from),
        Event::Rst { flow, from } => replay.segment(flow, SegmentKind::Rst, from),
        Event::Gone(flow) => {
            // By the model's own clock it may be gone already.
            let _ = replay.forget(flow);
        }
        Event::Open { .. } | Event::Count { .. } => {}
    }
    Ok(())
}
