//! The command `netns-lab`.

use std::process::ExitCode;

use netns_lab::{cli, lab, parts};

fn main() -> ExitCode {
    if let Some(code) = parts::play(lab::serve) {
        return code;
    }
    cli::main()
}
