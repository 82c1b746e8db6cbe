//! The commands of a recording.

/// A step of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A line that stays as it is: a comment, or nothing.
    Comment(String),
    /// What follows happens in a fresh namespace.
    Section(String),
    /// A command, with what it reads on standard input.
    Command { line: String, input: Vec<String> },
    /// What the commands of this section find in `/proc/net/ip_vs_conn`.
    Connections(Vec<String>),
}

/// The steps of a recording; what came of them is left out.
pub fn parse(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in text.lines() {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.to_owned();
        match mark {
            "" | "#" => steps.push(Step::Comment(line.to_owned())),
            "===" => steps.push(Step::Section(rest)),
            "$" => steps.push(Step::Command {
                line: rest,
                input: vec![],
            }),
            "<" => match steps.last_mut() {
                Some(Step::Command { input, .. }) => input.push(rest),
                other => panic!("input for {other:?}: {line}"),
            },
            "@" => match steps.last_mut() {
                Some(Step::Connections(lines)) => lines.push(rest),
                _ => steps.push(Step::Connections(vec![rest])),
            },
            ">" | "!" | "?" | "->" | "<-" | "<+" | "\\" => {}
            other => panic!("a recording has no lines that begin with {other:?}: {line}"),
        }
    }
    steps
}

/// The words of a command line; single quotes hold a word with blanks, or an empty one, together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').expect("quotes come in pairs"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}
