use super::*;
use crate::judge;
use crate::observation::{Observation, Proof, StoppedEarly};
use crate::replay::{closed_loop_over_equal_servers, replay};
use crate::testing::{lab, saw, serial_trace, served, tally};

/// wlc with weights 4:1 and ten connections at a time: passes, and not at 80:20.
fn passed() -> Observation {
    let mut observation = lab("wlc", &[4, 1]);
    observation.load.concurrency = 10;
    observation.trace = closed_loop_over_equal_servers("wlc", 10_000, 10);
    observation.proofs.push(Proof {
        claim: "the director's MAC address answers for the VIP".to_owned(),
        holds: true,
        seen: "02:00:00:00:00:01".to_owned(),
    });
    let picks = replay(&observation, 0).unwrap().picks;
    saw(observation, &picks)
}

/// A server that answers nothing.
fn failed() -> Observation {
    let mut observation = served(lab("wrr", &[3, 1]), 1_000);
    let dead = &mut observation.servers[1];
    (dead.client_requests, dead.client_connections) = (0, 0);
    (dead.server_requests, dead.server_connections) = (0, 0);
    observation.load.requests_completed = 750;
    observation.load.requests_failed = 250;
    observation.load.errors = vec![tally("response-timed-out", "no response in time", 250)];
    observation
}

/// Names as an attacker would choose them.
fn hostile() -> Record {
    let mut observation = served(lab("rr", &[1, 1]), 1_000);
    observation.experiment = "<script>alert(1)</script>".to_owned();
    observation.servers[0].name = "\"><img src=x onerror=alert(1)>|*\x1b[31m".to_owned();
    observation.servers[0].server_requests = 7;
    judge(&observation)
}

fn render(format: Format, records: &[Record]) -> String {
    format.view(Colour::Plain).render(records).unwrap()
}

#[test]
fn text() {
    insta::assert_snapshot!(render(Format::Text, &[judge(&passed()), judge(&failed())]));
}

#[test]
fn csv() {
    insta::assert_snapshot!(render(Format::Csv, &[judge(&passed()), judge(&failed())]));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(render(
        Format::Markdown,
        &[judge(&passed()), judge(&failed())]
    ));
}

/// The line of the text view with this label.
fn line(record: Record, label: &str) -> String {
    let text = render(Format::Text, &[record]);
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    line.expect("the label").trim().to_owned()
}

#[test]
fn a_stopped_load_shows_what_it_began_beside_its_plan() {
    let mut observation = served(lab("rr", &[1, 1]), 30);
    let load = &mut observation.load;
    load.requests_planned = 100_000_000;
    (load.requests_failed, load.requests_unfinished) = (10, 2);
    load.connections_attempted = 42;
    load.concurrency = 1_000;
    load.stopped_early = Some(StoppedEarly::GaveUp { failed: 10 });
    assert_eq!(
        line(judge(&observation), "Load"),
        "42 of 100,000,000 requests, 42 connections attempted, 1,000 at a time: 30 answered, 10 \
         failed, 2 unfinished, 8.1 per second for 3.7 s"
    );
}

#[test]
fn without_an_answer_there_is_no_latency() {
    let mut observation = lab("rr", &[1, 1]);
    observation.load.latency = None;
    let record = judge(&observation);
    assert_eq!(line(record.clone(), "Latency"), "–");
    assert!(render(Format::Markdown, std::slice::from_ref(&record)).contains("- Latency: –\n"));
    let page = render(Format::Html, &[record]);
    assert_eq!(page.matches("<b>–</b>").count(), 2);
}

#[test]
fn only_no_difference_at_all_is_exact() {
    let headline = |counts: &[u64]| {
        let mut observation = lab("wlc", &[4, 1]);
        observation.trace = serial_trace(100_000);
        let text = render(Format::Text, &[judge(&saw(observation, counts))]);
        text.lines().nth(1).unwrap().trim().to_owned()
    };
    assert_eq!(
        headline(&[80_000, 20_000]),
        "Every real server got exactly the share expected of it."
    );
    assert_eq!(
        headline(&[80_001, 19_999]),
        "Every real server got the share expected of it to within 0.01 points; 2.00 are tolerated."
    );
}

