//! The parts that this executable plays besides the one its user sees.

use std::io;
use std::process::{Command, ExitCode};

use crate::cage::{self, Part};
use crate::namespace::HostNetwork;
use crate::{exit, guest};

/// Plays another part and returns its exit code, if this process was started for one.
///
/// To be called first in `main`: the parts need a process with one thread. `lab` does the work of
/// a lab, on standard input and output; it is told which network namespace not to touch.
pub fn play(lab: impl FnOnce(HostNetwork) -> io::Result<()>) -> Option<ExitCode> {
    if guest::is_init() {
        guest::run_init();
        // The kernel has halted; if it could not, it panics when PID 1 ends.
        return Some(ExitCode::from(exit::BUG));
    }
    cage::play_if_caged(&cage::arguments(), |part, walls, args| {
        let played = match part {
            Part::Lab => host_network(args).and_then(lab).map(|()| ExitCode::SUCCESS),
            Part::Uml => guest::play_uml(walls, args).map(cage::exit_code),
            Part::Command => run_command(args),
        };
        played.unwrap_or_else(|error| {
            eprintln!("{error}");
            ExitCode::from(exit::BUG)
        })
    })
}

/// The arguments of [`Part::Lab`].
fn host_network(args: &[String]) -> io::Result<HostNetwork> {
    let [id] = args else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let id = id
        .parse()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(HostNetwork::new(id))
}

/// Runs another program in a folder: the first argument is the folder, the second the program.
fn run_command(args: &[String]) -> io::Result<ExitCode> {
    let [folder, program, args @ ..] = args else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match Command::new(program)
        .args(args)
        .current_dir(folder)
        .status()
    {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(ExitCode::from(exit::NOT_FOUND))
        }
        other => other.map(cage::exit_code),
    }
}
