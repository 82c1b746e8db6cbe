//! From the words of a command line to what they ask for.

mod draft;
mod finish;

use std::time::Duration;

use super::legality::{Aspect, Verb};
use super::misuse::Misuse;
use super::names::Names;
use super::style::Style;
use super::values;
use super::words::{Found, Scanner, Word};
use crate::{Change, ServiceKey, SyncRole, Timeouts};
use draft::Draft;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Change something in the kernel.
    Change(Box<Change>),
    /// Print something, once or again and again.
    Show(Show, Option<Duration>),
    /// Read commands from the standard input.
    Restore,
    /// Print how to use the command.
    Help,
    /// Print the version.
    Version,
}

/// What can be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Show {
    /// All services.
    Table(Style),
    /// One service.
    Service(ServiceKey, Style),
    /// The connection table.
    Connections(Style),
    /// The connection timeouts.
    Timeouts,
    /// The synchronisation daemons.
    Daemons,
    /// The commands that make all services.
    Rules(Style),
}

/// How a command line begins.
enum Start {
    Verb(Verb),
    Daemon(Verb, SyncRole),
    Help,
    Version,
}

/// Reads the words after the program's name.
///
/// The original reads one option after the other and stops at the first mistake; so does this, to
/// find the same one.
pub(super) fn parse(program: &str, words: &[String], names: &mut Names) -> Result<Command, Misuse> {
    if words.is_empty() {
        return Ok(Command::Show(Show::Table(Style::default()), None));
    }
    let mut scanner = Scanner::new(words);
    let mut draft = Draft::default();
    let verb = match start(program, &mut scanner)? {
        Start::Help => return Ok(Command::Help),
        Start::Version => return Ok(Command::Version),
        Start::Verb(verb) => verb,
        Start::Daemon(verb, role) => {
            draft.role = Some(role);
            verb
        }
    };
    while let Some(found) = scanner.option()? {
        if !draft.take(&found, names)? {
            let option = scanner.last_word();
            return Err(Misuse::wrong(format!("invalid option `{option}'")));
        }
    }
    if verb == Verb::Set {
        draft.timeouts = Some(three_timeouts(&mut scanner)?);
    }
    if let Some(word) = scanner.plain() {
        return Err(Misuse::wrong(format!("unexpected argument {word}")));
    }
    let flags = draft.scheduler_flags()?;
    draft.given.check(verb)?;
    let change = |change| Ok(Command::Change(Box::new(change)));
    match verb {
        Verb::AddService => change(Change::AddService {
            service: draft.service(flags)?,
        }),
        Verb::EditService => change(Change::EditService {
            service: draft.service(flags)?,
        }),
        Verb::DeleteService => change(Change::DeleteService { key: draft.key()? }),
        Verb::AddServer => change(Change::AddServer {
            key: draft.key()?,
            server: draft.server()?,
        }),
        Verb::EditServer => change(Change::EditServer {
            key: draft.key()?,
            server: draft.server()?,
        }),
        Verb::DeleteServer => change(Change::DeleteServer {
            key: draft.key()?,
            address: draft.server_address()?,
        }),
        Verb::Zero => change(Change::Zero {
            key: draft.zeroed(),
        }),
        Verb::Flush => change(Change::Flush),
        Verb::Set => change(Change::SetTimeouts {
            timeouts: draft.timeouts()?,
        }),
        Verb::StartDaemon => change(Change::StartDaemon {
            daemon: draft.daemon()?,
        }),
        Verb::StopDaemon => change(Change::StopDaemon {
            role: draft.role()?,
        }),
        Verb::Restore => Ok(Command::Restore),
        Verb::Save => Ok(Command::Show(Show::Rules(draft.style()), None)),
        Verb::List => Ok(Command::Show(list(&draft)?, draft.watch)),
    }
}

/// Reads the first option, which has to be a command.
fn start(program: &str, scanner: &mut Scanner<'_>) -> Result<Start, Misuse> {
    let no_command = || Misuse::NoCommand {
        program: program.to_owned(),
    };
    let Ok(Some(found)) = scanner.option() else {
        return Err(no_command());
    };
    let verb = match found.word {
        Word::AddService => Verb::AddService,
        Word::EditService => Verb::EditService,
        Word::DeleteService => Verb::DeleteService,
        Word::AddServer => Verb::AddServer,
        Word::EditServer => Verb::EditServer,
        Word::DeleteServer => Verb::DeleteServer,
        Word::Clear => Verb::Flush,
        Word::List => Verb::List,
        Word::Zero => Verb::Zero,
        Word::Set => Verb::Set,
        Word::Restore => Verb::Restore,
        Word::Save => Verb::Save,
        Word::StartDaemon => {
            let complaint = "illegal start-daemon parameter specified";
            return Ok(Start::Daemon(Verb::StartDaemon, role(&found, complaint)?));
        }
        Word::StopDaemon => {
            let complaint = "illegal stop-daemon parameter specified";
            return Ok(Start::Daemon(Verb::StopDaemon, role(&found, complaint)?));
        }
        Word::Help => return Ok(Start::Help),
        Word::Version => return Ok(Start::Version),
        _ => return Err(no_command()),
    };
    Ok(Start::Verb(verb))
}

fn role(found: &Found<'_>, complaint: &str) -> Result<SyncRole, Misuse> {
    match found.argument() {
        "master" => Ok(SyncRole::Master),
        "backup" => Ok(SyncRole::Backup),
        _ => Err(Misuse::wrong(complaint)),
    }
}

fn three_timeouts(scanner: &mut Scanner<'_>) -> Result<Timeouts, Misuse> {
    let words = (scanner.plain(), scanner.plain(), scanner.plain());
    let (Some(tcp), Some(tcp_fin), Some(udp)) = words else {
        return Err(Misuse::wrong("--set option requires 3 timeout values"));
    };
    Ok(Timeouts {
        tcp: values::timeout(tcp, 0)?,
        tcp_fin: values::timeout(tcp_fin, 0)?,
        udp: values::timeout(udp, 0)?,
    })
}

fn list(draft: &Draft) -> Result<Show, Misuse> {
    use Aspect::{Connection, Daemon, PersistentConn, Rate, Service, Stats, Thresholds, Timeout};
    let given = &draft.given;
    let no_counters = given.has_any(&[Connection, Timeout, Daemon]);
    let no_connections = given.has_any(&[Timeout, Daemon]);
    if (no_counters && given.has_any(&[Stats, Rate, Thresholds]))
        || (no_connections && given.has(PersistentConn))
    {
        return Err(Misuse::wrong("options conflicts in the list command"));
    }
    let style = draft.style();
    Ok(if given.has(Connection) {
        Show::Connections(style)
    } else if given.has(Service) {
        Show::Service(draft.key()?, style)
    } else if given.has(Timeout) {
        Show::Timeouts
    } else if given.has(Daemon) {
        Show::Daemons
    } else {
        Show::Table(style)
    })
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
