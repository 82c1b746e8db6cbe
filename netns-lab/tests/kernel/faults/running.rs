//! A command that is under way, to be disturbed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::family::Family;
use super::wait::until_none;
use crate::command::Sandbox;
use crate::kernel;
use crate::skip::Skipped;

/// Far more than can be done before the end of the test.
pub const ENDLESS: [&str; 6] = [
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
pub enum Moment {
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
pub struct Running {
    sandbox: Sandbox,
    child: Child,
    family: Family,
    stderr: Receiver<String>,
    said: String,
    guest: PathBuf,
    moment: Moment,
    shared_memory: BTreeSet<OsString>,
}

impl Running {
    /// Starts a command in the sandbox and waits for the moment.
    pub fn reach(moment: Moment, sandbox: Sandbox, mut command: Command) -> Result<Self, Skipped> {
        let guest = kernel::required()?.executable;
        let shared_memory = shared_memory();
        let mut child = command
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
            moment,
            shared_memory,
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

    pub fn signal(&self, signal: Signal) {
        let command = Pid::from_raw(self.child.id().cast_signed());
        kill(command, signal).expect("the command runs");
    }

    /// Sends a signal to the guest's kernel, all of its processes.
    pub fn signal_guest(&mut self, signal: Signal) {
        let living = self.family.living();
        let guests = living.iter().filter(|it| it.executable == self.guest);
        for process in guests {
            // With the first of them the others may have ended already.
            let _ = kill(Pid::from_raw(process.pid.cast_signed()), signal);
        }
    }

    /// Whether the guest has namespaces to die with.
    pub fn is_walled(&self) -> bool {
        self.family.is_walled()
    }

    /// Waits for the end of the command, checks what it left, and returns its exit code.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it is our child");
        until_none(|| Some(self.family.living()).filter(|living| !living.is_empty()));
        // Without namespaces to die with, a guest that has just been born may leave an empty folder.
        let is_tidy = self.family.is_walled() || self.moment >= Moment::Lab;
        if is_tidy || status.code().is_some() {
            assert_eq!(self.sandbox.temporary_files(), [] as [PathBuf; 0]);
        }
        let left = || &shared_memory() - &self.shared_memory;
        until_none(|| Some(left()).filter(|left| !left.is_empty()));
        self.listen();
        (status.code(), self.said)
    }
}

/// The files in shared memory that a guest could have made.
fn shared_memory() -> BTreeSet<OsString> {
    let entries = fs::read_dir("/dev/shm").into_iter().flatten();
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let ours = ["guest", "initramfs", "netns-lab-", "vm_file-"];
    names
        .filter(|name| {
            ours.iter()
                .any(|our| name.to_string_lossy().starts_with(our))
        })
        .collect()
}
