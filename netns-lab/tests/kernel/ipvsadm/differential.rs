//! Both programs with random configurations: they make them, list them, save and restore them, edit
//! and delete them, and must not differ in a single byte of output, nor in an exit code. Messages may
//! differ; those that do are shown.
//!
//! A number is a configuration: `cargo test -p netns-lab --test kernel -- configuration_7`. The long
//! run: `IPVSADM_CONFIGURATIONS=500 cargo test -p netns-lab --test kernel -- ipvsadm::configuration`.
//!
//! Starting a program in the guest takes longer than anything that it does there, so commands come in
//! batches: `ipvsadm -R` reads them, listings included.

mod addresses;
mod configuration;
mod edits;
mod listings;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use fastrand::Rng;
use libtest_mimic::Trial;
use netns_lab::namespace::HostNetwork;

use self::configuration::Configuration;
use self::listings::{EVERYWHERE, HERE, blocks};
use super::difference;
use super::director::{Director, Finished, Program};
use crate::guest::{Guest, Work, cases};

/// How many configurations are tried if nobody says otherwise.
const COUNT: u64 = 20;
/// Says otherwise.
const COUNT_VARIABLE: &str = "IPVSADM_CONFIGURATIONS";
/// The beginning of the cases' names.
const PREFIX: &str = "ipvsadm::configuration_";
/// The case that has to fail inside.
const PROOF: &str = "ipvsadm::a_line_that_gets_lost_is_noticed";
/// How many commands are run one by one, and how many come in a batch of edits.
const SINGLE: usize = 4;
const EDITS: usize = 30;

/// The case of this name.
pub fn find(name: &str) -> Option<Work> {
    if name == PROOF {
        return Some(Box::new(notices_a_lost_line));
    }
    let seed = name.strip_prefix(PREFIX)?.parse().ok()?;
    Some(Box::new(move |host| {
        Contest::new(host, seed, Program::Ours).run()
    }))
}

/// A trial for each configuration.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let count = std::env::var(COUNT_VARIABLE).ok();
    let count = count.and_then(|count| count.parse().ok()).unwrap_or(COUNT);
    let names = (1..=count).map(|seed| format!("{PREFIX}{seed}"));
    let trial = |name: String| cases::trial(guest, name, |messages| print!("{messages}"));
    names.chain([PROOF.to_owned()]).map(trial).collect()
}

/// The contest fails for a program that is the real one but for the last line of its input.
fn notices_a_lost_line(host: HostNetwork) -> String {
    let contest = || Contest::new(host, 1, Program::Forgetful).run();
    assert!(
        panic::catch_unwind(AssertUnwindSafe(contest)).is_err(),
        "nobody noticed"
    );
    String::new()
}

/// One configuration in two namespaces: `one` is made by the real program, `other` by its rival.
struct Contest {
    host: HostNetwork,
    seed: u64,
    rng: Rng,
    rival: Program,
    configuration: Configuration,
    one: Director,
    other: Director,
    /// Messages of the programs that differ.
    messages: RefCell<BTreeSet<String>>,
    /// What was done so far, for whoever has to find out why it failed.
    done: Vec<String>,
}

impl Contest {
    fn new(host: HostNetwork, seed: u64, rival: Program) -> Self {
        let mut rng = Rng::with_seed(seed);
        Self {
            host,
            seed,
            rival,
            configuration: Configuration::random(&mut rng),
            rng,
            one: Director::new(host),
            other: Director::new(host),
            messages: RefCell::default(),
            done: vec![],
        }
    }

    /// Returns the messages that differ.
    fn run(mut self) -> String {
        let commands = self.configuration.commands();
        let made = self.both("making", &commands);
        assert_eq!(made, Finished::silent(), "{}", self.report());
        self.compare_listings();
        self.compare_restoring();
        for round in ["editing", "editing, with changed roles"] {
            let edits = edits::batch(&self.configuration, &mut self.rng, EDITS);
            self.both(round, &edits);
            self.compare_listings();
            std::mem::swap(&mut self.one, &mut self.other);
        }
        for _ in 0..SINGLE {
            let command = edits::single(&self.configuration, &mut self.rng);
            self.both_directly(&command);
        }
        self.compare_contents(&self.one, &self.other);
        self.both("clearing", &["-C".to_owned()]);
        self.compare_contents(&self.one, &self.other);
        self.messages.take().into_iter().collect()
    }

