//! `netns-lab run`

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use analysis::view::{Colour, Format};
use analysis::{Record, Verdict};
use anyhow::anyhow;

use super::args::{RunArgs, When};
use super::display::Display;
use super::interrupt::Interruption;
use super::output::OutFolder;
use super::{Failure, print};
use crate::engine::{self, AptError, ChooseError, Chosen, PackageError, SessionError, Told};
use crate::experiment::{self, Experiment, source};
use crate::link::{Breakage, BreakageKind, Outcome, StageName};
use crate::{exit, topology};

/// The tutorial's two experiments.
const DEFAULT: [&str; 2] = ["nat-wlc", "dr-wlc"];

/// Runs experiments, prints their reports and returns the exit code.
pub fn run(args: &RunArgs, color: When) -> Result<u8, Failure> {
    let began = Instant::now();
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
    let reporter = Reporter {
        format: args.format,
        color,
        out,
    };
    let mut progress = Progress {
        reporter,
        display,
        waiting: &experiments,
        boot: None,
        codes: vec![],
    };
    let session = engine::run(
        engine.as_ref(),
        &experiments,
        |interrupt| interruption.tell(interrupt),
        |told| progress.hear(told),
    );
    progress.display.clear();
    session.map_err(session_failure)?;
    progress
        .display
        .say(&format!("done in {:.1} s", began.elapsed().as_secs_f64()));
    progress
        .codes
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map(|codes| worst(&codes))
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

fn colours(when: When, stream: &impl IsTerminal) -> Colour {
    let yes = match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && stream.is_terminal()
        }
    };
    if yes { Colour::Ansi } else { Colour::Plain }
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
    engine::choose(&args.engine.wanted(), args.kernel.clone(), &mut progress).map_err(|error| {
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
    codes: Vec<Result<u8, Failure>>,
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
                let code = self.outcome(experiment, *outcome);
                self.codes.push(code);
            }
            (_, []) => {}
        }
    }

    fn outcome(&mut self, experiment: &Experiment, outcome: Outcome) -> Result<u8, Failure> {
        match outcome {
            Outcome::Judged(record) => {
                let mut record = *record;
                if let Some(boot) = self.boot.take() {
                    record.stages.insert(0, StageName::Boot.record(boot));
                }
                let folder = self.reporter.report(experiment, &record)?;
                if let Some(folder) = folder {
                    self.display
                        .say(&format!("{}: see {}", experiment.name, folder.display()));
                }
                Ok(match record.verdict {
                    Verdict::Pass => exit::PASS,
                    Verdict::Fail => exit::FAIL,
                    Verdict::Inconclusive => exit::INCONCLUSIVE,
                })
            }
            Outcome::Broken(Breakage { message, kind }) => {
                self.display
                    .say(&format!("error: {}: {message}", experiment.name));
                Ok(match kind {
                    BreakageKind::Missing => exit::MISSING,
                    BreakageKind::Bug => exit::BUG,
                })
            }
        }
    }
}

/// Prints records and leaves their files.
struct Reporter {
    format: Format,
    color: When,
    out: Option<OutFolder>,
}

impl Reporter {
    /// Reports one record; returns the folder with its files if there is one.
    fn report(
        &self,
        experiment: &Experiment,
        record: &Record,
    ) -> Result<Option<std::path::PathBuf>, Failure> {
        let bug = |error: anyhow::Error| Failure::new(exit::BUG, &error);
        let view = self.format.view(colours(self.color, &std::io::stdout()));
        let mut text = view
            .render(std::slice::from_ref(record))
            .map_err(|error| bug(error.into()))?;
        if self.format == Format::Text {
            text = format!("\n{}\n{text}", topology::draw(experiment));
        }
        print(text.as_bytes())?;
        self.out
            .as_ref()
            .map(|out| out.write(record))
            .transpose()
            .map_err(bug)
    }
}
