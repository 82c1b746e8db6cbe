//! Carrying out a command line.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use nix::errno::Errno;

use super::connections::{self, ConnectionsError};
use super::grammar::{self, Command, Show};
use super::listing::{self, ListingError};
use super::misuse::Misuse;
use super::names::Names;
use super::restore::{LastLine, Restore};
use super::{refusal, rules, status};
use crate::watch::watch;
use crate::{Change, Client, Error, Info};

/// The version whose behaviour this is; the original prints the version of IPVS that it was
/// compiled for behind it.
const VERSION: &str = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)";

/// How to use the command, with `{program}` for its name.
const HELP: &str = include_str!("help.txt");

/// Bytes that are printed at a time: as much as a pipe holds.
const OUTPUT: usize = 64 * 1024;

/// Why a command line was not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It makes no sense.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// IPVS is out of reach.
    #[error("{}", refusal::no_start(.0))]
    NoStart(Error),
    /// The kernel refused a change.
    #[error("{}", refusal::explain(.0))]
    Refused(#[from] Error),
    /// What is to be shown cannot be read.
    #[error("{}", refusal::explain(.0))]
    Unread(Error),
    /// The connection table cannot be opened.
    #[error("cannot open file {file}: {0}", file = connections::FILE)]
    NoConnections(io::Error),
    /// The connection table cannot be read.
    #[error(transparent)]
    Connections(ConnectionsError),
    /// A restore was cut short.
    #[error("{message}")]
    Stopped {
        /// The exit code.
        code: u8,
        /// Where and why.
        message: String,
    },
    /// The last line of a restore failed; it has been reported.
    #[error("")]
    LastLine,
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The exit code of the original.
    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Misuse(misuse) => misuse.code(),
            Self::NoStart(_) => 2,
            Self::Refused(_) | Self::LastLine => 255,
            Self::Unread(_) | Self::NoConnections(_) | Self::Connections(_) | Self::Output(_) => 1,
            Self::Stopped { code, .. } => *code,
        }
    }
}

impl From<ListingError> for Failure {
    fn from(error: ListingError) -> Self {
        match error {
            ListingError::Kernel(error) => Self::Unread(error),
            ListingError::Output(error) => Self::Output(error),
        }
    }
}

impl From<ConnectionsError> for Failure {
    fn from(error: ConnectionsError) -> Self {
        match error {
            ConnectionsError::Output(error) => Self::Output(error),
            error => Self::Connections(error),
        }
    }
}

/// Carries out the words after the program's name and reports what went wrong.
pub(super) fn run(program: &str, words: &[String]) -> ExitCode {
    let mut out = io::BufWriter::with_capacity(OUTPUT, io::stdout().lock());
    let outcome = carry_out(program, words, &mut out).and_then(|()| Ok(out.flush()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            // What was printed before the failure is still owed; that it cannot be is the lesser
            // news.
            let _ = out.flush();
            let message = failure.to_string();
            if !message.is_empty() {
                eprintln!("{message}");
            }
            ExitCode::from(failure.code())
        }
    }
}

fn carry_out(program: &str, words: &[String], out: &mut impl Write) -> Result<(), Failure> {
    let mut names = Names::system();
    match grammar::parse(program, words, &mut names) {
        // Unlike the original, help needs no IPVS.
        Ok(Command::Help) => Ok(print_help(program, out)?),
        Ok(Command::Version) => Ok(print_version(out)?),
        // Most commands are one change by one process: it is sent without asking for anything first.
        Ok(Command::Change(change)) => carry_out_alone(&change),
        Ok(Command::Show(show, None)) => Session::start(program, names)?.print(&show, out),
        Ok(Command::Show(show, Some(interval))) => {
            let mut session = Session::start(program, names)?;
            watch(interval, out, |screen| session.print(&show, screen))
        }
        Ok(Command::Restore) => {
            let mut session = Session::start(program, names)?;
            let input = io::stdin();
            let at_once = input.is_terminal();
            match Restore::new(&mut session, out, at_once).run(input.lock())? {
                LastLine::Done => Ok(()),
                LastLine::Failed => Err(Failure::LastLine),
            }
        }
        // As in the original, IPVS is missed before a mistake is noticed.
        Err(misuse) => Session::start(program, names).and(Err(misuse.into())),
    }
}

fn carry_out_alone(change: &Change) -> Result<(), Failure> {
    let mut client = Client::connect().map_err(Failure::NoStart)?;
    client
        .carry_out(change)
        .map_err(|error| match error.errno() {
            // The original would have noticed before.
            Some(Errno::EPERM) => Failure::NoStart(error),
            _ => Failure::Refused(error),
        })
}

pub(super) fn print_version(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{VERSION}")
}

pub(super) fn print_help(program: &str, out: &mut impl Write) -> io::Result<()> {
    print_version(out)?;
    write!(out, "{}", HELP.replace("{program}", program))
}

/// What the commands of one process share.
pub(super) struct Session {
    pub(super) program: String,
    pub(super) names: Names,
    pub(super) client: Client,
    info: Info,
}

impl Session {
    fn start(program: &str, names: Names) -> Result<Self, Failure> {
        let mut client = Client::connect().map_err(Failure::NoStart)?;
        let info = client.info().map_err(Failure::NoStart)?;
        Ok(Self {
            program: program.to_owned(),
            names,
            client,
            info,
        })
    }

    /// Prints what the kernel has.
    pub(super) fn print(&mut self, show: &Show, out: &mut impl Write) -> Result<(), Failure> {
        let Self {
            names,
            client,
            info,
            ..
        } = self;
        match show {
            Show::Table(style) => listing::list_all(client, info, style, names, out)?,
            Show::Service(key, style) => listing::list_service(client, key, style, names, out)?,
            Show::Rules(style) => rules::save(client, style, names, out)?,
            Show::Connections(style) => {
                let file =
                    std::fs::File::open(connections::FILE).map_err(Failure::NoConnections)?;
                connections::list(io::BufReader::new(file), style, names, out)?;
            }
            Show::Timeouts => {
                let timeouts = client.timeouts().map_err(Failure::Unread)?;
                status::timeouts(&timeouts, out)?;
            }
            Show::Daemons => {
                let daemons = client.daemons().map_err(Failure::Unread)?;
                status::daemons(&daemons, out)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_the_originals() {
        let golden = include_str!("../../tests/golden/text/help.txt");
        let (_, said) = golden
            .split_once("$ ipvsadm -h\n")
            .expect("it was asked for");
        let said: Vec<&str> = said
            .lines()
            .map_while(|line| line.strip_prefix('>'))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let mut ours = Vec::new();
        print_help("ipvsadm", &mut ours).expect("memory takes it");
        let ours = String::from_utf8(ours).expect("it is text");
        assert_eq!(ours.lines().collect::<Vec<_>>(), said);
    }
}
