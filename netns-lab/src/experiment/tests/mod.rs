//! What the reader and the judge say about files and flags.

mod flags;
mod form;
mod fuzz;
mod load;
mod network;
mod servers;
mod service;
mod sources;

use super::{Experiment, ExperimentFile, Place, Problems};

/// A good experiment, which the tests spoil line by line.
const GOOD: &str = r#"name = "good"
[service]
vip = "192.168.0.1:80"
scheduler = "wrr"
forwarding = "nat"
[network]
# network
[[server]]
address = "192.168.1.2"
[[server]]
address = "192.168.1.3"
[load]
# load
[expect]
# expect
"#;

/// The good experiment with some of its text replaced.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(GOOD.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "nothing to change: {old}");
        text.replacen(old, new, 1)
    })
}

/// The meaning of the good experiment with some of its text replaced.
fn meaning(changes: &[(&str, &str)]) -> Experiment {
    let file = ExperimentFile::read("test.toml", changed(changes));
    file.parse().unwrap_or_else(|problems| panic!("{problems}"))
}

/// One line for each problem of the good experiment with some of its text replaced.
fn judged(changes: &[(&str, &str)]) -> String {
    let text = changed(changes);
    let problems = ExperimentFile::read("test.toml", text.as_str()).parse();
    in_lines(&problems.expect_err("the text is wrong"), &text)
}

/// "line: what is wrong => what to write instead", one line for each problem.
fn in_lines(problems: &Problems, text: &str) -> String {
    let line = |place: &Place| match place {
        Place::Whole => "-".to_owned(),
        Place::Span(bytes) => (text[..bytes.start].matches('\n').count() + 1).to_string(),
        Place::Flag(flag) => (*flag).to_owned(),
    };
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let remedy = problem.remedy.as_deref().unwrap_or("?");
            format!("{}: {} => {remedy}", line(&problem.place), problem.message)
        })
        .collect();
    lines.join("\n")
}
