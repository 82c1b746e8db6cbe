//! `netns-lab run`

use std::time::{Duration, Instant};

use analysis::view::Colour;
use analysis::{Record, Verdict};
use anyhow::anyhow;

use super::Failure;
use super::args::{EngineChoice, RunArgs, When};
use super::display::Display;
use super::interrupt::Interruption;
use super::output::OutFolder;
use super::report::{Reporter, colours};
use crate::engine::{self, AptError, ChooseError, Chosen, PackageError, SessionError, Told};
use crate::exit;
use crate::experiment::{self, Experiment, source};
use crate::link::{Breakage, BreakageKind, Outcome, StageName};

/// The tutorial's two experiments.
const DEFAULT: [&str; 2] = ["nat-wlc", "dr-wlc"];

/// Runs experiments, prints their reports and returns the exit code.
pub fn run(args: &RunArgs, color: When) -> Result<u8, Failure> {
    let began = Instant::now();
    refuse_contradictions(args)?;
    let experiments = experiments(args, color)?;
    let names: Vec<_> = experiments
        .iter()
        .map(|experiment| experiment.name.as_str())
        .collect();
    let out = args
        .out
        .as_deref()
        .map(|folder| OutFolder::prepare(folder, &names));
    let out = out
        .transpose()
        .map_err(|error| Failure::new(exit::USAGE, &error))?;
    let interruption =
        Interruption::listen().map_err(|error| Failure::new(exit::BUG, &anyhow!(error)))?;
    let mut display = Display::new();
    let Chosen {
        engine,
        passed_over,
    } = choose(args, &interruption, &mut display)?;
    display.chosen(engine.as_ref(), &passed_over);
    for experiment in &experiments {
        for advice in analysis::advice::advise(&experiment.plan()) {
            let remedy = advice.remedy().unwrap_or_default();
            let line = format!("{}: {advice} {remedy}", experiment.name);
            display.say(line.trim_end());
        }
    }
    let reporter = Reporter::new(args.format, color, out);
    let mut progress = Progress {
        reporter,
        display,
        waiting: &experiments,
        boot: None,
        codes: Vec::new(),
    };
    let session = engine::run(
        engine.as_ref(),
        &experiments,
        |interrupt| interruption.tell(interrupt),
        |told| progress.hear(told),
    );
    progress.display.clear();
    let ended = session
        .map_err(session_failure)
        .and_then(|()| progress.reporter.finish());
    match ended {
        Ok(()) => {
            let seconds = began.elapsed().as_secs_f64();
            progress.display.say(&format!("done in {seconds:.1} s"));
        }
        Err(failure) => progress.codes.push(failure.report()),
    }
    Ok(worst(&progress.codes))
}

fn refuse_contradictions(args: &RunArgs) -> Result<(), Failure> {
    if args.engine == EngineChoice::Native && args.kernel.is_some() {
        let error = anyhow!("--kernel names a guest's kernel, and --engine native has no guest");
        return Err(Failure::new(exit::USAGE, &error));
    }
    Ok(())
}

/// What was named, or what the flags describe, or the tutorial's.
fn experiments(args: &RunArgs, color: When) -> Result<Vec<Experiment>, Failure> {
    let tutorial = DEFAULT.map(str::to_owned);
    let words = match args.experiments.as_slice() {
        [] if args.flags.is_empty() => &tutorial,
        words => words,
    };
    source::experiments(words, &args.flags).map_err(|problems| {
        let shade = match colours(color, &std::io::stderr()) {
            Colour::Ansi => experiment::Colour::Always,
            Colour::Plain => experiment::Colour::Never,
        };
        Failure {
            code: exit::USAGE,
            message: problems.render(shade).trim_end().to_owned(),
        }
    })
}

fn choose(
    args: &RunArgs,
    interruption: &Interruption,
    display: &mut Display,
) -> Result<Chosen, Failure> {
    let mut progress = |fetch| {
        display.fetch(fetch);
        interruption.go_on()
    };
    engine::choose(&args.engine.wanted(), args.kernel.as_deref(), &mut progress).map_err(|error| {
        match error {
            ChooseError::Uml {
                source: PackageError::Apt(AptError::Interrupted),
                ..
            } => interrupted(),
            error => Failure::new(exit::MISSING, &anyhow!(error)),
        }
    })
}

fn interrupted() -> Failure {
    let message = "interrupted: nothing is left behind, and what did not run was not judged";
    Failure {
        code: exit::INCONCLUSIVE,
        message: message.to_owned(),
    }
}

fn session_failure(error: SessionError) -> Failure {
    match error {
        SessionError::Interrupted => interrupted(),
        error @ SessionError::NeverUp { .. } => Failure::new(exit::MISSING, &anyhow!(error)),
        error => Failure::new(exit::BUG, &anyhow!(error)),
    }
}

/// The exit code of several experiments: a failure outweighs what is missing, and that outweighs
/// doubt.
fn worst(codes: &[u8]) -> u8 {
    let order = [exit::BUG, exit::FAIL, exit::MISSING, exit::INCONCLUSIVE];
    order
        .into_iter()
        .find(|code| codes.contains(code))
        .unwrap_or(exit::PASS)
}

/// Hears of a session and passes on what people and programs want to know.
struct Progress<'a> {
    reporter: Reporter,
    display: Display,
    /// Those whose outcome is still to come.
    waiting: &'a [Experiment],
    /// How long the lab took to start, until it is in a record.
    boot: Option<Duration>,
    codes: Vec<u8>,
}

impl Progress<'_> {
    fn hear(&mut self, told: Told) {
        match (told, self.waiting) {
            (Told::Up(hello, after), _) => {
                self.boot = Some(after);
                self.display.up(&hello, after);
            }
            (Told::Event(event), [experiment, ..]) => self.display.event(&experiment.name, &event),
            (Told::Outcome(outcome), [experiment, rest @ ..]) => {
                self.display.clear();
                self.waiting = rest;
                match *outcome {
                    Outcome::Judged(record) => self.judged(experiment, *record),
                    Outcome::Broken(breakage) => self.broken(experiment, &breakage),
                }
            }
            (_, []) => {}
        }
    }

    fn judged(&mut self, experiment: &Experiment, mut record: Record) {
        if let Some(boot) = self.boot.take() {
            record.stages.insert(0, StageName::Boot.record(boot));
        }
        self.codes.push(match record.verdict {
            Verdict::Pass => exit::PASS,
            Verdict::Fail => exit::FAIL,
            Verdict::Inconclusive => exit::INCONCLUSIVE,
        });
        match self.reporter.report(experiment, record) {
            Ok(Some(folder)) => {
                self.display
                    .say(&format!("{}: see {}", experiment.name, folder.display()));
            }
            Ok(None) => {}
            Err(failure) => self.codes.push(failure.report()),
        }
    }

    fn broken(&mut self, experiment: &Experiment, breakage: &Breakage) {
        self.display
            .say(&format!("error: {}: {}", experiment.name, breakage.message));
        self.codes.push(match breakage.kind {
            BreakageKind::Missing => exit::MISSING,
            BreakageKind::Bug => exit::BUG,
        });
    }
}