    /// Both programs, each in its namespace, read the same commands.
    fn both(&mut self, step: &str, commands: &[String]) -> Finished {
        self.done.push(format!("# {step}"));
        self.done.extend_from_slice(commands);
        let one = batch(&self.one, Program::Real, commands);
        let other = batch(&self.other, self.rival, commands);
        self.expect_same(step, &one, &other);
        one
    }

    /// Both programs, each in its namespace, are given a command as arguments.
    fn both_directly(&mut self, command: &[String]) {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        self.done.push(format!("# directly: {command:?}"));
        let one = self.one.run(Program::Real, &args);
        let other = self.other.run(self.rival, &args);
        self.expect_same("one command", &one, &other);
    }

    /// In each namespace both programs list the same; both namespaces hold the same.
    fn compare_listings(&mut self) {
        let mut listings = EVERYWHERE.map(str::to_owned).to_vec();
        let keys = self.configuration.some_keys(&mut self.rng);
        listings.extend(keys.iter().map(|key| format!("-L -n {key}")));
        let mut held = Vec::new();
        for director in [&self.one, &self.other] {
            let seen = batch(director, Program::Real, &listings);
            let by_rival = batch(director, self.rival, &listings);
            self.expect_same("listing", &seen, &by_rival);
            held.push(blocks(&seen.stdout));
        }
        self.expect_same_text("what the namespaces hold", &held[0], &held[1]);
        let here = HERE.map(str::to_owned);
        let seen = batch(&self.one, Program::Real, &here);
        let by_rival = batch(&self.one, self.rival, &here);
        self.expect_same("listing in the kernel's order", &seen, &by_rival);
        let all = [&EVERYWHERE[..], &HERE].concat();
        let args: Vec<_> = all[self.rng.usize(..all.len())].split(' ').collect();
        let seen = self.one.run(Program::Real, &args);
        let by_rival = self.one.run(self.rival, &args);
        self.expect_same("one listing", &seen, &by_rival);
    }

    /// What one saved is restored by both.
    fn compare_restoring(&mut self) {
        let saved = self.one.run(Program::Real, &["-S"]).stdout;
        let (first, second) = (Director::new(self.host), Director::new(self.host));
        let restored = first.run_with_input(Program::Real, &["-R"], &saved);
        let by_rival = second.run_with_input(self.rival, &["-R"], &saved);
        self.expect_same("restoring", &restored, &by_rival);
        self.compare_contents(&first, &second);
    }

    /// Both namespaces hold the same, as far as the real program saves it.
    fn compare_contents(&self, one: &Director, other: &Director) {
        let [one, other] = [one, other].map(|director| {
            let saved = director.run(Program::Real, &["-S", "-n"]);
            blocks(&saved.stdout)
        });
        self.expect_same_text("what the namespaces hold", &one, &other);
    }

    fn expect_same(&self, step: &str, real: &Finished, rival: &Finished) {
        self.expect_same_text(step, &real.to_string(), &rival.to_string());
        if real.stderr != rival.stderr {
            let (real, rival) = (&real.stderr, &rival.stderr);
            let mut messages = self.messages.borrow_mut();
            messages.extend(listings::different_messages(real, rival));
        }
    }

    fn expect_same_text(&self, step: &str, real: &str, rival: &str) {
        assert!(
            real == rival,
            "{step}: the real program's (-) and its rival's (+) differ:\n{}\n{}",
            difference::between(real, rival),
            self.report(),
        );
    }

    /// How to do it again.
    fn report(&self) -> String {
        format!(
            "configuration {}, for `ipvsadm -R`:\n{}",
            self.seed,
            self.done.join("\n")
        )
    }
}

/// Runs a program that reads these commands.
fn batch(director: &Director, program: Program, commands: &[String]) -> Finished {
    let input = commands.join("\n") + "\n";
    director.run_with_input(program, &["-R"], &input)
}
