//! Runs the commands of a recording and writes down what came of them.

use std::fmt::Write;

use netns_lab::namespace::HostNetwork;

use super::copies::Copies;
use super::describe::describe;
use super::script::{self, Step};
use crate::ipvsadm::NAME;
use crate::ipvsadm::director::{Director, Finished, Program};

/// How much is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Standard output and error, and the exit code.
    Streams,
    /// Those and the netlink messages.
    Messages,
}

/// The recording, with what comes of its commands now.
pub fn fill_in(host: HostNetwork, text: &str, detail: Detail) -> String {
    let mut director = Director::new(host);
    let mut connections = String::new();
    let mut out = String::new();
    for step in script::parse(text) {
        match step {
            Step::Comment(line) => put(&mut out, "", &line),
            Step::Section(title) => {
                director = Director::new(host);
                connections.clear();
                put(&mut out, "===", &title);
            }
            Step::Connections(lines) => {
                for line in lines {
                    put(&mut out, "@", &line);
                    connections.push_str(&line);
                    connections.push('\n');
                }
            }
            Step::Command { line, input } => {
                put(&mut out, "$", &line);
                for line in &input {
                    put(&mut out, "<", line);
                }
                let copies = (detail == Detail::Messages).then(|| Copies::open(&director));
                let finished = run(&director, &line, &input, &connections);
                if let Some(copies) = copies {
                    out.push_str(&describe(&copies.read()));
                }
                put_streams(&mut out, &finished);
            }
        }
    }
    out
}

fn run(director: &Director, line: &str, input: &[String], connections: &str) -> Finished {
    let words = script::words(line);
    let args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    assert_eq!(words[0], NAME, "{line}");
    if !connections.is_empty() {
        return director.run_with_connections(Program::Real, &args, connections);
    }
    let input = match input {
        [] => String::new(),
        lines => lines.join("\n") + "\n",
    };
    director.run_with_input(Program::Real, &args, &input)
}

fn put_streams(out: &mut String, finished: &Finished) {
    for (mark, text) in [(">", &finished.stdout), ("!", &finished.stderr)] {
        text.lines().for_each(|line| put(out, mark, line));
        if !text.is_empty() && !text.ends_with('\n') {
            put(out, "\\", "no newline");
        }
    }
    put(out, "?", &finished.code.to_string());
}

/// Writes a line with its mark in front.
pub fn put(out: &mut String, mark: &str, line: &str) {
    let blank = if mark.is_empty() || line.is_empty() {
        ""
    } else {
        " "
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{mark}{blank}{line}");
}
