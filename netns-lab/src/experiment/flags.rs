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

/// More client addresses than this get a larger network: a /24 also holds the VIP.
const MOST_CLIENTS_IN_USUAL_NETWORK: usize = 253;
/// The outer network of many clients, and the VIP in it.
const OUTER_OF_MANY: &str = "10.0.0.0/16";
const VIP_OF_MANY: &str = "10.0.0.1";

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

    /// Flags of the scheduler, as ipvsadm -b takes them: sh-port, sh-fallback, mh-port, mh-fallback
    #[arg(long, value_name = "FLAG,…")]
    pub flags: Option<String>,

    /// A client stays with its real server for so long, in seconds or as 5m [default: it does not]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub persistent: Option<String>,

    /// The part of a client's address that persistence looks at [default: 255.255.255.255]
    #[arg(long, value_name = "MASK")]
    pub netmask: Option<String>,

    /// Weights of the real servers, one for each [default: 1,1]
    ///
    /// For a named experiment with another number of real servers, its servers are replaced by as
    /// many new ones as there are weights.
    #[arg(long, value_name = "W,W,…", allow_hyphen_values = true)]
    pub weights: Option<String>,

    /// Connections from which on a real server is full, one number for each; 0: no limit [default: 0]
    #[arg(long, value_name = "N,N,…", allow_hyphen_values = true)]
    pub upper_thresholds: Option<String>,

    /// Connections below which it is no longer full [default: three quarters of the upper threshold]
    #[arg(long, value_name = "N,N,…", allow_hyphen_values = true)]
    pub lower_thresholds: Option<String>,

    /// Requests in all [default: 10000]
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true)]
    pub requests: Option<String>,

    /// Connections open at a time [default: 10]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true)]
    pub concurrency: Option<String>,

    /// Client addresses, which connections take in turn [default: as many as they need, mostly 1]
    ///
    /// More than 253 get a larger outer network and a VIP in it, unless the file names one.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub clients: Option<String>,

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
            ("--clients", self.clients.as_deref(), &mut load.clients),
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
            values.push((
                "--persistent",
                self.persistent.as_deref(),
                &mut service.persistent,
            ));
            values.push(("--netmask", self.netmask.as_deref(), &mut service.netmask));
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
            flags: Vec::new(),
            persistent: None,
            netmask: None,
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
        self.set_scheduler_flags(flags.flags.as_deref());
        if let Some(weights) = &flags.weights {
            self.set_weights(weights);
            self.changed_by.push("--weights");
        }
        let (upper, lower) = (&flags.upper_thresholds, &flags.lower_thresholds);
        self.set_thresholds(upper.as_deref(), "--upper-thresholds", |server| {
            &mut server.upper_threshold
        });
        self.set_thresholds(lower.as_deref(), "--lower-thresholds", |server| {
            &mut server.lower_threshold
        });
        self.make_room_for(flags.clients.as_deref());
        self.set_answers(&flags.silent, "never", "--silent");
        self.set_answers(&flags.refusing, "refuses", "--refusing");
        self
    }

    /// Other flags of the scheduler. Those of a file do not fit another scheduler: they are dropped
    /// with it.
    fn set_scheduler_flags(&mut self, flags: Option<&str>) {
        let Some(service) = &mut self.service else {
            return;
        };
        if let Some(flags) = flags {
            let names = flags.split(',').map(str::trim);
            service.flags = names.map(|name| Written::typed(name, "--flags")).collect();
            self.changed_by.push("--flags");
        } else if service.scheduler.as_ref().is_some_and(Written::is_flag) {
            service.flags.clear();
        }
    }

    /// One threshold for each server.
    fn set_thresholds(
        &mut self,
        thresholds: Option<&str>,
        flag: &'static str,
        field: impl Fn(&mut ServerFile) -> &mut Field,
    ) {
        let Some(thresholds) = thresholds.filter(|_| self.legibility == Legibility::Whole) else {
            return;
        };
        let thresholds: Vec<&str> = thresholds.split(',').map(str::trim).collect();
        let (written, servers) = (thresholds.len(), self.servers.len());
        if written != servers {
            let fault = format!("{servers} real servers need as many thresholds, not {written}");
            let remedy = "write one for each, in their order: 0 is no limit";
            let problem = Problem::at(&Place::Flag(flag), fault).remedy(remedy);
            self.problems.push(problem);
        }
        for (server, threshold) in self.servers.iter_mut().zip(thresholds) {
            *field(server) = Some(Written::typed(threshold, flag));
        }
        self.changed_by.push(flag);
    }

    /// A larger outer network for more clients than the usual one holds, unless one is written.
    fn make_room_for(&mut self, clients: Option<&str>) {
        let clients = clients.and_then(|clients| clients.parse::<usize>().ok());
        let fits = clients.is_none_or(|clients| clients <= MOST_CLIENTS_IN_USUAL_NETWORK);
        let Some(service) = self.service.as_mut().filter(|_| !fits) else {
            return;
        };
        if self.network.outer.is_some() {
            return;
        }
        let port = service.vip.as_ref().and_then(|vip| {
            let (_, port) = vip.as_text()?.rsplit_once(':')?;
            Some(port.to_owned())
        });
        if let Some(port) = port {
            let vip = format!("{VIP_OF_MANY}:{port}");
            service.vip = Some(Written::typed(vip, "--clients"));
            self.network.outer = Some(Written::typed(OUTER_OF_MANY, "--clients"));
            self.network.client = None;
        }
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
                upper_threshold: None,
                lower_threshold: None,
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
