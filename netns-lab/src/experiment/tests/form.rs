//! The form of a file: syntax, keys, types, and how problems look.

use super::super::{Colour, ExperimentFile, builtin};
use super::{changed, judged, meaning};

#[test]
fn every_built_in_experiment_is_good_and_carries_its_own_name() {
    for builtin in builtin::all() {
        let experiment = builtin.file().parse().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(experiment.name, builtin.name);
        assert!([5_000, 10_000].contains(&experiment.load.requests));
        assert_eq!(experiment.load.concurrency, 10);
    }
}

#[test]
fn every_file_of_the_experiments_folder_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string())
        .map(|name| name.expect("names are text"))
        .collect();
    files.sort();
    let mut names: Vec<_> = builtin::all()
        .iter()
        .map(|builtin| format!("{}.toml", builtin.name))
        .collect();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn the_defaults_that_the_reference_shows_are_the_true_ones() {
    let text = builtin::find("nat-wlc").expect("it is built in").text;
    let is_a_default = |line: &str| {
        let key = line.strip_prefix("# ")?.split(" = ").next()?;
        (!key.contains(' ') && line.contains(" = ")).then(|| line[2..].to_owned())
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| is_a_default(line).unwrap_or_else(|| line.to_owned()))
        .collect();
    let written_out = lines
        .join("\n")
        .replacen("name = \"rs1\" ", "name = \"rs1\"", 1);
    assert_eq!(
        lines
            .iter()
            .zip(text.lines())
            .filter(|(a, b)| a != b)
            .count(),
        16
    );
    assert_eq!(
        ExperimentFile::read("all.toml", written_out).parse(),
        ExperimentFile::read("reference.toml", text).parse()
    );
}

