//! One job on one engine, watched from the host.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Engine;
use crate::cage::Line;
use crate::experiment::Experiment;
use crate::link::{self, Event, Hello, Job, Message, Outcome, ReceiveError};

/// A lab says something every second; after this long without a word it hangs.
const SILENCE: Duration = Duration::from_secs(20);
/// What an experiment may take beyond its load: building, settling, judging.
const BESIDES_LOAD: Duration = Duration::from_secs(90);
/// How many of the last console lines are shown with an error.
const CONSOLE_LINES: usize = 40;

/// A lab did not come to a proper end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The process could not be started.
    #[error("cannot start the lab")]
    Start(#[source] io::Error),
    /// No first word: the engine does not work on this machine.
    #[error("the engine does not start here: {needs}{console}")]
    NeverUp {
        /// What the engine needs of a machine.
        needs: &'static str,
        /// What its line said, if it said anything.
        source: Option<ReceiveError>,
        /// The last console lines.
        console: Console,
    },
    /// No word in time.
    #[error("the lab hangs: no word for {} s{console}", waited.as_secs())]
    Silent {
        /// How long.
        waited: Duration,
        /// The last console lines.
        console: Console,
    },
    /// It talks, and does not come to an end.
    #[error("the lab did not finish within {} s{console}", limit.as_secs())]
    Endless {
        /// How long it had.
        limit: Duration,
        /// The last console lines.
        console: Console,
    },
    /// The line broke: the lab died.
    #[error("the lab died before it was done{console}")]
    Died {
        /// What the line said.
        source: ReceiveError,
        /// The last console lines.
        console: Console,
    },
    /// A message that has no place here.
    #[error("the lab broke the protocol: {what}{console}")]
    Protocol {
        /// What was wrong.
        what: &'static str,
        /// The last console lines.
        console: Console,
    },
    /// Ctrl-C, or a signal to terminate.
    #[error("interrupted")]
    Interrupted,
}

impl SessionError {
    /// The same, if it happens before the lab has said a word.
    fn before_hello(self, needs: &'static str) -> Self {
        match self {
            Self::Died { source, console } => Self::NeverUp {
                needs,
                source: Some(source),
                console,
            },
            Self::Silent { console, .. } | Self::Endless { console, .. } => Self::NeverUp {
                needs,
                source: None,
                console,
            },
            other => other,
        }
    }
}

/// The last lines of a lab's console.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Console(VecDeque<String>);

impl std::fmt::Display for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.0.is_empty() {
            write!(f, "; the last lines of its console:")?;
        }
        self.0.iter().try_for_each(|line| write!(f, "\n  | {line}"))
    }
}

/// What the watcher of a session hears.
enum Heard {
    Message(Result<Message, ReceiveError>),
    ConsoleLine(String),
    Interrupt,
}

/// Ends a running session from another thread; made to be called by a signal handler's thread.
#[derive(Debug, Clone)]
pub struct Interrupt(Sender<Heard>);

impl Interrupt {
    /// Ends the session.
    pub fn interrupt(&self) {
        // A session that is over does not listen any more.
        let _ = self.0.send(Heard::Interrupt);
    }
}

/// What a session tells its caller while it runs.
#[derive(Debug)]
pub enum Told {
    /// The lab is up, after this time.
    Up(Hello, Duration),
    /// Progress.
    Event(Event),
    /// An experiment ended.
    Outcome(Box<Outcome>),
}

/// Runs a job on an engine; `tell` hears of everything as it happens.
///
/// `on_start` gets the handle that ends the session early.
pub fn run(
    engine: &dyn Engine,
    experiments: &[Experiment],
    on_start: impl FnOnce(Interrupt),
    tell: impl FnMut(Told),
) -> Result<(), SessionError> {
    let began = Instant::now();
    let (sender, receiver) = channel();
    on_start(Interrupt(sender.clone()));
    let (cage, line) = engine.start().map_err(SessionError::Start)?;
    let job = Job {
        engine: engine.name().to_string(),
        experiments: experiments.to_vec(),
    };
    let talk = Talk::start(line, job, &sender);
    let limit = engine.boot_deadline()
        + experiments
            .iter()
            .map(|it| it.load.time_limit + BESIDES_LOAD)
            .sum::<Duration>();
    let watch = Watch {
        receiver,
        began,
        limit,
        console: Console::default(),
        needs: engine.needs(),
        tell,
    };
    let result = watch.see_through(engine.boot_deadline(), experiments.len());
    drop(cage);
    talk.join();
    result
}

