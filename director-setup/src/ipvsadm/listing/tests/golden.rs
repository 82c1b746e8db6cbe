//! Lists that the real program printed (`tests/golden/text/`).

use super::table::{Table, names, words};
use crate::ipvsadm::grammar::{self, Command, Show};
use crate::ipvsadm::style::Order;

const LISTINGS: &str = include_str!("../../../../tests/golden/text/listings.txt");
const KERNEL_ORDER: &str = include_str!("../../../../tests/golden/text/kernel_order.txt");
const SINGLE_SERVICE: &str = include_str!("../../../../tests/golden/text/single_service.txt");

/// What a golden text tells of one command.
#[derive(Default)]
struct Step<'a> {
    words: Vec<String>,
    input: Vec<&'a str>,
    output: String,
    failed: bool,
}

fn steps(golden: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in golden.lines() {
        if let Some(words_of) = line.strip_prefix("$ ipvsadm ") {
            let words = words(words_of);
            steps.push(Step {
                words,
                ..Step::default()
            });
        }
        let Some(step) = steps.last_mut() else {
            continue;
        };
        match line.split_at_checked(2) {
            Some(("< ", input)) => step.input.push(input),
            Some(("> ", output)) => step.output.extend([output, "\n"]),
            Some(("? ", code)) => step.failed = code != "0",
            _ => {}
        }
    }
    steps
}

/// The services of a list with their servers, in no order: that of the kernel's hash table is not
/// known here.
fn unordered(list: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in list.lines() {
        match entries.last_mut() {
            Some(entry) if line.starts_with("  ->") => entry.extend([line, "\n"]),
            _ => entries.push(format!("{line}\n")),
        }
    }
    entries.sort();
    entries
}

/// Compares every list and every rule of a golden text with those of the table that it begins with
/// and returns how many there were.
fn compare(golden: &str) -> usize {
    let mut steps = steps(golden).into_iter();
    let restore = steps.next().expect("it begins with a restore");
    let table = Table::restored(&restore.input);
    let mut compared = 0;
    for step in steps.filter(|step| !step.failed) {
        let command = step.words.join(" ");
        let show = match grammar::parse("ipvsadm", &step.words, &mut names()) {
            Ok(Command::Show(show, _)) => show,
            other => panic!("{command}: {other:?}"),
        };
        let text = match show {
            Show::Table(style) if style.order == Order::Kernel => {
                let text = table.listed(style);
                assert_eq!(unordered(&text), unordered(&step.output), "{command}");
                step.output.clone()
            }
            Show::Table(style) => table.listed(style),
            Show::Service(key, style) => table.listed_alone(&key, style),
            Show::Rules(style) => table.saved(style),
            other => panic!("{command}: {other:?}"),
        };
        assert_eq!(text, step.output, "{command}");
        compared += 1;
    }
    compared
}

#[test]
fn every_list_of_a_table_is_that_of_the_real_program() {
    assert!(compare(LISTINGS) >= 25);
}

#[test]
fn every_list_in_the_kernels_order_is_that_of_the_real_program() {
    let (lists, _) = KERNEL_ORDER
        .split_once("$ ipvsadm -d")
        .expect("it goes on with edits");
    assert!(compare(lists) >= 5);
}

#[test]
fn every_list_of_one_service_is_that_of_the_real_program() {
    assert!(compare(SINGLE_SERVICE) >= 60);
}
