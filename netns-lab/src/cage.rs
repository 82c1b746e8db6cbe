//! Cages: processes that can neither outlive nor escape the process that wants them.
//!
//! A cage is two processes of this executable. The *keeper* dies with its parent and makes the
//! namespaces; the *inmate* is PID 1 of a new PID namespace, dies with the keeper, and plays a
//! [`Part`]. When PID 1 ends, however it ends, the kernel kills everything else in its PID
//! namespace and drops its mounts and network namespaces: nothing has to be cleaned up.

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{
    Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio,
};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getegid, geteuid, getppid};

/// First argument of a keeper, and of an inmate.
const KEEPER: &str = "cage-keeper";
const INMATE: &str = "cage-inmate";

/// The exit code of an inmate that cannot have a `/proc` of its own; the keeper then goes on
/// without namespaces.
const NO_PROC: u8 = 125;

/// What is played inside a cage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A lab in the running kernel: also gets network namespaces, and must be root.
    Lab,
    /// A user-mode Linux guest: needs no privilege.
    Uml,
    /// Another program, named by the arguments: needs no privilege.
    Command,
}

/// How far a cage separates its inmate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walls {
    /// Own PID and mount namespaces: `/dev/shm` is private and vanishes with the inmate.
    Namespaces,
    /// None: this machine allows no namespaces, and the inmate shares those of its keeper.
    None,
}

/// A caged process; dropping it kills it and everything it started.
pub struct Cage {
    child: Child,
}

/// What the standard streams of a caged process are connected to.
pub struct Streams {
    /// Standard input.
    pub input: Stdio,
    /// Standard output.
    pub output: Stdio,
    /// Standard error.
    pub console: Stdio,
}

impl Streams {
    /// Pipes to and from this process.
    pub fn piped() -> Self {
        Self {
            input: Stdio::piped(),
            output: Stdio::piped(),
            console: Stdio::piped(),
        }
    }
}

/// This process's ends of the pipes to and from a caged one.
pub struct Line {
    /// To the inmate.
    pub input: ChildStdin,
    /// From the inmate.
    pub output: ChildStdout,
    /// What the inmate says on standard error.
    pub console: ChildStderr,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Lab => "lab",
            Self::Uml => "uml",
            Self::Command => "command",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Lab, Self::Uml, Self::Command]
            .into_iter()
            .find(|part| part.name() == name)
    }

    fn namespaces(self) -> CloneFlags {
        let own = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
        match self {
            Self::Lab => own | CloneFlags::CLONE_NEWNET,
            Self::Uml | Self::Command => own,
        }
    }
}

impl Cage {
    /// Starts this executable again as the keeper of a new cage.
    ///
    /// The calling thread must live as long as the cage: the keeper dies with it.
    pub fn start(part: Part, args: &[String], streams: Streams) -> io::Result<Self> {
        let child = Command::new("/proc/self/exe")
            .arg(KEEPER)
            .arg(Pid::this().to_string())
            .arg(part.name())
            .args(args)
            .stdin(streams.input)
            .stdout(streams.output)
            .stderr(streams.console)
            // A Ctrl-C at the terminal is for the parent alone, which then ends the cage.
            .process_group(0)
            .spawn()?;
        Ok(Self { child })
    }

    /// Starts a cage with pipes to it.
    pub fn start_piped(part: Part, args: &[String]) -> io::Result<(Self, Line)> {
        let mut cage = Self::start(part, args, Streams::piped())?;
        let Child {
            stdin,
            stdout,
            stderr,
            ..
        } = &mut cage.child;
        match (stdin.take(), stdout.take(), stderr.take()) {
            (Some(input), Some(output), Some(console)) => Ok((
                cage,
                Line {
                    input,
                    output,
                    console,
                },
            )),
            _ => Err(io::Error::other("the cage has no standard streams")),
        }
    }

    /// Waits for the inmate to end by itself.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let group = Pid::from_raw(self.child.id().cast_signed());
        let killed = killpg(group, Signal::SIGKILL).map_err(io::Error::from);
        if let Err(error) = killed.and_then(|()| self.child.wait()) {
            tracing::error!(%error, "cannot end the caged process {group}");
        }
    }
}

/// Plays a part if this process was started for one, and returns its exit code.
///
/// `play` is called in the process that is to play the part, with the remaining arguments.
pub fn play_if_caged(
    args: &[String],
    play: impl FnOnce(Part, Walls, &[String]) -> ExitCode,
) -> Option<ExitCode> {
    match args {
        [role, parent, part, rest @ ..] if role == KEEPER => {
            Some(keep(parent, part, rest, play).unwrap_or_else(|error| complain(&error)))
        }
        [role, part, rest @ ..] if role == INMATE => {
            Some(inhabit(part, rest, play).unwrap_or_else(|error| complain(&error)))
        }
        _ => None,
    }
}

fn complain(error: &io::Error) -> ExitCode {
    eprintln!("cage: {error}");
    ExitCode::from(crate::exit::BUG)
}

fn bad_arguments() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "started with wrong arguments")
}

fn keep(
    parent: &str,
    part_name: &str,
    args: &[String],
    play: impl FnOnce(Part, Walls, &[String]) -> ExitCode,
) -> io::Result<ExitCode> {
    let part = Part::from_name(part_name).ok_or_else(bad_arguments)?;
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid().to_string() != parent {
        return Err(io::Error::other("the parent is gone"));
    }
    match isolate(part) {
        Ok(()) => {
            let status = Command::new("/proc/self/exe")
                .arg(INMATE)
                .arg(part_name)
                .args(args)
                .status()?;
            if status.code() != Some(NO_PROC.into()) {
                return Ok(exit_code(status));
            }
        }
        Err(error) if part == Part::Lab => return Err(error),
        Err(error) => tracing::debug!(%error, "no namespaces for the cage"),
    }
    Ok(play(part, Walls::None, args))
}

/// Makes the namespaces; who is not root makes a user namespace to be root in.
#[expect(
    clippy::disallowed_methods,
    reason = "the namespaces of the cage itself"
)]
fn isolate(part: Part) -> io::Result<()> {
    let (user, group) = (geteuid(), getegid());
    if user.is_root() && unshare(part.namespaces()).is_ok() {
        return Ok(());
    }
    if part == Part::Lab {
        return Err(io::Error::other(
            "cannot make namespaces: CAP_SYS_ADMIN is missing",
        ));
    }
    unshare(part.namespaces() | CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

fn inhabit(
    part: &str,
    args: &[String],
    play: impl FnOnce(Part, Walls, &[String]) -> ExitCode,
) -> io::Result<ExitCode> {
    let part = Part::from_name(part).ok_or_else(bad_arguments)?;
    set_pdeathsig(Signal::SIGKILL)?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    if mount(
        Some("proc"),
        "/proc",
        Some("proc"),
        plain | MsFlags::MS_NOEXEC,
        none,
    )
    .is_err()
    {
        // A container that hides parts of /proc forbids a fresh one.
        return Ok(ExitCode::from(NO_PROC));
    }
    if Path::new("/dev/shm").is_dir() {
        mount(Some("tmpfs"), "/dev/shm", Some("tmpfs"), plain, none)?;
    }
    Ok(play(part, Walls::Namespaces, args))
}

/// The exit code with which a process passes on how its child ended.
pub fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(
        code.and_then(|code| u8::try_from(code).ok())
            .unwrap_or(crate::exit::BUG),
    )
}

/// The arguments of this process, without its name.
pub fn arguments() -> Vec<String> {
    env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect()
}