#[test]
fn several_problems_of_one_file_are_all_shown_with_their_lines_and_remedies() {
    let text = changed(&[
        ("name = \"good\"", "name = \"Good one\""),
        ("vip = \"192.168.0.1:80\"", "vip = \"192.168.0.1\""),
        ("scheduler = \"wrr\"", "scheduler = \"wrrr\""),
        ("# load", "requets = 5"),
    ]);
    let problems = ExperimentFile::read("lab/my.toml", text).parse();
    insta::assert_snapshot!(problems.expect_err("four mistakes"), @r#"
    error: `Good one` cannot be a name
     --> lab/my.toml:1:8
      |
    1 | name = "Good one"
      |        ^^^^^^^^^^
      |
      = help: use small letters a-z, digits, and `-` between them

    error: `192.168.0.1` has no port
     --> lab/my.toml:3:7
      |
    3 | vip = "192.168.0.1"
      |       ^^^^^^^^^^^^^
      |
      = help: write 192.168.0.1:80

    error: IPVS has no scheduler `wrrr`
     --> lab/my.toml:4:13
      |
    4 | scheduler = "wrrr"
      |             ^^^^^^
      |
      = help: did you mean `wrr`? the schedulers are `rr`, `wrr`, `lc`, `wlc`, `fo`, `ovf`, `lblc`, `lblcr`, `dh`, `sh`, `mh`, `sed`, `nq` and `twos`

    error: `[load]` has no key `requets`
      --> lab/my.toml:13:1
       |
    13 | requets = 5
       | ^^^^^^^
       |
       = help: did you mean `requests`?
    "#);
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let file = ExperimentFile::read("my.toml", changed(&[("\"wrr\"", "\"wrx\"")]));
    let problems = file.parse().expect_err("one mistake");
    let coloured = problems.render(Colour::Always);
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    for (index, part) in coloured.split('\u{1b}').enumerate() {
        let after_escape = part.split_once('m').map_or("", |(_, text)| text);
        plain.push_str(if index == 0 { part } else { after_escape });
    }
    assert_eq!(plain, problems.render(Colour::Never));
}

#[test]
fn several_syntax_errors_are_reported_together_and_nothing_else_is() {
    insta::assert_snapshot!(
        judged(&[("name = \"good\"", "name = "), ("\"wrr\"", "wrr"), ("\"nat\"", "\"tun\"")]),
        @"
        1: this is not TOML: string values must be quoted, expected literal string => ?
        4: this is not TOML: string values must be quoted, expected literal string => ?
        "
    );
}

#[test]
fn unknown_keys_are_reported_once_and_read_as_what_was_probably_meant() {
    insta::assert_snapshot!(
        judged(&[
            ("name", "nmae"),
            ("vip", "vpi"),
            ("[load]", "[lod]"),
            ("# expect", "significance = 0.05"),
        ]),
        @"
        1: an experiment has no key `nmae` => did you mean `name`?
        3: `[service]` has no key `vpi` => did you mean `vip`?
        12: an experiment has no key `lod` => did you mean `load`?
        15: `[expect]` has no key `significance` => the keys are `tolerance`
        "
    );
}

#[test]
fn tables_that_are_none_are_reported() {
    insta::assert_snapshot!(
        super::in_lines(
            &ExperimentFile::read("x.toml", "name = 'x'\nservice = 3\nserver = 'rs1'\nload = []\n")
                .parse()
                .expect_err("no tables"),
            "name = 'x'\nservice = 3\nserver = 'rs1'\nload = []\n",
        ),
        @"
        2: `service` must be a table => write `[service]` on a line of its own and the keys below it
        3: `server` must be a list of tables => write `[[server]]` on a line of its own and the keys below it
        4: `load` must be a table => write `[load]` on a line of its own and the keys below it
        "
    );
}

#[test]
fn an_empty_file_lacks_a_name_a_service_and_a_server() {
    let problems = ExperimentFile::read("empty.toml", "").parse();
    insta::assert_snapshot!(problems.expect_err("all is missing"), @r#"
    error: the experiment has no name
    --> empty.toml
     = help: begin the file with a line such as `name = "nat-wlc"`

    error: there is no table `[service]`
    --> empty.toml
     = help: add `[service]` with the keys `vip`, `scheduler` and `forwarding` below it

    error: there is no real server
    --> empty.toml
     = help: add a table `[[server]]` with a line such as `address = "192.168.1.2"`
    "#);
}

#[test]
fn values_of_a_wrong_type_are_reported() {
    insta::assert_snapshot!(
        judged(&[
            ("\"good\"", "7"),
            ("\"wrr\"", "true"),
            ("\"192.168.1.2\"", "\"192.168.1.2\"\nweight = \"4\""),
            ("\"192.168.1.3\"", "1.5\nweight = 2.0"),
            ("# load", "requests = 1979-05-27\npath = ['/']"),
            ("# expect", "tolerance = 'small'"),
        ]),
        @r#"
        1: expected a string, found an integer => put it in quotes: "7"
        4: expected a string, found a boolean => write a text in quotes
        10: expected an integer, found a string => write a whole number from 0 to 65535, without quotes
        12: expected a string, found a float => put it in quotes: "1.5"
        13: expected an integer, found a float => write a whole number from 0 to 65535, without quotes
        15: expected an integer, found a date => write a whole number from 1 to 100000000, without quotes
        16: expected a string, found a list => write a text in quotes
        18: expected a number, found a string => write a share from 0 to 1: 0.02 stands for two percent
        "#
    );
}

#[test]
fn names_are_plain() {
    for (name, fault) in [
        ("", "a name must not be empty"),
        ("nat_wlc", "`nat_wlc` cannot be a name"),
        ("../up", "`../up` cannot be a name"),
        ("-nat", "the name `-nat` begins or ends with `-`"),
        (&"x".repeat(65), "a name has at most 64 characters"),
    ] {
        let line = judged(&[("\"good\"", &format!("{name:?}"))]);
        assert!(line.starts_with(&format!("1: {fault} => ")), "{line}");
    }
    assert_eq!(meaning(&[("good", &"x".repeat(64))]).name.len(), 64);
}

#[test]
fn a_summary_is_one_short_line() {
    for summary in ["", "two\\nlines", &"x".repeat(201)] {
        let line = judged(&[("[service]", &format!("summary = \"{summary}\"\n[service]"))]);
        assert!(line.starts_with("2: the summary "), "{line}");
    }
    assert_eq!(meaning(&[]).summary, "wrr over nat, weights 1, 1");
}

#[test]
fn terminal_escapes_in_a_file_do_not_reach_the_terminal() {
    let text = changed(&[("\"wrr\"", "\"\\u001b[31m\" # \u{1b}[31m")]);
    let shown = ExperimentFile::read("evil\u{1b}[31m.toml", text).parse();
    assert!(!shown.expect_err("not TOML").to_string().contains('\u{1b}'));
}

#[test]
fn very_many_problems_are_counted_and_not_all_shown() {
    let keys: Vec<String> = (0..1000)
        .map(|key| format!("nonsense{key} = 1\n"))
        .collect();
    let nonsense = keys.concat();
    let problems = ExperimentFile::read("x.toml", format!("{nonsense}{}", changed(&[]))).parse();
    let shown = problems.expect_err("1000 unknown keys").to_string();
    assert!(
        shown.ends_with("note: 950 more problems are not shown"),
        "{shown}"
    );
}
