//! Commands that are killed at some moment leave nothing behind.

use netns_lab::exit;
use nix::sys::signal::Signal;

use super::running::{ENDLESS, Moment, Running};
use crate::command::Sandbox;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "faults":
        kill_9_as_the_command_starts_leaves_nothing_behind,
        kill_9_during_the_boot_leaves_nothing_behind,
        kill_9_as_the_lab_is_built_leaves_nothing_behind,
        kill_9_during_the_load_leaves_nothing_behind,
        kill_9_ends_even_a_guest_that_does_not_notice,
        ctrl_c_during_the_boot_is_inconclusive_and_leaves_nothing_behind,
        ctrl_c_during_the_load_is_inconclusive_and_leaves_nothing_behind,
        sigterm_as_the_lab_is_built_is_inconclusive_and_leaves_nothing_behind,
        a_guest_that_is_killed_is_a_bug_and_leaves_nothing_behind,
        a_guest_that_falls_silent_is_a_bug_and_leaves_nothing_behind,
    ]
}

fn reach(moment: Moment) -> Result<Running, Skipped> {
    let sandbox = Sandbox::new();
    let command = sandbox.run_command(&ENDLESS);
    Running::reach(moment, sandbox, command)
}

fn kill_9(moment: Moment) -> Outcome {
    let running = reach(moment)?;
    running.signal(Signal::SIGKILL);
    let (code, said) = running.end();
    assert_eq!(code, None, "it was killed: {said}");
    Ok(())
}

fn kill_9_as_the_command_starts_leaves_nothing_behind() -> Outcome {
    kill_9(Moment::Start)
}

fn kill_9_during_the_boot_leaves_nothing_behind() -> Outcome {
    kill_9(Moment::Boot)
}

fn kill_9_as_the_lab_is_built_leaves_nothing_behind() -> Outcome {
    kill_9(Moment::Lab)
}

fn kill_9_during_the_load_leaves_nothing_behind() -> Outcome {
    kill_9(Moment::Load)
}

/// A guest that is stopped cannot see that its line was closed: the kernel ends it.
fn kill_9_ends_even_a_guest_that_does_not_notice() -> Outcome {
    let mut running = reach(Moment::Load)?;
    running.signal_guest(Signal::SIGSTOP);
    running.signal(Signal::SIGKILL);
    if !running.is_walled() {
        running.signal_guest(Signal::SIGCONT);
    }
    let (code, said) = running.end();
    assert_eq!(code, None, "it was killed: {said}");
    Ok(())
}

fn interrupt(moment: Moment, signal: Signal) -> Outcome {
    let running = reach(moment)?;
    running.signal(signal);
    let (code, said) = running.end();
    assert_eq!(code, Some(exit::INCONCLUSIVE.into()), "{said}");
    assert!(said.contains("interrupted"), "{said}");
    Ok(())
}

fn ctrl_c_during_the_boot_is_inconclusive_and_leaves_nothing_behind() -> Outcome {
    interrupt(Moment::Boot, Signal::SIGINT)
}

fn ctrl_c_during_the_load_is_inconclusive_and_leaves_nothing_behind() -> Outcome {
    interrupt(Moment::Load, Signal::SIGINT)
}

fn sigterm_as_the_lab_is_built_is_inconclusive_and_leaves_nothing_behind() -> Outcome {
    interrupt(Moment::Lab, Signal::SIGTERM)
}

fn a_guest_that_is_killed_is_a_bug_and_leaves_nothing_behind() -> Outcome {
    let mut running = reach(Moment::Load)?;
    running.signal_guest(Signal::SIGKILL);
    let (code, said) = running.end();
    assert_eq!(code, Some(exit::BUG.into()), "{said}");
    assert!(said.contains("the lab died"), "{said}");
    Ok(())
}

fn a_guest_that_falls_silent_is_a_bug_and_leaves_nothing_behind() -> Outcome {
    let mut running = reach(Moment::Load)?;
    running.signal_guest(Signal::SIGSTOP);
    let (code, said) = running.end();
    assert_eq!(code, Some(exit::BUG.into()), "{said}");
    assert!(said.contains("the lab hangs"), "{said}");
    Ok(())
}
