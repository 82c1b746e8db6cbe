//! Guest kernels that are none: shell scripts in their place.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netns_lab::cage::{Cage, Line};
use netns_lab::engine::{self, Engine, EngineName, SessionError, Source, Uml};
use netns_lab::exit;
use netns_lab::guest::GuestKernel;
use netns_lab::link::{self, Hello, Message};

use super::wait::until_none;
use crate::command::{Finished, Sandbox};
use crate::kernel::Layout;
use crate::skip::{Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "faults":
        a_guest_that_exits_at_once_is_shown_with_its_last_console_lines,
        a_guest_that_talks_nonsense_is_shown_with_its_last_console_lines,
        a_guest_that_panics_when_it_is_up_is_a_bug_shown_with_its_last_console_lines,
        a_guest_that_sends_a_damaged_frame_is_a_bug,
        a_guest_that_introduces_itself_twice_is_a_bug,
        a_guest_that_never_comes_up_is_given_up_and_leaves_nothing_behind,
    ]
}

const RELEASE: &str = "6.1.0-fake";

/// Puts a script in the place of a guest kernel; all that is asked of it is its release.
fn fake(sandbox: &Sandbox, script: &str) -> GuestKernel {
    let place = Layout::new(&sandbox.path("fake"), RELEASE);
    for folder in [place.executable.parent(), Some(&place.modules)] {
        fs::create_dir_all(folder.expect("it has one")).expect("the sandbox is writable");
    }
    fs::write(place.modules.join("modules.dep"), "").expect("the sandbox is writable");
    let text = format!("#!/bin/sh\n[ \"$1\" = --version ] && echo {RELEASE} && exit\n{script}\n");
    fs::write(&place.executable, text).expect("the sandbox is writable");
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&place.executable, everybody).expect("it is ours");
    GuestKernel {
        executable: place.executable,
        modules: place.modules,
    }
}

fn run(script: &str) -> Finished {
    let sandbox = Sandbox::new();
    let hello = Message::Hello(Hello {
        kernel: RELEASE.to_owned(),
    });
    let mut frame = Vec::new();
    link::send(&mut frame, &hello).expect("memory takes everything");
    fs::write(sandbox.path("hello"), frame).expect("the sandbox is writable");
    let kernel = fake(&sandbox, script).executable;
    let finished = sandbox.run(&["nat-wrr", "--kernel", &kernel.to_string_lossy()]);
    assert_eq!(sandbox.temporary_files(), [] as [PathBuf; 0]);
    assert_eq!(finished.stdout, "");
    finished
}

/// What is said of an engine that does not come up.
const NEVER_UP: &str = "the engine does not start here";
/// What is said of one that came up and did not stay.
const DIED: &str = "the lab died";

fn a_guest_that_exits_at_once_is_shown_with_its_last_console_lines() {
    let finished = run("echo 'no room for a guest' >&2; exit 1");
    let parts = [NEVER_UP, "ptrace", "console", "no room for a guest"];
    finished.assert_said(exit::MISSING, &parts);
}

fn a_guest_that_talks_nonsense_is_shown_with_its_last_console_lines() {
    let finished = run("echo 'here it comes' >&2; while :; do echo nonsense; done");
    let parts = [NEVER_UP, "without a frame", "here it comes"];
    finished.assert_said(exit::MISSING, &parts);
}

fn a_guest_that_panics_when_it_is_up_is_a_bug_shown_with_its_last_console_lines() {
    let last_words = "Kernel panic - not syncing: out of luck";
    let script = format!(
        "cat hello; i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo \"line $i\" >&2; done\n\
         echo '{last_words}' >&2; kill -ABRT $$"
    );
    let finished = run(&script);
    finished.assert_said(exit::BUG, &[DIED, "line 200", last_words]);
    let early = finished.stderr.lines().any(|line| line.ends_with("line 1"));
    assert!(!early, "only the last lines are shown: {finished:#?}");
}

fn a_guest_that_sends_a_damaged_frame_is_a_bug() {
    // Magic, the length 2, a wrong checksum, and the payload.
    let damaged = r"printf 'LVSf\002\000\000\000\001\002\003\004{}'";
    let finished = run(&format!("cat hello; {damaged}; exec sleep 1000"));
    finished.assert_said(exit::BUG, &[DIED, "checksum"]);
}

fn a_guest_that_introduces_itself_twice_is_a_bug() {
    let finished = run("cat hello hello; exec sleep 1000");
    finished.assert_said(exit::BUG, &["broke the protocol", "twice"]);
}

/// User-mode Linux that is given little time to boot.
struct Impatient(Uml);

impl Engine for Impatient {
    fn name(&self) -> EngineName {
        self.0.name()
    }

    fn description(&self) -> String {
        self.0.description()
    }

    fn start(&self) -> io::Result<(Cage, Line)> {
        self.0.start()
    }

    fn needs(&self) -> &'static str {
        self.0.needs()
    }

    fn boot_deadline(&self) -> Duration {
        Duration::from_secs(2)
    }
}

fn a_guest_that_never_comes_up_is_given_up_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let kernel = fake(&sandbox, "echo 'waiting' >&2; while :; do sleep 1; done");
    let executable = kernel.executable.clone();
    let source = Source::Given(executable.clone());
    let engine = Impatient(Uml::new(kernel, source));
    let error = engine::run(&engine, &[], |_| {}, |_| {}).expect_err("it says nothing");
    assert!(
        matches!(error, SessionError::NeverUp { source: None, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("| waiting"), "{error}");
    until_none(|| Some(named_on_a_command_line(&executable)).filter(|found| !found.is_empty()));
}

/// The processes that were started with this path: the script, and its keeper.
fn named_on_a_command_line(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    let processes = entries.filter_map(|entry| Some(entry.ok()?.path()));
    processes
        .filter(|process| {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            let mut words = line.split(|byte| *byte == 0);
            words.any(|word| word == path.as_os_str().as_encoded_bytes())
        })
        .collect()
}
