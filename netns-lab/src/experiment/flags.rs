//! An experiment written on the command line.

use std::net::Ipv4Addr;

use director_setup::Scheduler;

use super::file::{ExperimentFile, Legibility, LoadFile, ServerFile, ServiceFile};
use super::problem::Problem;
use super::spelling::{did_you_mean, listed, quoted};
use super::written::{Field, Place, Scalar, Written};

/// More real servers than this get a larger network: a /24 also holds the director.
const MOST_IN_USUAL_NETWORK: usize = 252;
/// The first of few real servers.
const FIRST_OF_FEW: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
/// The first of many real servers.
const FIRST_OF_MANY: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);
/// The network of many real servers.
const NETWORK_OF_MANY: &str = "10.1.0.0/16";

/// The flags that describe an experiment, or change one that is named.
///
/// Whatever can be wrong stays a string here: [`ExperimentFile::parse`] judges flags and files
/// alike, and reports everything at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Experiment", about = None, long_about = None)]
pub struct ExperimentFlags {
    /// Forwarding method: nat or dr [default: nat]
    #[arg(long, value_name = "nat|dr")]
    pub mode: Option<String>,

    /// IPVS scheduler: rr, wrr, lc, wlc, … [default: wlc]
    #[arg(long, value_name = "NAME")]
    pub scheduler: Option<String>,

    /// Weights of the real servers, one for each [default: 1,1]
    ///
    /// For a named experiment with another number of real servers, its servers are replaced by as
    /// many new ones as there are weights.
    #[arg(long, value_name = "W,W,…", allow_hyphen_values = true)]
    pub weights: Option<String>,

    /// Requests in all [default: 10000]
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true)]
    pub requests: Option<String>,

    /// Connections open at a time [default: 10]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true)]
    pub concurrency: Option<String>,

    /// Send as many requests over a connection as the server allows, instead of one
    #[arg(short, long)]
    pub keep_alive: bool,

    /// Path to ask for [default: /index.html]
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,

    /// Longest wait for one request, such as 500ms [default: 2s]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub timeout: Option<String>,

    /// Longest duration of the whole load, such as 5m [default: 60s]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub time_limit: Option<String>,

    /// Largest difference between observed and expected share that passes, 0 to 1 [default: 0.02]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub tolerance: Option<String>,

    /// A real server that accepts connections and never answers (may be repeated)
    #[arg(long, value_name = "SERVER")]
    pub silent: Vec<String>,

    /// A real server that refuses connections (may be repeated)
    #[arg(long, value_name = "SERVER")]
    pub refusing: Vec<String>,
}

impl ExperimentFlags {
    /// No flag was given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The flags that change one value each: the flag, its word, and what it changes.
    fn values<'f>(
        &self,
        service: Option<&'f mut ServiceFile>,
        load: &'f mut LoadFile,
        tolerance: &'f mut Field,
    ) -> Vec<(&'static str, Option<&str>, &'f mut Field)> {
        let keep_alive = self.keep_alive.then_some("keep-alive");
        let mut values = vec![
            ("--requests", self.requests.as_deref(), &mut load.requests),
            (
                "--concurrency",
                self.concurrency.as_deref(),
                &mut load.concurrency,
            ),
            ("--keep-alive", keep_alive, &mut load.connections),
            ("--path", self.path.as_deref(), &mut load.path),
            ("--timeout", self.timeout.as_deref(), &mut load.timeout),
            (
                "--time-limit",
                self.time_limit.as_deref(),
                &mut load.time_limit,
            ),
            ("--tolerance", self.tolerance.as_deref(), tolerance),
        ];
        if let Some(service) = service {
            values.push(("--mode", self.mode.as_deref(), &mut service.forwarding));
            values.push((
                "--scheduler",
                self.scheduler.as_deref(),
                &mut service.scheduler,
            ));
        }
        values
    }

    /// "adhoc-nat-wrr"; without the parts that are nonsense, which are reported anyway.
    fn name(&self) -> String {
        let mode = self.mode.as_deref().unwrap_or("nat");
        let scheduler = Scheduler::from(self.scheduler.as_deref().unwrap_or("wlc"));
        if ["nat", "dr"].contains(&mode) && Scheduler::KNOWN.contains(&scheduler) {
            format!("adhoc-{mode}-{scheduler}")
        } else {
            "adhoc".to_owned()
        }
    }
}

