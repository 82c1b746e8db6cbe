//! The command `director-setup`; all of it is in the library.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use director_setup::cli::{self, Arguments, EXIT_BUG};
use director_setup::ipvsadm;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_default();
    if ipvsadm::is_called(&program) {
        log();
        return ipvsadm::main(&program, words);
    }
    // Before clap sees them: a `--` among its words is ipvsadm's own.
    if words.next().is_some_and(|word| word == ipvsadm::NAME) {
        log();
        return ipvsadm::main(ipvsadm::NAME.as_ref(), words);
    }
    let arguments = Arguments::parse();
    log();
    std::panic::catch_unwind(|| run(&arguments)).unwrap_or(ExitCode::from(EXIT_BUG))
}

/// What `RUST_LOG` asks for goes to standard error.
fn log() {
    // Reading no filter takes longer than most of what the drop-in is asked for.
    if std::env::var_os(EnvFilter::DEFAULT_ENV).is_none() {
        return;
    }
    let coloured = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_ansi(coloured)
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(io::stderr)
        .init();
}

fn run(arguments: &Arguments) -> ExitCode {
    match cli::run(arguments, &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
