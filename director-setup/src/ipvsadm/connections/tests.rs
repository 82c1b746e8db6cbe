//! The texts are those of ipvsadm 1.31, for the lines that stand here as the kernel writes them.

use super::*;
use crate::ipvsadm::grammar::{self, Command, Show};

const NAMES: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

fn table(lines: &str) -> String {
    format!("{NAMES}{lines}")
}

fn listed(table: &str, columns: Columns, numeric: bool) -> (String, Option<String>) {
    let style = Style {
        columns,
        numeric,
        ..Style::default()
    };
    let mut names = Names::fixed(
        &[("192.0.2.80", "web.example")],
        "http 80/tcp\nsip 5060/udp\n",
    );
    let mut out = Vec::new();
    let outcome = list(table.as_bytes(), &style, &mut names, &mut out);
    let text = String::from_utf8(out).expect("words");
    (text, outcome.err().map(|error| error.to_string()))
}

fn numeric(lines: &str) -> String {
    let (text, error) = listed(&table(lines), Columns::Default, true);
    assert_eq!(error, None);
    text.strip_prefix(TITLE).expect("the title").to_owned()
}

#[test]
fn ipv4_connections_are_read_from_hexadecimal() {
    assert_eq!(
        numeric(
            "TCP C0000250 8235 C0000201 0050 C6336401 1F90 ESTABLISHED     899\n\
             IP  C0000250 0000 00000005 0000 C6336401 0000 NONE         86399\n"
        ),
        "TCP 14:59  ESTABLISHED 192.0.2.80:33333   192.0.2.1:80       198.51.100.1:8080\n\
         IP  1439:59 NONE        192.0.2.80:0       0.0.0.5:0          198.51.100.1:0\n"
    );
}

#[test]
fn ipv6_connections_are_read_from_literals_and_may_end_at_an_ipv4_server() {
    assert_eq!(
        numeric(
            "TCP 2001:0db8:0000:0000:0000:0000:0000:0050 8235 \
             2001:0db8:0000:0000:0000:0000:0000:0080 0050 \
             2001:0db8:0001:0000:0000:0000:0000:0002 1F90 ESTABLISHED     899\n\
             TCP 2001:0db8:0000:0000:0000:0000:0000:0050 8235 \
             2001:0db8:0000:0000:0000:0000:0000:0080 0050 C6336409 0050 SYN_SENT          5\n"
        ),
        "TCP 14:59  ESTABLISHED [2001:db8::50]:33333 [2001:db8::80]:80  [2001:db8:1::2]:8080\n\
         TCP 00:05  SYN_SENT    [2001:db8::50]:33333 [2001:db8::80]:80  198.51.100.9:80\n"
    );
}

#[test]
fn names_are_not_cut() {
    let lines = "TCP C0000250 8235 C0000201 0050 C6336401 1F90 ESTABLISHED     899\n\
                 UDP C0000250 13C4 C0000201 13C4 C6336402 13C4 UDP             300\n";
    let (text, _) = listed(&table(lines), Columns::Default, false);
    assert_eq!(
        text,
        "IPVS connection entries\n\
         pro expire state       source             virtual            destination\n\
         TCP 14:59  ESTABLISHED web.example:33333  192.0.2.1:http     198.51.100.1:8080\n\
         UDP 05:00  UDP         web.example:sip    192.0.2.1:sip      198.51.100.2:sip\n"
    );
}

#[test]
fn a_persistence_engines_data_is_shown_if_asked_for_and_there() {
    let lines = "UDP C0000250 13C4 C0000201 13C4 C6336402 13C4 UDP             300 sip 1@x\n\
                 UDP C0000250 13C4 C0000201 13C4 C6336402 13C4 UDP             300 sip \n\
                 UDP C0000250 13C4 C0000201 13C4 C6336402 13C4 UDP             300\n";
    let (text, _) = listed(&table(lines), Columns::PersistentConnections, true);
    let common = "UDP 05:00  UDP         192.0.2.80:5060    192.0.2.1:5060     198.51.100.2:5060";
    assert_eq!(
        text,
        format!(
            "IPVS connection entries\n\
             pro expire state       source             virtual            destination        \
             pe name          pe_data\n\
             {common} sip                1@x\n\
             {common}\n\
             {common}\n"
        )
    );
    assert_eq!(numeric(lines), format!("{common}\n").repeat(3));
}

