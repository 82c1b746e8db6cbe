//! A small drawing of a lab, for people.

use std::fmt::Write;

use director_setup::Forwarding;

use crate::experiment::{Answers, Experiment, Server};

/// How many real servers are drawn before the middle is left out.
const DRAWN: usize = 8;

/// Draws the lab of an experiment: a few lines of text, each ending in a newline.
pub fn draw(experiment: &Experiment) -> String {
    let lines = match experiment.service.forwarding {
        Forwarding::Nat => draw_nat(experiment),
        _ => draw_one_link(experiment),
    };
    lines.into_iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "  {}", line.trim_end());
        text
    })
}

/// The director stands between two links.
fn draw_nat(experiment: &Experiment) -> Vec<String> {
    let network = &experiment.network;
    let left = format!(
        "client {} ── {} director {} ─",
        network.client, experiment.service.vip, network.director
    );
    fork(&left, server_lines(experiment, ""))
}

/// Everyone is on one link.
fn draw_one_link(experiment: &Experiment) -> Vec<String> {
    let network = &experiment.network;
    let director = format!(
        "director {} and {}",
        network.director, experiment.service.vip
    );
    let mut right = vec![director];
    right.extend(server_lines(experiment, ", VIP on lo"));
    fork(&format!("client {} ─", network.client), right)
}

/// Draws one stem and a branch for each line.
fn fork(stem: &str, branches: Vec<String>) -> Vec<String> {
    let last = branches.len() - 1;
    let indent = " ".repeat(stem.chars().count());
    let branches = branches.into_iter().enumerate();
    branches
        .map(|(index, branch)| match (index, last) {
            (0, 0) => format!("{stem}── {branch}"),
            (0, _) => format!("{stem}┬─ {branch}"),
            (index, last) if index == last => format!("{indent}└─ {branch}"),
            _ => format!("{indent}├─ {branch}"),
        })
        .collect()
}

fn server_lines(experiment: &Experiment, note: &str) -> Vec<String> {
    let line = |server: &Server| {
        let behaviour = match server.answers {
            Answers::Normally => "",
            Answers::Never => ", never answers",
            Answers::Refuses => ", refuses",
        };
        format!(
            "{} {} weight {}{note}{behaviour}",
            server.name, server.address, server.weight
        )
    };
    let servers = &experiment.servers;
    if servers.len() <= DRAWN {
        return servers.iter().map(line).collect();
    }
    let (head, tail) = (&servers[..DRAWN - 2], &servers[servers.len() - 1..]);
    let hidden = format!("… {} more", servers.len() - DRAWN + 1);
    head.iter()
        .map(line)
        .chain([hidden])
        .chain(tail.iter().map(line))
        .collect()
}
