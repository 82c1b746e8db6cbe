//! What a person sees on standard error while things take their time.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::{Engine, Fetch, PassedOver};
use crate::link::{Event, Hello, StageName};

/// Progress and remarks on standard error; progress only on a terminal.
pub struct Display {
    bar: ProgressBar,
    doing: Doing,
    /// What was fetched last, for those who see no progress.
    fetched: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Spinning,
    Downloading,
    Loading,
}

impl Display {
    /// Decides by what standard error is.
    pub fn new() -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bar: ProgressBar::with_draw_target(None, target),
            doing: Doing::Nothing,
            fetched: None,
        }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// The guest kernel is fetched; without a terminal each step is one line.
    pub fn fetch(&mut self, fetch: Fetch) {
        let step = match fetch {
            Fetch::Waiting => "waiting for another run that fetches the guest kernel",
            Fetch::Asking => "asking apt for Debian's user-mode-linux",
            Fetch::RefreshingLists => "apt cannot get it: fetching fresh package lists",
            Fetch::Downloading { .. } => "fetching Debian's user-mode-linux",
            Fetch::Unpacking => "unpacking user-mode-linux",
        };
        if self.bar.is_hidden() {
            if self.fetched.replace(step) != Some(step) {
                self.say(step);
            }
        } else if let Fetch::Downloading { done, total } = fetch {
            self.count(Doing::Downloading, total, step);
            self.bar.set_position(done);
        } else {
            self.spin(step);
        }
    }

    /// The engine is chosen.
    pub fn chosen(&mut self, engine: &dyn Engine, passed_over: &[PassedOver]) {
        self.clear();
        for PassedOver { engine, reason } in passed_over {
            self.say(&format!("engine {engine}: no, {reason}"));
        }
        self.say(&format!(
            "engine {}: {}",
            engine.name(),
            engine.description()
        ));
        self.spin("starting the lab");
    }

    /// The lab is up.
    pub fn up(&mut self, hello: &Hello, after: Duration) {
        self.clear();
        self.say(&format!(
            "kernel {} up after {:.1} s",
            hello.kernel,
            after.as_secs_f64()
        ));
    }

    /// Something happened in the lab.
    pub fn event(&mut self, experiment: &str, event: &Event) {
        match event {
            Event::StageBegan(StageName::Boot) => self.spin("starting the lab"),
            Event::StageBegan(StageName::Lab) => {
                self.spin(&format!("{experiment}: building the lab"));
            }
            Event::StageBegan(StageName::Load) => self.spin(&format!("{experiment}: load begins")),
            Event::StageBegan(StageName::Settle) => {
                self.spin(&format!("{experiment}: waiting for the kernel's counters"));
            }
            Event::StageBegan(StageName::Report) => self.spin(&format!("{experiment}: judging")),
            Event::Loading { done, planned } => {
                self.count(Doing::Loading, *planned, &format!("{experiment}: requests"));
                self.bar.set_position(*done);
            }
        }
    }

    /// Takes the progress off the screen.
    pub fn clear(&mut self) {
        self.bar.finish_and_clear();
        self.doing = Doing::Nothing;
    }

    fn spin(&mut self, message: &str) {
        if self.doing == Doing::Spinning && self.bar.message() == message {
            return;
        }
        self.begin(Doing::Spinning, None, "{spinner} {msg}");
        self.bar.set_message(message.to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    fn count(&mut self, doing: Doing, total: u64, message: &str) {
        if self.doing == doing {
            return;
        }
        let template = match doing {
            Doing::Downloading => "{msg} {wide_bar} {bytes}/{total_bytes} {eta}",
            _ => "{msg} {wide_bar} {human_pos}/{human_len} {per_sec}",
        };
        self.begin(doing, Some(total), template);
        self.bar.set_message(message.to_owned());
    }

    fn begin(&mut self, doing: Doing, total: Option<u64>, template: &str) {
        self.clear();
        self.bar.disable_steady_tick();
        self.bar.reset();
        self.doing = doing;
        let fallback = |_| ProgressStyle::default_bar();
        self.bar
            .set_style(ProgressStyle::with_template(template).unwrap_or_else(fallback));
        if let Some(total) = total {
            self.bar.set_length(total);
        }
    }
}
