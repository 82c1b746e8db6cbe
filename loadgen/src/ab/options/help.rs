//! The text of `--help`.

use super::table::{SECTIONS, Spec};
use crate::{ab::exit, gate, script};

const INTRODUCTION: &str = "\
Sends HTTP requests, some at a time, and reports rates, latencies and failures as ab (ApacheBench)
2.3 does, line for line, and then what ab does not say. A udp:// URL gets numbered datagrams, whose
echoes are counted: -n of them, in -c flows.

Usage: loadgen [OPTIONS] [http[s]://]HOST[:PORT]/PATH
       loadgen [OPTIONS] udp://HOST:PORT

Options come before the URL. Those of ab have its letters, values and defaults; letters may be
bundled (-kq) and values attached (-n100). TIME is a number of seconds, or has a unit: 500ms, 2m.
";

const DIFFERENCES: &str = "\
Where ab does otherwise:
  numbers            ab takes '5x' for 5 and 'x' for 0, and 0 for -t and -s; these are refused
  unknown letters    ab says so and goes on; refused
  -r                 without it ab ends at the first receive error and prints no report; here the
                     load goes on and the failure is counted, with -r or without
  failures           ab may count one lost request up to three times; here it counts once, and not
                     as complete
  times              of the requests that did not fail
  -C                 ab sends the last cookie only; here all are sent
  -H Connection      ab sends it beside its own of -k; here it replaces that
  -X                 without a port ab uses port 0; here it is 80. For https:// ab speaks TLS to
                     the proxy itself; here the proxy opens a tunnel (CONNECT)
  #fragment          ab sends it; here it is left out
  -f, -Z             TLS 1.2 and 1.3 and their suites only; -Z also takes those of TLS 1.3
  -v                 nothing of certificates; responses are printed when they are complete
  -e, medians        ab reads one sample too far; here the last sample counts
  -h                 ab prints the help on stderr and exits with 22; here it is on stdout, with 0
";

const WIDTH: usize = 100;
/// Where the explanations begin.
const INDENT: usize = 32;

/// What `--help` prints.
pub fn help() -> String {
    let mut parts = vec![INTRODUCTION.to_owned()];
    for (heading, specs) in SECTIONS {
        parts.push(format!("\n{heading}:\n"));
        parts.extend(specs.iter().map(option));
    }
    parts.push(format!(
        "\nAssertions: NAME OP VALUE, where OP is one of < <= > >= == != and NAME one of\n{}",
        gate::names()
    ));
    parts.push(format!("\nA script:\n{}", indented(script::file::EXAMPLE)));
    parts.push(format!("\n{DIFFERENCES}\nExit codes:\n{}", exit::TABLE));
    parts.concat()
}

/// What `-V` prints.
pub fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "This is loadgen, version {version}, with the options and the report of ApacheBench 2.3\n"
    )
}

/// One option with its explanation, wrapped.
fn option(spec: &Spec) -> String {
    let value = spec
        .value
        .map(|value| format!(" {value}"))
        .unwrap_or_default();
    let mut text = format!("  {}{value}", spec.spelling());
    if text.len() + 2 > INDENT {
        text += "\n";
        text += &" ".repeat(INDENT);
    } else {
        text += &" ".repeat(INDENT - text.len());
    }
    let mut column = INDENT;
    for word in spec.help.split(' ') {
        if column > INDENT && column + 1 + word.len() > WIDTH {
            text += "\n";
            text += &" ".repeat(INDENT);
            column = INDENT;
        } else if column > INDENT {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += word.len();
    }
    text + "\n"
}

fn indented(text: &str) -> String {
    let indent = |line: &str| format!("  {line}").trim_end().to_owned();
    text.lines().map(indent).collect::<Vec<_>>().join("\n") + "\n"
}