struct Watch<T> {
    receiver: Receiver<Heard>,
    began: Instant,
    limit: Duration,
    console: Console,
    needs: &'static str,
    tell: T,
}

impl<T: FnMut(Told)> Watch<T> {
    fn see_through(mut self, boot: Duration, expected: usize) -> Result<(), SessionError> {
        match self.next(boot) {
            Ok(Message::Hello(hello)) => (self.tell)(Told::Up(hello, self.began.elapsed())),
            Ok(_) => return Err(self.broken("it did not introduce itself")),
            Err(error) => return Err(error.before_hello(self.needs)),
        }
        let mut outcomes = 0;
        loop {
            match self.next(SILENCE)? {
                Message::Heartbeat => {}
                Message::Event(event) => (self.tell)(Told::Event(event)),
                Message::Outcome(outcome) if outcomes < expected => {
                    outcomes += 1;
                    (self.tell)(Told::Outcome(outcome));
                }
                Message::Bye if outcomes == expected => return Ok(()),
                Message::Bye => return Err(self.broken("it left before all was done")),
                Message::Outcome(_) => return Err(self.broken("it reports too much")),
                Message::Hello(_) => return Err(self.broken("it introduced itself twice")),
            }
        }
    }

    /// The next message; console lines are collected on the way.
    fn next(&mut self, patience: Duration) -> Result<Message, SessionError> {
        let deadline = Instant::now() + patience;
        loop {
            if self.began.elapsed() > self.limit {
                let console = std::mem::take(&mut self.console);
                return Err(SessionError::Endless {
                    limit: self.limit,
                    console,
                });
            }
            match self
                .receiver
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(Heard::Message(Ok(message))) => return Ok(message),
                Ok(Heard::Message(Err(source))) => return Err(self.died(source)),
                Ok(Heard::ConsoleLine(line)) => self.remember(line),
                Ok(Heard::Interrupt) => return Err(SessionError::Interrupted),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let console = std::mem::take(&mut self.console);
                    return Err(SessionError::Silent {
                        waited: patience,
                        console,
                    });
                }
            }
        }
    }

    fn remember(&mut self, line: String) {
        tracing::debug!(target: "console", "{line}");
        if self.console.0.len() == CONSOLE_LINES {
            self.console.0.pop_front();
        }
        self.console.0.push_back(line);
    }

    /// The console may still hold the reason when the line is already closed.
    fn died(&mut self, source: ReceiveError) -> SessionError {
        while let Ok(heard) = self.receiver.recv_timeout(Duration::from_millis(500)) {
            match heard {
                Heard::ConsoleLine(line) => self.remember(line),
                Heard::Interrupt => return SessionError::Interrupted,
                Heard::Message(_) => {}
            }
        }
        SessionError::Died {
            source,
            console: std::mem::take(&mut self.console),
        }
    }

    fn broken(&mut self, what: &'static str) -> SessionError {
        SessionError::Protocol {
            what,
            console: std::mem::take(&mut self.console),
        }
    }
}

/// The threads at this end of the line; they end when the lab's ends of the pipes are closed.
struct Talk {
    speaker: JoinHandle<ChildStdin>,
    listeners: [JoinHandle<()>; 2],
}

impl Talk {
    fn start(line: Line, job: Job, to: &Sender<Heard>) -> Self {
        let Line {
            mut input,
            output,
            console,
        } = line;
        let (messages, lines) = (to.clone(), to.clone());
        let speaker = thread::spawn(move || {
            // A job that cannot be sent has no receiver: the lab died, and its line says so.
            let _ = link::send(&mut input, &job);
            // Open to the end: the lab takes the closing of this line for the death of its host.
            input
        });
        let listeners = [
            thread::spawn(move || hear_messages(output, &messages)),
            thread::spawn(move || hear_console(console, &lines)),
        ];
        Self { speaker, listeners }
    }

    fn join(self) {
        // A thread that panicked has said so already.
        drop(self.speaker.join());
        for listener in self.listeners {
            let _ = listener.join();
        }
    }
}

fn hear_messages(output: ChildStdout, to: &Sender<Heard>) {
    let mut output = BufReader::new(output);
    loop {
        let message = link::receive::<Message>(&mut output);
        let last = message.is_err();
        if to.send(Heard::Message(message)).is_err() || last {
            return;
        }
    }
}

fn hear_console(console: ChildStderr, to: &Sender<Heard>) {
    for line in BufReader::new(console).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.is_empty() && to.send(Heard::ConsoleLine(text)).is_err() {
            return;
        }
    }
}