#[test]
fn a_long_line_stays_one_connection() {
    let data = "x".repeat(255);
    let line = format!("UDP C0000250 13C4 C0000201 13C4 C6336402 13C4 UDP 300 sip {data}\n");
    let (text, error) = listed(&table(&line), Columns::PersistentConnections, true);
    assert_eq!(error, None);
    assert!(
        text.ends_with(&format!("sip                {data}\n")),
        "{text}"
    );
}

#[test]
fn the_last_line_may_lack_its_end() {
    let line = "TCP C0000250 8235 C0000201 0050 C6336401 1F90 NONE 5";
    assert_eq!(numeric(line), numeric(&format!("{line}\n")));
}

#[test]
fn a_table_without_even_a_title_is_refused_without_output() {
    let (text, error) = listed("", Columns::Default, true);
    assert_eq!(text, "");
    assert_eq!(
        error.as_deref(),
        Some("unexpected input from /proc/net/ip_vs_conn")
    );
}

#[test]
fn a_line_that_is_no_connection_ends_the_list_with_an_error() {
    let good = "TCP C0000250 8235 C0000201 0050 C6336401 1F90 NONE 5\n";
    let unbounded = "x".repeat(10_000);
    for bad in [
        "",
        "nonsense",
        "TCP C0000250 8235 C0000201",
        "TCP XXXXXXXX 8235 C0000201 0050 C6336401 1F90 NONE 5",
        "TCP C0000250 18235 C0000201 0050 C6336401 1F90 NONE 5",
        "TCP C0000250 8235 C0000201 0050 C6336401 1F90 NONE soon",
        &unbounded,
    ] {
        let lines = format!("{good}{bad}\n{good}");
        let (text, error) = listed(&table(&lines), Columns::Default, true);
        assert_eq!(text.lines().count(), 3, "{text}");
        let error = error.expect(bad);
        let place = "unexpected input from /proc/net/ip_vs_conn in line 3: ";
        assert!(error.starts_with(place), "{error}");
    }
}

/// `tests/golden/text/connections.txt`: lines with `@` are the kernel's table, those with `>` what
/// the real program made of it. Up to the part where it makes up what is missing.
#[test]
fn every_kind_of_connection_is_listed_as_the_real_program_does() {
    let golden = include_str!("../../../tests/golden/text/connections.txt");
    let (golden, _) = golden
        .split_once("=== lines that no kernel writes")
        .expect("it has such a part");
    let mut compared = 0;
    for part in golden.split("=== ") {
        let table = marked(part, "@ ");
        for step in part.split("$ ipvsadm ").skip(1) {
            let command = step.lines().next().expect("the rest of the line");
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let style = match grammar::parse("ipvsadm", &words, &mut Names::none()) {
                Ok(Command::Show(Show::Connections(style), _)) => style,
                other => panic!("{command}: {other:?}"),
            };
            let mut out = Vec::new();
            list(table.as_bytes(), &style, &mut guest_names(), &mut out).expect(command);
            let text = String::from_utf8(out).expect("words");
            assert_eq!(text, marked(step, "> "), "{command}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

/// The lines with this mark, without it.
fn marked(part: &str, mark: &str) -> String {
    let lines = part.lines().filter_map(|line| line.strip_prefix(mark));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

fn guest_names() -> Names {
    Names::fixed(
        &[
            ("192.0.2.80", "web.example"),
            ("192.0.2.81", "a-real-server-with-a-long-name.example"),
            ("2001:db8::80", "web6.example"),
        ],
        "http 80/tcp\nhttps 443/tcp\ndomain 53/udp\nsip 5060/udp\nm3ua 2905/sctp\n",
    )
}
