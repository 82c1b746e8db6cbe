//! Commands that are killed at some moment leave nothing behind.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use netns_lab::exit;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::family::Family;
use super::wait::until_none;
use crate::command::Sandbox;
use crate::kernel;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "faults":
        kill_9_as_the_command_starts_leaves_nothing_behind,
        kill_9_during_the_boot_leaves_nothing_behind,
        kill_9_as_the_lab_is_built_leaves_nothing_behind,
        kill_9_during_the_load_leaves_nothing_behind,
        ctrl_c_during_the_boot_is_inconclusive_and_leaves_nothing_behind,
        ctrl_c_during_the_load_is_inconclusive_and_leaves_nothing_behind,
        sigterm_as_the_lab_is_built_is_inconclusive_and_leaves_nothing_behind,
        a_guest_that_is_killed_is_a_bug_and_leaves_nothing_behind,
        a_guest_that_falls_silent_is_a_bug_and_leaves_nothing_behind,
    ]
}

/// Far more than can be done before the end of the test.
const ENDLESS: [&str; 6] = [
    "--engine",
    "uml",
    "--requests",
    "1000000",
    "--time-limit",
    "10m",
];
/// Into the load: the lab is built in a fraction of it.
const INTO_THE_LOAD: Duration = Duration::from_secs(1);

/// When to strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// The command has started another process.
    Start,
    /// The guest's kernel runs.
    Boot,
    /// The guest is up and makes the lab.
    Lab,
    /// Requests are under way.
    Load,
}

/// A run that is under way.
struct Running {
    sandbox: Sandbox,
    child: Child,
    family: Family,
    stderr: Receiver<String>,
    said: String,
    guest: PathBuf,
}

impl Running {
    fn reach(moment: Moment) -> Result<Self, Skipped> {
        let guest = kernel::required()?.executable;
        let sandbox = Sandbox::new();
        let mut child = sandbox
            .run_command(&ENDLESS)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command can be started");
        let (sender, stderr) = channel();
        let pipe = child.stderr.take().expect("it was asked for");
        thread::spawn(move || {
            let lines = BufReader::new(pipe).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        let mut this = Self {
            family: Family::new(sandbox.marker()),
            sandbox,
            child,
            stderr,
            said: String::new(),
            guest,
        };
        until_none(|| (!this.has_reached(moment)).then(|| this.said.clone()));
        if moment == Moment::Load {
            thread::sleep(INTO_THE_LOAD);
        }
        // Who belongs to it must be known while the ties of descent are there.
        this.family.living();
        Ok(this)
    }

    fn has_reached(&mut self, moment: Moment) -> bool {
        self.listen();
        let living = self.family.living();
        match moment {
            Moment::Start => living.len() > 1,
            Moment::Boot => living.iter().any(|it| it.executable == self.guest),
            Moment::Lab | Moment::Load => self.said.contains("up after"),
        }
    }

    fn listen(&mut self) {
        for line in self.stderr.try_iter() {
            self.said.push_str(&line);
            self.said.push('\n');
        }
    }

    fn signal(&self, signal: Signal) {
        let command = Pid::from_raw(self.child.id().cast_signed());
        kill(command, signal).expect("the command runs");
    }

    /// Sends a signal to the guest's kernel, all of its processes.
    fn signal_guest(&mut self, signal: Signal) {
        let living = self.family.living();
        let guests = living.iter().filter(|it| it.executable == self.guest);
        for process in guests {
            // With the first of them the others may have ended already.
            let _ = kill(Pid::from_raw(process.pid.cast_signed()), signal);
        }
    }

    /// Waits for the end of the command, checks what it left, and returns its exit code.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it is our child");
        until_none(|| Some(self.family.living()).filter(|living| !living.is_empty()));
        // Killed at once, and without namespaces to die with, nobody can tidy up.
        if status.code().is_some() || self.family.is_walled() {
            assert_eq!(self.sandbox.temporary_files(), [] as [PathBuf; 0]);
        }
        self.listen();
        (status.code(), self.said)
    }
}

fn kill_9(moment: Moment) -> Outcome {
    let running = Running::reach(moment)?;
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

fn interrupt(moment: Moment, signal: Signal) -> Outcome {
    let running = Running::reach(moment)?;
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
    let mut running = Running::reach(Moment::Load)?;
    running.signal_guest(Signal::SIGKILL);
    let (code, said) = running.end();
    assert_eq!(code, Some(exit::BUG.into()), "{said}");
    assert!(said.contains("the lab died"), "{said}");
    Ok(())
}

fn a_guest_that_falls_silent_is_a_bug_and_leaves_nothing_behind() -> Outcome {
    let mut running = Running::reach(Moment::Load)?;
    running.signal_guest(Signal::SIGSTOP);
    let (code, said) = running.end();
    assert_eq!(code, Some(exit::BUG.into()), "{said}");
    assert!(said.contains("the lab hangs"), "{said}");
    Ok(())
}
