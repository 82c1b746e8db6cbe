//! Words of a command line.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::super::source::experiments;
use super::super::{Experiment, ExperimentFlags, Problems};
use super::changed;

fn run(words: &[&str]) -> Result<Vec<Experiment>, Problems> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    experiments(&words, &ExperimentFlags::default())
}

fn names(experiments: &[Experiment]) -> Vec<&str> {
    experiments.iter().map(|it| it.name.as_str()).collect()
}

/// What is wrong, with FOLDER instead of the folder's path.
fn fault(words: &[&str], folder: &Path) -> String {
    let problems = run(words).expect_err("the words are wrong");
    problems
        .to_string()
        .replace(&*folder.to_string_lossy(), "FOLDER")
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("there is room");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("there is room");
    }
    folder
}

/// The path of an entry of a folder.
fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_string_lossy().into_owned()
}

#[test]
fn words_are_built_in_names_files_and_folders() {
    let a = changed(&[("good", "a")]);
    let b = changed(&[("good", "b")]);
    let lab = folder(&[("2.toml", &a), ("1.toml", &b), ("notes.txt", "not TOML")]);
    fs::create_dir(lab.path().join("sub.toml")).expect("there is room");
    let found = run(&["dr-wlc", &path(&lab, "")]).expect("all are good");
    assert_eq!(names(&found), ["dr-wlc", "b", "a"]);
    let found = run(&[&path(&lab, "2.toml")]).expect("it is good");
    assert_eq!(names(&found), ["a"]);
}

#[test]
fn without_words_the_flags_are_the_experiment() {
    assert_eq!(names(&run(&[]).expect("all is well")), ["adhoc-nat-wlc"]);
}

#[test]
fn unknown_words_are_all_reported() {
    insta::assert_snapshot!(fault(&["nat-wcl", "./nowhere.toml", "x"], Path::new("/x")), @"
    error: there is no experiment `nat-wcl`
    help: did you mean `nat-wlc`? `netns-lab list` shows the built-in experiments; a file or a folder works too

    error: cannot read the file: No such file or directory (os error 2)
    --> ./nowhere.toml

    error: there is no experiment `x`
    help: `netns-lab list` shows the built-in experiments; a file or a folder works too
    ");
}

#[test]
fn problems_of_several_files_are_reported_together() {
    let bad = changed(&[("wrr", "wrx")]);
    let lab = folder(&[("a.toml", &bad), ("b.toml", "name = \n")]);
    insta::assert_snapshot!(fault(&[&path(&lab, "")], lab.path()), @r#"
    error: IPVS has no scheduler `wrx`
     --> FOLDER/a.toml:4:13
      |
    4 | scheduler = "wrx"
      |             ^^^^^
      |
      = help: did you mean `wrr`? the schedulers are `rr`, `wrr`, `lc`, `wlc`, `fo`, `ovf`, `lblc`, `lblcr`, `dh`, `sh`, `mh`, `sed`, `nq` and `twos`

    error: this is not TOML: string values must be quoted, expected literal string
     --> FOLDER/b.toml:1:8
      |
    1 | name = 
      |        ^
    "#);
}

#[test]
fn two_experiments_of_one_name_cannot_run_together() {
    let good = changed(&[]);
    let lab = folder(&[("a.toml", &good), ("b.toml", &good)]);
    insta::assert_snapshot!(fault(&[&path(&lab, "")], lab.path()), @r#"
    error: the experiment of FOLDER/a.toml is called `good` too
     --> FOLDER/b.toml:1:8
      |
    1 | name = "good"
      |        ^^^^^^
      |
      = help: give each a `name` of its own, and name each only once on the command line: their results would share a folder
    "#);
    assert!(run(&["nat-wlc", "dr-wlc", "nat-wlc"]).is_err());
}

#[test]
fn what_is_no_text_of_reasonable_size_is_refused() {
    let huge = "#".repeat((1 << 20) + 1);
    let lab = folder(&[("huge.toml", &huge)]);
    fs::write(lab.path().join("latin.toml"), b"name = \"\xfc\"").expect("there is room");
    insta::assert_snapshot!(fault(&[&path(&lab, "")], lab.path()), @"
    error: the file is larger than 1 MiB: that is no experiment
    --> FOLDER/huge.toml

    error: the file is not UTF-8 text from byte 8 on
    --> FOLDER/latin.toml
    ");
    let largest = folder(&[(
        "x.toml",
        &format!("{}\n{}", changed(&[]), "#".repeat(1 << 19)),
    )]);
    assert_eq!(
        run(&[&path(&largest, "x.toml")]).map(|found| found.len()),
        Ok(1)
    );
}

#[test]
fn a_folder_without_experiments_is_reported() {
    let lab = folder(&[]);
    insta::assert_snapshot!(fault(&[&path(&lab, "")], lab.path()), @"
    error: the folder has no experiment: no file in it ends in .toml
    --> FOLDER/
    ");
}