impl From<&ExperimentFlags> for ExperimentFile {
    /// An experiment from flags alone.
    fn from(flags: &ExperimentFlags) -> Self {
        let service = ServiceFile {
            place: Place::Flag("--mode"),
            vip: Some(Written::typed("192.168.0.1:80", "--mode")),
            scheduler: Some(Written::typed("wlc", "--scheduler")),
            forwarding: Some(Written::typed("nat", "--mode")),
        };
        let mut file = Self {
            name: Some(Written::typed(flags.name(), "--mode")),
            service: Some(service),
            ..Self::default()
        };
        file.set_weights("1,1");
        Self {
            changed_by: Vec::new(),
            ..file.override_with(flags)
        }
    }
}

impl ExperimentFile {
    /// The experiment with the values that the flags name instead of its own.
    ///
    /// As many weights as there are real servers change those servers; another number replaces them
    /// by new ones, counted up from the address of the first. The summary names the flags.
    #[must_use]
    pub fn override_with(mut self, flags: &ExperimentFlags) -> Self {
        let values = flags.values(
            self.service.as_mut(),
            &mut self.load,
            &mut self.expect.tolerance,
        );
        for (flag, word, field) in values {
            if let Some(word) = word {
                *field = Some(Written::typed(word, flag));
                self.changed_by.push(flag);
            }
        }
        if let Some(weights) = &flags.weights {
            self.set_weights(weights);
            self.changed_by.push("--weights");
        }
        self.set_answers(&flags.silent, "never", "--silent");
        self.set_answers(&flags.refusing, "refuses", "--refusing");
        self
    }

    /// Weights for the servers that are there, or, if their number differs, for new ones.
    fn set_weights(&mut self, weights: &str) {
        let weights: Vec<&str> = weights.split(',').map(str::trim).collect();
        if weights.len() != self.servers.len() {
            self.replace_servers(weights.len());
        }
        for (server, weight) in self.servers.iter_mut().zip(weights) {
            server.weight = Some(Written::typed(weight, "--weights"));
        }
    }

    /// New servers, counted up from the address of the first one that was there.
    fn replace_servers(&mut self, number: usize) {
        let first = if number > MOST_IN_USUAL_NETWORK {
            self.network.inner = Some(Written::typed(NETWORK_OF_MANY, "--weights"));
            self.network.director = None;
            FIRST_OF_MANY
        } else {
            self.first_address().unwrap_or(FIRST_OF_FEW)
        };
        self.servers = (0u32..)
            .map(|index| Ipv4Addr::from(u32::from(first).wrapping_add(index)))
            .take(number)
            .map(|address| ServerFile {
                place: Place::Flag("--weights"),
                name: None,
                address: Some(Written::typed(address.to_string(), "--weights")),
                weight: None,
                answers: None,
            })
            .collect();
    }

    fn first_address(&self) -> Option<Ipv4Addr> {
        let written = self.servers.first()?.address.as_ref()?.as_text()?;
        written.split(':').next()?.parse().ok()
    }

    /// Makes the servers of these names answer in this way.
    fn set_answers(&mut self, names: &[String], answers: &str, flag: &'static str) {
        if self.legibility == Legibility::Partial {
            return;
        }
        for name in names {
            let known: Vec<String> = (0..)
                .zip(&self.servers)
                .map(|(index, server)| server.name_or_default(index))
                .collect();
            let Some(index) = known.iter().position(|known| known == name) else {
                self.problems.push(no_such_server(name, &known, flag));
                continue;
            };
            let before = self.servers[index]
                .answers
                .replace(Written::typed(answers, flag));
            if before.is_some_and(|before| is_contradicted(&before, flag)) {
                let fault = format!("{} cannot be silent and refusing at once", quoted(name));
                let problem = Problem::at(&Place::Flag(flag), fault);
                self.problems
                    .push(problem.remedy("name it after one of the two flags only"));
            }
        }
        if !names.is_empty() {
            self.changed_by.push(flag);
        }
    }
}

/// The answers were chosen by the other flag before.
fn is_contradicted(before: &Written<Scalar>, flag: &'static str) -> bool {
    matches!(before.place, Place::Flag(other) if other != flag)
}

fn no_such_server(name: &str, known: &[String], flag: &'static str) -> Problem {
    let most = 10;
    let names = || known.iter().map(String::as_str);
    let more = if known.len() > most { ", …" } else { "" };
    let remedy = format!(
        "{}the real servers are {}{more}",
        did_you_mean(name, names()),
        listed(names().take(most))
    );
    let fault = format!("there is no real server {}", quoted(name));
    Problem::at(&Place::Flag(flag), fault).remedy(remedy)
}
