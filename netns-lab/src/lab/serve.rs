//! A lab's side of the line: a job in, messages out.

use std::error::Error;
use std::io::{self, Read};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use analysis::judge;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::observe::{Setting, observe};
use crate::engine::kernel_release;
use crate::exit;
use crate::experiment::Experiment;
use crate::link::{self, Breakage, Event, Hello, Job, Message, Outcome, StageName};
use crate::namespace::HostNetwork;
use crate::topology;

/// How often a lab says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The line to the host, for several threads.
#[derive(Debug, Clone, Default)]
pub struct Speaker(Arc<Mutex<()>>);

impl Speaker {
    /// Says something to the host; a host that does not listen any more ends the lab.
    pub fn say(&self, message: &Message) {
        let _turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = link::send(&mut io::stdout().lock(), message) {
            eprintln!("lab: cannot reach the host: {error}");
            process::exit(exit::BUG.into());
        }
    }
}

/// Serves one job on standard input and output.
pub fn serve(host: HostNetwork) -> io::Result<()> {
    raise_open_files();
    let speaker = Speaker::default();
    let kernel = kernel_release();
    speaker.say(&Message::Hello(Hello {
        kernel: kernel.clone(),
    }));
    let job: Job = link::receive(&mut io::stdin().lock()).map_err(io::Error::other)?;
    die_with_the_host();
    beat(&speaker);
    for experiment in &job.experiments {
        let setting = Setting {
            engine: &job.engine,
            kernel: &kernel,
        };
        let outcome = run(host, setting, experiment, &speaker);
        speaker.say(&Message::Outcome(Box::new(outcome)));
    }
    speaker.say(&Message::Bye);
    Ok(())
}

fn run(
    host: HostNetwork,
    setting: Setting<'_>,
    experiment: &Experiment,
    speaker: &Speaker,
) -> Outcome {
    let mut tell = |event| speaker.say(&Message::Event(event));
    match observe(
        host,
        setting,
        experiment,
        &topology::plan(experiment),
        &mut tell,
    ) {
        Ok(observation) => {
            tell(Event::StageBegan(StageName::Report));
            let began = Instant::now();
            let mut record = judge(&observation);
            record
                .stages
                .push(StageName::Report.record(began.elapsed()));
            Outcome::Judged(Box::new(record))
        }
        Err(error) => Outcome::Broken(Breakage {
            message: in_one_line(&error),
            kind: error.kind(),
        }),
    }
}

/// A lab of 1000 real servers holds some thousands of sockets and namespaces open, besides its
/// connections. Who is root may raise the limit up to `fs.nr_open`, 2^20 by default.
fn raise_open_files() {
    let wanted = 1 << 20;
    let raised = setrlimit(Resource::RLIMIT_NOFILE, wanted, wanted).or_else(|_| {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// The error and its causes.
fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// The host has nothing more to say: if it closes the line, it is gone. The end of this process,
/// PID 1 of the lab, ends everything in it.
fn die_with_the_host() {
    thread::spawn(|| {
        let mut byte = [0];
        loop {
            match io::stdin().lock().read(&mut byte) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => process::exit(exit::BUG.into()),
                Ok(_) => {}
            }
        }
    });
}

/// Says every so often that the lab is alive.
fn beat(speaker: &Speaker) {
    let speaker = speaker.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(HEARTBEAT);
            speaker.say(&Message::Heartbeat);
        }
    });
}
