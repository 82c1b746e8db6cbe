//! The command line: ab 2.3's options with ab's meaning, and long options beyond them.

mod conflicts;
mod draft;
mod fields;
mod help;
mod scan;
mod table;
mod usage;
mod values;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use thiserror::Error;

use crate::gate::Assertion;
use crate::{Protocol, Scheme, Url};
use draft::Draft;
use table::Halt;

pub use fields::Field;
pub use help::{help, version};
pub use usage::UsageError;

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// To send this load.
    Load(Box<Options>),
    /// To print the help, for `-h` and `--help`.
    Help,
    /// To print the version, for `-V` and `--version`.
    Version,
}

/// Reads the arguments after the program's name. `-h` and `-V` count from where they stand, as in
/// ab: what is wrong before them is said, what comes after them is not read.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let text = |argument: OsString| {
        let shown = |argument: OsString| UsageError::NotUtf8(argument.display().to_string());
        argument.into_string().map_err(shown)
    };
    let arguments = arguments
        .into_iter()
        .map(text)
        .collect::<Result<Vec<_>, _>>()?;
    let mut draft = Draft::default();
    let operands = match scan::scan(&arguments, |spec, value| spec.apply(&mut draft, value)) {
        Ok(operands) => operands,
        Err(Halt::Help) => return Ok(Command::Help),
        Err(Halt::Version) => return Ok(Command::Version),
        Err(Halt::Usage(error)) => return Err(error),
    };
    let [url] = operands else {
        return Err(UsageError::Arguments {
            given: operands.len(),
            late_option: operands
                .iter()
                .skip(1)
                .any(|operand| operand.starts_with('-')),
        });
    };
    let options = draft.finish(Url::parse(url).map_err(UsageError::Url)?)?;
    Ok(Command::Load(Box::new(options)))
}

/// One load as it was asked for. Nothing is resolved or read yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The URL.
    pub target: Url,
    /// How many requests to send; nothing if only a time limits them.
    pub requests: Option<u64>,
    /// How many requests are under way at a time, at most `requests`.
    pub concurrency: u32,
    /// No request is started later than this after the beginning.
    pub time_limit: Option<Duration>,
    /// The longest that one request may take.
    pub timeout: Duration,
    /// When requests are started.
    pub pacing: Pacing,
    /// The most connections opened per second.
    pub connections_per_second: Option<f64>,
    /// Load sent before anything is counted.
    pub warm_up: Option<Duration>,
    /// Threads that share the concurrency; at most as many.
    pub threads: u32,
    /// The load ends when this many requests have failed.
    pub give_up_after: Option<u64>,
    /// Seed of everything random.
    pub seed: u64,
    /// The method, valid as a token.
    pub method: String,
    /// The body, for `-p` and `-u`.
    pub body: Option<Body>,
    /// Values of `Cookie` headers.
    pub cookies: Vec<String>,
    /// Authentication, in the order typed.
    pub credentials: Vec<Credential>,
    /// Further headers, in the order typed.
    pub fields: Vec<Field>,
    /// The file of `--script`.
    pub script: Option<PathBuf>,
    /// Which responses are right.
    pub expect: Expectation,
    /// The response header whose values are counted apart, in lower case.
    pub by_header: Option<String>,
    /// How connections are made and ended.
    pub connection: Connection,
    /// TLS, for https.
    pub tls: TlsOptions,
    /// What the report shows.
    pub layout: Layout,
    /// What else is printed and written.
    pub output: Output,
    /// What must hold of the results.
    pub assertions: Vec<Assertion>,
}

impl Options {
    /// Whether the last hop is reached through a tunnel of the proxy.
    pub fn is_tunnelled(&self) -> bool {
        self.connection.proxy.is_some() && self.target.scheme == Scheme::Https
    }

    /// Whether a keep-alive connection is asked for.
    pub fn keep_alive(&self) -> bool {
        self.connection.keep_alive || self.connection.protocol == Protocol::Http2
    }

    /// Reads the body into memory; nothing without `-p` or `-u`.
    pub fn read_body(&self) -> Result<Option<Vec<u8>>, UnreadableBody> {
        let read = |body: &Body| {
            std::fs::read(&body.file).map_err(|error| UnreadableBody {
                file: body.file.clone(),
                error: error.into(),
            })
        };
        self.body.as_ref().map(read).transpose()
    }
}

/// The body's file cannot be read.
#[derive(Debug, Error)]
#[error("Could not open POST data file ({}): {error}", file.display())]
pub struct UnreadableBody {
    file: PathBuf,
    error: Box<std::io::Error>,
}

/// When requests are started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// When a worker has done with the previous request, or this long after.
    Closed {
        /// The wait between a response and the next request.
        think_time: Option<Duration>,
    },
    /// At equal distances, whatever becomes of the earlier requests.
    Constant {
        /// Requests per second.
        per_second: f64,
    },
    /// At exponential distances, whatever becomes of the earlier requests.
    Poisson {
        /// Requests per second in the mean.
        per_second: f64,
    },
}

