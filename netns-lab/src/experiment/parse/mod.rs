//! From what is written to what is meant.

mod load;
mod network;
mod scalar;
mod servers;
mod service;

use super::file::{ExperimentFile, Legibility};
use super::problem::{Problem, Problems};
use super::spelling::quoted;
use super::written::{Field, Place, Written};
use super::{Experiment, Server, Service};

/// The longest name of an experiment, in characters.
const LONGEST_NAME: usize = 64;
/// The longest summary, in characters.
const LONGEST_SUMMARY: usize = 200;

impl ExperimentFile {
    /// What the author meant, or everything that is wrong.
    ///
    /// As long as a part of the text cannot be read at all, nothing else is judged: what seems to
    /// be missing may stand in that part.
    pub fn parse(&self) -> Result<Experiment, Problems> {
        let mut problems = self.problems.clone();
        let experiment = match self.legibility {
            Legibility::Whole => experiment(self, &mut problems),
            Legibility::Partial => None,
        };
        match experiment {
            Some(experiment) if problems.is_empty() => Ok(experiment),
            _ => Err(Problems::new(self.source.clone(), problems)),
        }
    }
}

/// Judges every part before any of them may end the whole, so that all problems are found.
fn experiment(file: &ExperimentFile, problems: &mut Vec<Problem>) -> Option<Experiment> {
    let name = experiment_name(&file.name, problems);
    let summary = summary(&file.summary, problems);
    let service = service::service(file.service.as_ref(), problems);
    let servers = servers::servers(&file.servers, &service, problems);
    let clients = load::clients(&file.load.clients, problems);
    let network = network::network(
        &file.network,
        &service,
        &servers,
        clients.as_ref(),
        problems,
    );
    let load = load::load(&file.load, clients.map(|clients| clients.value), problems);
    let expect = load::expectation(&file.expect, problems);
    let service = service.finish();
    let servers: Option<Vec<Server>> = servers.into_iter().map(servers::Draft::finish).collect();
    let (service, servers) = (service?, servers?);
    Some(Experiment {
        name: name?,
        summary: match summary? {
            Some(summary) => still_true(summary, &file.changed_by),
            None => default_summary(&service, &servers),
        },
        service,
        network: network?,
        servers,
        load: load?,
        expect: expect?,
    })
}

fn experiment_name(field: &Field, problems: &mut Vec<Problem>) -> Option<String> {
    let Some(written) = field else {
        let missing = Problem::at(&Place::Whole, "the experiment has no name");
        problems.push(missing.remedy("begin the file with a line such as `name = \"nat-wlc\"`"));
        return None;
    };
    name(&written.text(problems)?, LONGEST_NAME, problems)
}

/// A name that can be a folder, a network namespace and a word on a command line.
fn name(written: &Written<&str>, longest: usize, problems: &mut Vec<Problem>) -> Option<String> {
    let name = written.value;
    let fault = if name.is_empty() {
        "a name must not be empty".to_owned()
    } else if name.chars().nth(longest).is_some() {
        format!("a name has at most {longest} characters")
    } else if !name.chars().all(is_name_character) {
        format!("{} cannot be a name", quoted(name))
    } else if name.starts_with('-') || name.ends_with('-') {
        format!("the name {} begins or ends with `-`", quoted(name))
    } else {
        return Some(name.to_owned());
    };
    let remedy = "use small letters a-z, digits, and `-` between them";
    problems.push(Problem::at(&written.place, fault).remedy(remedy));
    None
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
}

/// `Some(None)`: none was written.
#[expect(
    clippy::option_option,
    reason = "the outer option says that it is wrong, as everywhere here; the inner that it is not there"
)]
fn summary(field: &Field, problems: &mut Vec<Problem>) -> Option<Option<String>> {
    let Some(written) = field else {
        return Some(None);
    };
    let text = written.text(problems)?;
    let fault = if text.value.trim().is_empty() {
        "the summary is empty"
    } else if text.value.chars().any(char::is_control) {
        "the summary must be one line"
    } else if text.value.chars().nth(LONGEST_SUMMARY).is_some() {
        "the summary is longer than 200 characters"
    } else {
        return Some(Some(text.value.to_owned()));
    };
    let remedy = "write one short line, or leave `summary` out";
    problems.push(Problem::at(&text.place, fault).remedy(remedy));
    None
}

/// The summary, with a warning when flags changed what it describes.
fn still_true(summary: String, changed_by: &[&str]) -> String {
    if changed_by.is_empty() {
        return summary;
    }
    format!("{summary} (changed by {})", changed_by.join(" "))
}

/// "wlc over nat, weights 4, 1".
fn default_summary(service: &Service, servers: &[Server]) -> String {
    let most = 8;
    let weights: Vec<String> = servers
        .iter()
        .take(most)
        .map(|server| server.weight.to_string())
        .collect();
    let more = if servers.len() > most { ", …" } else { "" };
    format!(
        "{} over {}, weights {}{more}",
        service.scheduler,
        service.forwarding,
        weights.join(", ")
    )
}
