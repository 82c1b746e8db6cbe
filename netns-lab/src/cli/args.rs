//! What can be typed.

use std::path::PathBuf;

use analysis::view::Format;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::engine::{EngineName, Wanted};
use crate::experiment::ExperimentFlags;

const AFTER_HELP: &str = "\
Exit codes: 0 every expectation held; 1 an expectation failed; 2 wrong usage or file;
3 inconclusive; 69 the machine lacks something; 70 a bug.

Without a command: netns-lab run nat-wlc dr-wlc, the two experiments of the LVS tutorial.";

/// Build a Linux Virtual Server lab, drive load through it and judge the shares.
#[derive(Debug, Parser)]
#[command(name = "netns-lab", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Say more on standard error; twice for even more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Colours of the reports.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run experiments and judge them.
    Run(Box<RunArgs>),
    /// List the built-in experiments.
    List,
    /// Say what this machine offers, what is missing, and the command that mends it.
    Check,
}

/// What to run, where, and what to leave.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// Built-in experiments by name, experiment files, or folders of them; with flags below and
    /// none of these, an experiment made of the flags alone.
    #[arg(value_name = "NAME|FILE|DIR")]
    pub experiments: Vec<String>,

    #[command(flatten)]
    pub flags: ExperimentFlags,

    /// Whose kernel to run in: this one or a guest's.
    #[arg(
        help_heading = "Run",
        long,
        value_name = "ENGINE",
        default_value = "auto"
    )]
    pub engine: EngineChoice,

    /// A user-mode Linux executable to use instead of Debian's.
    #[arg(help_heading = "Run", long, value_name = "PATH", value_parser = existing_file)]
    pub kernel: Option<PathBuf>,

    /// Leave record.json, hits.csv, report.html and report.md in this folder; in one of its own
    /// for each experiment when there are several.
    #[arg(help_heading = "Run", long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What to print on standard output: text, json (one record a line), csv, markdown or html.
    #[arg(help_heading = "Run", long, value_name = "FORMAT", default_value_t)]
    pub format: Format,
}

fn existing_file(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    if path.is_file() {
        Ok(path)
    } else {
        Err("there is no such file".to_owned())
    }
}

/// The engine that a user may ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// The first that works.
    #[default]
    Auto,
    /// The running kernel; needs root and IPVS.
    Native,
    /// A user-mode Linux guest; needs neither.
    Uml,
}

impl EngineChoice {
    /// The choice in the engine's words.
    pub const fn wanted(self) -> Wanted {
        match self {
            Self::Auto => Wanted::Any,
            Self::Native => Wanted::Only(EngineName::Native),
            Self::Uml => Wanted::Only(EngineName::Uml),
        }
    }
}
