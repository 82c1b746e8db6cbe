//! A plan that came to an end before its end.

use std::collections::HashSet;
use std::fmt::{self, Write};

use super::Step;
use crate::{Change, Error, ServiceKey};

/// Steps that are named in a message; the others are counted.
const SHOWN: usize = 20;

/// A plan that was not carried out to its end. What was done stays done.
#[derive(Debug, thiserror::Error)]
#[error("{source}\n{}", Account(.done, .left))]
pub struct Stopped {
    /// The steps that were taken.
    pub done: Vec<Step>,
    /// The others; the first of them is what failed.
    pub left: Vec<Step>,
    /// Why.
    pub source: Error,
}

/// What was done and what was not.
struct Account<'a>(&'a [Step], &'a [Step]);

impl fmt::Display for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(done, left) = self;
        if done.is_empty() {
            f.write_str("nothing was changed")?;
        } else {
            write!(f, "done, and kept:{}", list(done))?;
        }
        write!(f, "\nnot done:{}", list(left))?;
        for key in incomplete(done, left) {
            write!(
                f,
                "\nservice {key} is new and does not have all of its real servers yet"
            )?;
        }
        write!(
            f,
            "\nOnce the cause is gone, the same command goes on from here."
        )
    }
}

fn list(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps.iter().take(SHOWN) {
        write!(text, "\n  {step}").expect("a String takes everything");
    }
    if let Some(more) = steps.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        write!(text, "\n  and {more} more").expect("a String takes everything");
    }
    text
}

/// Services that were added and lack a real server that should have been added too.
fn incomplete(done: &[Step], left: &[Step]) -> Vec<ServiceKey> {
    let lacking: HashSet<ServiceKey> = left
        .iter()
        .filter_map(|step| match &step.change {
            Change::AddServer { key, .. } => Some(*key),
            _ => None,
        })
        .collect();
    done.iter()
        .filter_map(|step| match &step.change {
            Change::AddService { service } if lacking.contains(&service.key) => Some(service.key),
            _ => None,
        })
        .collect()
}
