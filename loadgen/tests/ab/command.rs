//! The executable, run to its end.

use std::process::{Child, Command, Output, Stdio};

/// What it printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The value of a line of ab's report.
    #[track_caller]
    pub(crate) fn value(&self, label: &str) -> &str {
        let line = |line: &str| line.starts_with(&format!("{label}:"));
        let found = self.stdout.lines().find(|one| line(one));
        let found = found.unwrap_or_else(|| panic!("{label}: {self:?}"));
        found[label.len() + 1..].trim()
    }

    /// The whole of `--json`.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Where cargo put it.
pub(crate) const LOADGEN: &str = env!("CARGO_BIN_EXE_loadgen");

/// Runs `loadgen` in the package's directory.
pub(crate) fn loadgen(arguments: &[&str]) -> Ran {
    run(Command::new(LOADGEN).args(arguments))
}

pub(crate) fn run(command: &mut Command) -> Ran {
    let command = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    Ran::of(command.output().unwrap())
}

/// What a child printed that comes to its end.
pub(crate) fn ended(child: Child) -> Ran {
    Ran::of(child.wait_with_output().unwrap())
}
