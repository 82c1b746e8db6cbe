//! A trial that has to notice something.

use std::sync::Arc;

use analysis::trace::{Answer, Decision, Event, Trace, conform};
use director_setup::Scheduler;
use libtest_mimic::Trial;

use super::PREFIX;
use super::addresses;
use super::case::{Case, Changes};
use crate::guest::Guest;
use crate::skip;

/// One pick in the middle of what the kernel did is altered.
pub fn trial(guest: &Arc<Guest>) -> Trial {
    let guest = Arc::clone(guest);
    let case = Case {
        changes: Changes::Planned,
        ..Case::new(Scheduler::WeightedRoundRobin, &[4, 3, 2])
    };
    Trial::ignorable_test(format!("{PREFIX}an_altered_pick_is_noticed"), move || {
        let trace = match super::recorded(&guest, &format!("{PREFIX}{case}")) {
            Ok(trace) => trace,
            Err(ending) => return ending,
        };
        let (altered, line) = alter(&trace);
        let disagreement = conform(&altered)?.first_disagreement;
        let disagreement = disagreement.expect("an altered pick is noticed");
        assert_eq!(disagreement.line, line);
        assert_ne!(disagreement.model, disagreement.kernel);
        assert!(matches!(disagreement.model, Answer::Decision(_)));
        skip::conclude(Ok(()))
    })
}

/// The trace with one pick altered, and the line of that.
fn alter(trace: &Trace) -> (Trace, usize) {
    let mut picks = trace.events().iter().filter_map(|timed| match timed.event {
        Event::Open {
            decision: Decision::Server(server),
            ..
        } => Some((timed.line, server)),
        _ => None,
    });
    let (line, picked) = picks.nth(super::OPENINGS / 2).expect("there are so many");
    let other = addresses::server(usize::from(picked == addresses::server(0)));
    let text = trace.to_string();
    let lines = text.lines().zip(1..).map(|(text, number)| {
        let text = if number == line {
            text.replace(&format!(" {picked}"), &format!(" {other}"))
        } else {
            text.to_owned()
        };
        text + "\n"
    });
    let altered: String = lines.collect();
    (altered.parse().expect("it is still a trace"), line)
}
