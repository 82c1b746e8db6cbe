//! A director: a fresh network namespace with an empty IPVS, in which programs are run.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use netns_lab::namespace::{HostNetwork, Inside, Namespace, NamespaceError};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::{NAME, links, real};

/// How long a program may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which of the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Debian's.
    Real,
    /// The drop-in.
    Ours,
    /// The real one, which does not get the last line of its input.
    Forgetful,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, or 128 and the signal.
    pub code: i32,
}

impl Finished {
    /// Well, without a word.
    pub const fn silent() -> Self {
        Self {
            stdout: String::new(),
            stderr: String::new(),
            code: 0,
        }
    }
}

/// Everything but the messages, which the two programs need not share.
impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stdout, code, .. } = self;
        let errors = if self.stderr.is_empty() { "no" } else { "some" };
        writeln!(f, "{stdout}{errors} messages, exit code {code}")
    }
}

/// A namespace with devices and an empty IPVS.
pub struct Director {
    host: HostNetwork,
    namespace: Namespace,
}

impl Director {
    pub fn new(host: HostNetwork) -> Self {
        let made = Namespace::create::<_, NamespaceError>(host, |inside| {
            links::make(inside);
            Ok(())
        });
        let (namespace, ()) = made.expect("the guest makes namespaces");
        Self { host, namespace }
    }

    /// Runs a program to its end.
    pub fn run(&self, program: Program, args: &[&str]) -> Finished {
        self.run_with_input(program, args, "")
    }

    /// Runs a program that reads this.
    pub fn run_with_input(&self, program: Program, args: &[&str], input: &str) -> Finished {
        self.within(|_| finish(program, args, input))
            .unwrap_or_else(|error| panic!("{program:?} {args:?}: {error}"))
    }

    /// Runs a program that finds this in `/proc/net/ip_vs_conn`.
    pub fn run_with_connections(
        &self,
        program: Program,
        args: &[&str],
        connections: &str,
    ) -> Finished {
        let run = |_: &Inside| {
            pretend(connections)?;
            finish(program, args, "")
        };
        self.within(run)
            .unwrap_or_else(|error| panic!("{program:?} {args:?}: {error}"))
    }

    /// Does something on a thread in the namespace.
    pub fn within<T: Send>(&self, work: impl FnOnce(&Inside) -> T + Send) -> T {
        self.namespace
            .run::<_, NamespaceError>(self.host, |inside| Ok(work(inside)))
            .expect("the namespace can be entered")
    }
}

/// Hides the kernel's `/proc` from the calling thread and those that it starts; what is left is
/// the list of connections.
#[expect(clippy::disallowed_methods, reason = "it is not about the network")]
fn pretend(connections: &str) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let none = None::<&str>;
    mount(
        Some("tmpfs"),
        "/proc",
        Some("tmpfs"),
        MsFlags::empty(),
        none,
    )?;
    fs::create_dir("/proc/net")?;
    fs::write("/proc/net/ip_vs_conn", connections)
}

fn finish(program: Program, args: &[&str], input: &str) -> io::Result<Finished> {
    let (mut output, mut errors, mut child) = start(program, args, input)?;
    let read = |stream: &mut UnixStream| {
        let mut bytes = Vec::new();
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.read_to_end(&mut bytes)?;
        io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    // Errors are few: their socket holds them until the output is read.
    let said = read(&mut output).and_then(|stdout| Ok((stdout, read(&mut errors)?)));
    if said.is_err() {
        child.kill()?;
    }
    let status = child.wait()?;
    let (stdout, stderr) = said?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    Ok(Finished {
        stdout,
        stderr,
        code: code.unwrap_or_default(),
    })
}

/// Starts a program; its streams are sockets, which know a deadline.
fn start(
    program: Program,
    args: &[&str],
    input: &str,
) -> io::Result<(UnixStream, UnixStream, Child)> {
    let (output, stdout) = UnixStream::pair()?;
    let (errors, stderr) = UnixStream::pair()?;
    let path = match program {
        Program::Real | Program::Forgetful => real::IN_GUEST,
        Program::Ours => netns_lab::guest::INIT,
    };
    let input = match (program, input.trim_end().rsplit_once('\n')) {
        (Program::Forgetful, Some((rest, _last))) => rest,
        _ => input,
    };
    let child = Command::new(path)
        .arg0(NAME)
        .args(args)
        .env_clear()
        .stdin(readable(input)?)
        .stdout(OwnedFd::from(stdout))
        .stderr(OwnedFd::from(stderr))
        .spawn()?;
    Ok((output, errors, child))
}

fn readable(input: &str) -> io::Result<Stdio> {
    if input.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file: File = tempfile::tempfile_in("/tmp")?;
    file.write_all(input.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}