/// A request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Where it is read from.
    pub file: PathBuf,
    /// Its `Content-type`.
    pub content_type: String,
}

/// Basic authentication, encoded already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// For `Authorization`.
    Server(String),
    /// For `Proxy-Authorization`.
    Proxy(String),
}

/// Which responses are right; the default expects nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The status is in one of these; any if there are none.
    pub status: Vec<StatusRange>,
    /// The length of the body.
    pub length: Option<u64>,
    /// What is in the body.
    pub body: Option<BodyCheck>,
}

impl Expectation {
    /// Whether anything is expected.
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// Statuses from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

/// What is in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyCheck {
    /// This text, somewhere.
    Contains(String),
    /// The content of this file, and nothing else.
    Is(PathBuf),
}

/// How connections are made and ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Whether connections are reused.
    pub keep_alive: bool,
    /// The version of HTTP.
    pub protocol: Protocol,
    /// Size of the sockets' buffers in bytes.
    pub buffer: Option<u32>,
    /// The local address or name of `-B`.
    pub bind: Option<String>,
    /// The proxy of `-X`.
    pub proxy: Option<Proxy>,
    /// Local addresses and ports that take turns.
    pub sources: Sources,
    /// Who closes.
    pub close: Close,
}

/// A proxy, not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// A name or an address without brackets.
    pub host: String,
    /// Its port, by default 80.
    pub port: u16,
}

/// Local addresses and ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Addresses and networks as typed; with none the kernel chooses.
    pub networks: Vec<IpNet>,
    /// Ports; without them the kernel chooses.
    pub ports: Option<RangeInclusive<u16>>,
}

impl Sources {
    /// The most addresses that one option may stand for.
    pub(crate) const MOST: u128 = 65_536;

    /// Every address once, in the order typed; the network's and the broadcast address of an IPv4
    /// network are left out.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut seen = BTreeSet::new();
        let addresses = self.networks.iter().flat_map(IpNet::hosts);
        addresses.filter(|address| seen.insert(*address)).collect()
    }
}

/// Who closes a connection that has served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Close {
    /// The server, which then keeps the `TIME_WAIT`.
    #[default]
    Server,
    /// The client, in order.
    Fin,
    /// The client, with a reset.
    Reset,
}

/// How TLS is spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// The versions allowed.
    pub version: TlsVersion,
    /// Cipher suites as typed.
    pub cipher_suites: Option<String>,
    /// Client certificate chain and key.
    pub certificate: Option<PathBuf>,
    /// Certificates to trust; without them the server's is not checked, as in ab.
    pub authorities: Option<PathBuf>,
    /// The name in the handshake, if it is not the URL's.
    pub server_name: Option<String>,
    /// Whether no name is sent.
    pub omit_server_name: bool,
}

/// Versions of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// 1.2 and 1.3.
    #[default]
    All,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
}

/// What ab's report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Whether bodies may differ in length, so that the document's is not shown.
    pub variable_length: bool,
    /// Whether the table of percentiles is printed.
    pub percentiles: bool,
    /// Whether medians, deviations and warnings are printed.
    pub confidence: bool,
    /// HTML tables in place of text.
    pub html: Option<Html>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            variable_length: false,
            percentiles: true,
            confidence: true,
            html: None,
        }
    }
}

/// Attributes of the HTML tables, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Html {
    /// Of `table`.
    pub table: String,
    /// Of `tr`.
    pub row: String,
    /// Of `td` and `th`.
    pub cell: String,
}

impl Default for Html {
    fn default() -> Self {
        Self {
            table: String::new(),
            row: String::new(),
            cell: "bgcolor=white".into(),
        }
    }
}

/// What is printed and written besides the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// From 0 to 4, as in ab; 4 is as 3.
    pub verbosity: u8,
    /// Whether no progress is shown.
    pub quiet: bool,
    /// Whether the report is JSON.
    pub json: bool,
    /// When the progress bar is coloured.
    pub color: Color,
    /// Files.
    pub files: Files,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Files to write, each nothing unless asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// ab's CSV of percentiles, `-e`.
    pub percentiles: Option<PathBuf>,
    /// ab's TSV of requests, `-g`.
    pub gnuplot: Option<PathBuf>,
    /// `--csv`.
    pub summary: Option<PathBuf>,
    /// `--hgrm`.
    pub hgrm: Option<PathBuf>,
    /// `--hlog`.
    pub hlog: Option<PathBuf>,
    /// `--plot`.
    pub plot: Option<PathBuf>,
}

impl Files {
    /// Those that are asked for, by their options.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let files = [
            ("-e", &self.percentiles),
            ("-g", &self.gnuplot),
            ("--csv", &self.summary),
            ("--hgrm", &self.hgrm),
            ("--hlog", &self.hlog),
            ("--plot", &self.plot),
        ];
        files
            .into_iter()
            .filter_map(|(option, path)| Some((option, path.as_deref()?)))
    }
}
