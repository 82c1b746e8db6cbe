//! The command `netns-lab`, run in a sandbox of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use analysis::Record;
use analysis::record::parse_records;
use tempfile::TempDir;

/// The command under test.
pub const NETNS_LAB: &str = env!("CARGO_BIN_EXE_netns-lab");
/// The variable by which the processes of one run know each other.
pub const MARKER: &str = "NETNS_LAB_TEST_RUN";

/// A fresh folder, which everybody may enter, with a temporary folder in it.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("netns-lab-test-")
            .tempdir()
            .expect("a temporary folder can be made");
        open_to_all(folder.path());
        let this = Self { folder };
        open_to_all(&this.make_folder("tmp"));
        this
    }

    /// The path of something in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a folder in the sandbox.
    pub fn make_folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).expect("the sandbox is writable");
        path
    }

    /// Writes a file in the sandbox.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the sandbox is writable");
        path
    }

    /// What lies in the temporary folder of the runs.
    pub fn temporary_files(&self) -> Vec<PathBuf> {
        files(&self.path("tmp"))
    }

    /// What tells the processes of this sandbox's runs from all others.
    pub fn marker(&self) -> String {
        let name = self.folder.path().file_name().unwrap_or_default();
        format!("{MARKER}={}", name.to_string_lossy())
    }

    /// `netns-lab run` with these arguments, in the sandbox.
    pub fn run_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(Path::new(NETNS_LAB));
        command.arg("run").args(args);
        command
    }

    /// An executable with the sandbox as its surroundings and without input.
    pub fn command(&self, executable: &Path) -> Command {
        let marker = self.marker();
        let (name, value) = marker.split_once('=').expect("it was just put together");
        let mut command = Command::new(executable);
        command
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .env(name, value)
            .env_remove("NETNS_LAB_LOG")
            .stdin(Stdio::null());
        command
    }

    /// Runs `netns-lab run` with these arguments to its end.
    pub fn run(&self, args: &[&str]) -> Finished {
        Finished::of(&mut self.run_command(args))
    }
}

/// The paths of everything in a folder, without going deeper.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("it can be read").path())
        .collect()
}

/// Lets every user write there.
pub fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("it is ours");
}

/// A run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; that of a process which a signal ended is, as in shells, 128 and the signal.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        Self::from(command.output().expect("the command can be started"))
    }

    /// The records on standard output.
    pub fn records(&self) -> Vec<Record> {
        parse_records(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The record of the experiment of this name.
    pub fn record(&self, experiment: &str) -> Record {
        let mut records = self.records().into_iter();
        let found = records.find(|record| record.experiment == experiment);
        found.unwrap_or_else(|| panic!("no record of {experiment}: {self:#?}"))
    }

    /// It ended with this code and said all of this on standard error.
    pub fn assert_said(&self, code: u8, parts: &[&str]) {
        assert_eq!(self.code, i32::from(code), "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in: {self:#?}");
        }
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = output.status.code();
        let signal = output.status.signal().map(|signal| 128 + signal);
        Self {
            code: code.or(signal).expect("a process ends in one of two ways"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
