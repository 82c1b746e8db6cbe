//! One run: the lab, its `nginx`s and `ab`, and what the director saw.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use analysis::Observation;
use analysis::observation::{
    CounterState, LoadObservation, ServerObservation, TracedSegment, VirtualService,
};
use analysis::replay::replay;
use director_setup::{Client, RealServer, Service, ServiceFlags, ServiceKey, Thresholds};
use netns_lab::experiment::{Experiment, Server, builtin};
use netns_lab::lab::Tap;
use netns_lab::namespace::{Host, HostNetwork, Inside, Lab, NamespaceError};
use netns_lab::topology::{self, Sysctl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::outcome::{Outcome, Served};
use super::programs::{AB, NGINX};

/// The tutorial's lab, without its load.
const EXPERIMENT: &str = "nat-wlc";
/// The ports that the kernel chooses from for `ab`: all, so that few are used twice. When an entry
/// ends whose port is used again is a matter of the kernel's next tick, which the trace does not have.
const PORTS: Sysctl = Sysctl {
    path: "net/ipv4/ip_local_port_range",
    value: "1024 65535",
};
/// How often the tap is read, and whatever is waited for is looked at.
const GLANCE: Duration = Duration::from_millis(5);
/// The longest that `nginx` may take to start or to end, and the kernel to show its counters.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that `ab` may take.
const LONGEST_LOAD: Duration = Duration::from_secs(110);

/// How `ab` ends when it has waited 30 s for any answer: by APR's `APR_TIMEUP`, 70007, of which a
/// status has the lower eight bits. Seen once in some sixty runs at 200 connections on a busy machine.
const TIMED_OUT: i32 = 70_007 % 256;
/// How often it may.
const ATTEMPTS: u32 = 3;

/// `ab -n REQUESTS -c CONCURRENCY http://VIP/` in a lab of its own; once more if `ab` itself gives up.
pub fn run(host: HostNetwork, concurrency: u32, requests: u64) -> Outcome {
    let mut attempts = (0..ATTEMPTS).map(|_| attempt(host, concurrency, requests));
    let outcome = attempts.find_map(|outcome| outcome);
    outcome.expect("ab waits for answers in vain, time and again")
}

fn attempt(host: HostNetwork, concurrency: u32, requests: u64) -> Option<Outcome> {
    let experiment = experiment();
    let mut topology = topology::plan(&experiment);
    topology.client.sysctls.push(PORTS);
    let lab = Lab::build(host, &topology).expect("the lab is built");
    let servers = lab.real_servers.iter().zip(&experiment.servers);
    let nginxs: Vec<_> = servers
        .map(|(real_server, server)| Nginx::start(host, real_server, server))
        .collect();
    let (mut ipvs, tap) = direct(host, &lab.director, &experiment);
    let vip = experiment.service.vip;
    let Some(trace) = load(host, &lab.client, vip, (concurrency, requests), tap) else {
        for nginx in nginxs {
            nginx.stop();
        }
        return None;
    };

    let mut observation = observation(&experiment, (concurrency, requests), trace);
    let prediction = replay(&observation, 0).expect("there is a model of wlc");
    let key = ServiceKey::tcp(SocketAddr::V4(vip));
    let counted = settled(&mut ipvs, &key, prediction.scheduled());
    let answered = nginxs.into_iter().map(Nginx::stop);
    let servers = observation.servers.iter_mut().zip(answered);
    for ((server, answered), counted) in servers.zip(counted) {
        server.kernel_connections = counted;
        server.server_requests = answered;
    }
    let servers = observation.servers.iter().zip(&prediction.picks);
    Some(Outcome {
        concurrency,
        requests,
        servers: servers
            .map(|(server, &predicted)| Served {
                kernel: server.kernel_connections,
                predicted,
                nginx: server.server_requests,
            })
            .collect(),
        agreement: prediction.pick_agreement.unwrap_or_default(),
    })
}

fn experiment() -> Experiment {
    let builtin = builtin::find(EXPERIMENT).expect("it is built in");
    builtin.file().parse().expect("it is valid")
}

/// Sets up the service and opens the tap.
fn direct(host: HostNetwork, director: &Host, experiment: &Experiment) -> (Client, Tap) {
    let vip = experiment.service.vip;
    let inside = |inside: &Inside| {
        let ipvs = inside.ipvs().expect("the guest has IPVS");
        let tap = Tap::open(inside, vip).expect("the tap opens");
        Ok::<_, NamespaceError>((ipvs, tap))
    };
    let (mut ipvs, tap) = director.namespace.run(host, inside).expect("it is a lab");
    let key = ServiceKey::tcp(SocketAddr::V4(vip));
    let service = Service::new(key, experiment.service.scheduler.clone());
    ipvs.add_service(&service).expect("the service is new");
    for server in &experiment.servers {
        let address = SocketAddr::V4(server.address);
        let real_server = RealServer::new(address, experiment.service.forwarding);
        let added = ipvs.add_server(&key, &real_server.with_weight(server.weight));
        added.expect("the real server is new");
    }
    (ipvs, tap)
}

/// Starts a program in a host's namespace.
fn start(host: HostNetwork, inside: &Host, command: &mut Command) -> Child {
    let spawn = |_: &Inside| Ok::<_, NamespaceError>(command.spawn());
    let spawned = inside.namespace.run(host, spawn).expect("it is a lab");
    spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Runs `ab` to its end and gives what the director received meanwhile; nothing if it gave up.
fn load(
    host: HostNetwork,
    client: &Host,
    vip: SocketAddrV4,
    (concurrency, requests): (u32, u64),
    mut tap: Tap,
) -> Option<Vec<TracedSegment>> {
    let mut command = Command::new(AB);
    command
        .args(["-q", "-n", &requests.to_string()])
        .args(["-c", &concurrency.to_string()])
        .arg(format!("http://{}/index.html", vip.ip()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut ab = start(host, client, &mut command);
    let deadline = Instant::now() + LONGEST_LOAD;
    let status = loop {
        tap.drain().expect("the tap is open");
        if let Some(status) = ab.try_wait().expect("ab is a child") {
            break status;
        }
        assert!(Instant::now() < deadline, "ab takes too long");
        thread::sleep(GLANCE);
    };
    tap.drain().expect("the tap is open");
    let mut said = String::new();
    let mut output = ab.stdout.take().expect("it is piped");
    output.read_to_string(&mut said).expect("ab writes text");
    let mut errors = ab.stderr.take().expect("it is piped");
    errors.read_to_string(&mut said).expect("ab writes text");
    if status.code() == Some(TIMED_OUT) {
        return None;
    }
    assert!(status.success(), "ab ended with {status}\n{said}");
    for (what, count) in [("Complete requests:", requests), ("Failed requests:", 0)] {
        let mut lines = said.lines();
        let value = lines.find_map(|line| line.strip_prefix(what));
        let value = value.and_then(|value| value.trim().parse().ok());
        assert_eq!(value, Some(count), "{what}\n{said}");
    }
    Some(tap.into_segments())
}

/// The kernel's count of connections for each real server, in the order of addition, once they show
/// all that the trace has.
fn settled(ipvs: &mut Client, key: &ServiceKey, connections: u64) -> Vec<u64> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut entries = ipvs.servers(key).expect("the service is there");
        entries.sort_by_key(|entry| entry.server.address);
        let counts = entries
            .iter()
            .map(|entry| entry.statistics.totals.connections);
        let counts: Vec<u64> = counts.collect();
        if counts.iter().sum::<u64>() >= connections || Instant::now() >= deadline {
            return counts;
        }
        thread::sleep(GLANCE);
    }
}

/// A real server's `nginx`; dropping it kills it.
struct Nginx {
    child: Child,
    access_log: String,
}

impl Nginx {
    fn start(host: HostNetwork, real_server: &Host, server: &Server) -> Self {
        let name = &server.name;
        let configuration = format!("/tmp/{name}.conf");
        let access_log = format!("/tmp/{name}.access");
        let text = configuration_of(server, &access_log);
        fs::write(&configuration, text).expect("the guest has a /tmp");
        // One run's log, not those before.
        fs::write(&access_log, "").expect("the guest has a /tmp");
        let mut command = Command::new(NGINX);
        command.args(["-e", "stderr", "-c", &configuration]);
        let nginx = Self {
            child: start(host, real_server, &mut command),
            access_log,
        };
        wait_until_it_listens(host, real_server, server.address);
        nginx
    }

    /// Ends it and says how many requests it has answered.
    fn stop(mut self) -> u64 {
        let id = self.child.id().cast_signed();
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("it runs");
        let status = self.child.wait().expect("nginx is a child");
        assert!(status.success(), "nginx ended with {status}");
        let log = fs::read_to_string(&self.access_log).expect("nginx keeps a log");
        log.lines().count() as u64
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One process in the foreground, as in a guest without users.
fn configuration_of(server: &Server, access_log: &str) -> String {
    let Server { name, address, .. } = server;
    format!(
        "user root; daemon off; master_process off; pid /tmp/{name}.pid;
error_log stderr; events {{ worker_connections 1024; }}
http {{
    access_log {access_log} combined buffer=64k;
    client_body_temp_path /tmp/{name}.body; proxy_temp_path /tmp/{name}.proxy;
    fastcgi_temp_path /tmp/{name}.fastcgi; uwsgi_temp_path /tmp/{name}.uwsgi;
    scgi_temp_path /tmp/{name}.scgi;
    server {{ listen {address} backlog=1024; location / {{ return 200 \"{name}\\n\"; }} }}
}}
"
    )
}

fn wait_until_it_listens(host: HostNetwork, real_server: &Host, address: SocketAddrV4) {
    let deadline = Instant::now() + PATIENCE;
    let connect = |_: &Inside| Ok::<_, NamespaceError>(TcpStream::connect(address));
    loop {
        let connected = real_server.namespace.run(host, connect);
        match connected.expect("it is a lab") {
            Ok(_) => return,
            Err(error) => assert!(Instant::now() < deadline, "nginx does not listen: {error}"),
        }
        thread::sleep(GLANCE);
    }
}

/// What a judge would be given; what the servers and the kernel counted comes later.
fn observation(
    experiment: &Experiment,
    (concurrency, requests): (u32, u64),
    trace: Vec<TracedSegment>,
) -> Observation {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("the guest has a /proc");
    let servers = experiment.servers.iter().map(|server| ServerObservation {
        name: server.name.clone(),
        address: server.address.into(),
        weight: server.weight,
        thresholds: Thresholds::default(),
        client_requests: 0,
        client_connections: 0,
        server_requests: 0,
        server_connections: 0,
        kernel_connections: 0,
        kernel_packets_in: 0,
        kernel_packets_out: 0,
    });
    Observation {
        experiment: experiment.name.clone(),
        engine: "uml".to_owned(),
        kernel: release.trim().to_owned(),
        service: VirtualService {
            vip: experiment.service.vip.into(),
            scheduler: experiment.service.scheduler.clone(),
            flags: ServiceFlags::NONE,
            persistence: None,
            forwarding: experiment.service.forwarding,
        },
        servers: servers.collect(),
        load: LoadObservation {
            requests_planned: requests,
            requests_completed: requests,
            requests_failed: 0,
            requests_unfinished: 0,
            connections_attempted: requests,
            concurrency,
            keep_alive: false,
            elapsed: trace.last().map_or(Duration::ZERO, |last| last.at),
            latency: None,
            errors: Vec::new(),
            stopped_early: None,
        },
        counters: CounterState::Settled,
        trace,
        connection_table: Vec::new(),
        proofs: Vec::new(),
        stages: Vec::new(),
        tolerance: experiment.expect.tolerance,
    }
}
