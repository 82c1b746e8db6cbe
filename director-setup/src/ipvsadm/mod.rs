//! A drop-in for ipvsadm 1.31: the same words, output and exit codes.
//!
//! A command line is taken apart by [`words`] as popt would, becomes a command in [`grammar`], and
//! is carried out by [`run`]. What is printed is made by [`listing`], [`rules`], [`connections`]
//! and [`status`].
//!
//! It differs from the original in these points, on purpose:
//!
//! - `-h` and `--version` answer without IPVS in the kernel.
//! - `-R` sends many changes at a time over one socket; it names the line of an error and how many
//!   lines were applied before it, refuses lines that no table has (64 KiB, NUL bytes), and passes
//!   over comments.
//! - Counters of real servers do not wrap at 2^32.
//! - Where the original guesses (`EINVAL`), the message says what was asked and what may be wrong.
//! - IPVS is loaded by asking the kernel for it; `modprobe` is not run.
//! - Tunnel flags without a name, and lines of the connection table that are none, are said as such;
//!   the original reads what lies behind its tables, or what an earlier line left.
//! - Ports have the names of `/etc/services`, whatever else `nsswitch.conf` allows.
//! - `-L --watch N` repeats the list every N seconds.

mod connections;
mod grammar;
mod legality;
mod lines;
mod listing;
mod misuse;
mod names;
mod order;
mod refusal;
mod restore;
mod rules;
mod run;
mod saved;
mod status;
mod style;
mod values;
mod words;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

pub use saved::{SavedError, read_saved};

/// The name by which a program is called that is to be ipvsadm.
pub const NAME: &str = "ipvsadm";

/// Whether a program that is called like this is to be ipvsadm.
pub fn is_called(program: &OsStr) -> bool {
    Path::new(program).file_name() == Some(OsStr::new(NAME))
}

/// Runs ipvsadm with these words after its name `program`, on the standard streams, and returns
/// its exit code: 0 done; 1 a list cannot be read; 2 wrong usage, or no IPVS; 255 the kernel
/// refused, or the first word is no command.
///
/// It works on the network namespace of this thread and needs `CAP_NET_ADMIN` in the initial user
/// namespace.
pub fn main(program: &OsStr, words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let program = program.to_string_lossy();
    // Nothing that is not UTF-8 can be right: addresses, names and numbers are ASCII.
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let words: Vec<String> = words.into_iter().map(text).collect();
    run::run(&program, &words)
}