#[test]
fn json_is_one_record_a_line_and_reads_back() {
    let records = [judge(&passed()), judge(&failed())];
    let json = render(Format::Json, &records);
    assert_eq!(json.lines().count(), 2);
    assert_eq!(crate::record::parse_records(&json).unwrap(), records);
}

#[test]
fn colour_marks_the_verdict_and_nothing_else() {
    let records = [judge(&passed())];
    let coloured = Format::Text.view(Colour::Ansi).render(&records).unwrap();
    assert!(coloured.starts_with("\x1b[1;32m✓ PASS\x1b[0m"));
    assert_eq!(coloured.matches('\x1b').count(), 2);
}

#[test]
fn a_hostile_name_is_only_text_in_every_view() {
    let record = hostile();
    for format in [Format::Html, Format::Markdown] {
        let view = render(format, std::slice::from_ref(&record));
        assert!(
            !view.contains("<script") && !view.contains("<img"),
            "{format}"
        );
        assert!(
            view.contains("&lt;script&gt;") || view.contains("&#60;script&#62;"),
            "{format}"
        );
    }
    assert!(!render(Format::Text, &[record]).contains('\x1b'));
}

#[test]
fn the_page_refers_to_nothing_outside() {
    let page = render(Format::Html, &[judge(&passed()), judge(&failed())]);
    let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for reference in [
        "http:", "https:", "url(", "@import", "<script", "<link", "src=",
    ] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn the_page_is_well_formed_whatever_the_record() {
    let empty = judge(&lab("wlc", &[]));
    let no_model = judge(&saw(lab("sh", &[0, 0]), &[1, 2]));
    let many = judge(&served(lab("wlc", &[1; 100]), 5_000));
    for record in [
        judge(&passed()),
        judge(&failed()),
        hostile(),
        empty,
        no_model,
        many,
    ] {
        let page = render(Format::Html, std::slice::from_ref(&record));
        assert_eq!(open_elements(&page), [""; 0], "{}", record.experiment);
        assert!(!page.contains("NaN") && !page.contains("inf\""));
    }
}

/// The elements that are not closed in their order; `["/p"]` for an end without a start.
fn open_elements(page: &str) -> Vec<&str> {
    let mut open = Vec::new();
    for tag in page.split('<').skip(1) {
        let tag = tag.split_once('>').expect("a tag ends").0;
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        let closes_itself = tag.ends_with('/') || matches!(name, "meta" | "!DOCTYPE");
        match name.strip_prefix('/') {
            Some(ended) if open.last() == Some(&ended) => drop(open.pop()),
            Some(_) => return vec![name],
            None if closes_itself => {}
            None => open.push(name),
        }
    }
    open
}

#[test]
fn a_hundred_reasons_are_counted_and_not_shown() {
    let mut observation = lab("wrr", &[1; 100]);
    observation.trace = serial_trace(10_000);
    let counts: Vec<_> = (0..100).map(|n| 50 + n % 2 * 100).collect();
    let text = render(Format::Text, &[judge(&saw(observation, &counts))]);
    let reasons: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("Reason"))
        .collect();
    assert_eq!(reasons.len(), 7);
    assert_eq!(reasons[6], "Reason   94 more reasons in the record.");
    assert_eq!(text.matches("ipvsadm -Ln").count(), 1);
}

#[test]
fn the_drawing_of_a_record_is_always_the_same() {
    let page = || render(Format::Html, &[judge(&passed())]);
    assert_eq!(page(), page());
}

#[test]
fn a_share_beside_its_expectation_is_drawn_as_a_square() {
    let drawn = |counts| {
        let mut observation = lab("wlc", &[4, 1]);
        observation.trace = serial_trace(10_000);
        let page = render(Format::Html, &[judge(&saw(observation, counts))]);
        page.matches("class=\"observed suspect\"").count()
    };
    assert_eq!((drawn(&[8_000, 2_000]), drawn(&[6_000, 4_000])), (0, 2));
}

#[test]
fn every_format_is_found_by_its_name() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error = "pdf".parse::<Format>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`pdf` is not a format: use text, json, csv, markdown or html"
    );
}
