//! The commands as a script sees them, each in a namespace of its own.

use std::path::Path;
use std::process::{Command, Output};

use crate::namespace::Namespace;

/// Runs the command in the namespace of the calling thread.
fn director_setup(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_director-setup"))
        .args(arguments)
        .output()
        .expect("it was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `realserver` with a state file in `folder`.
fn realserver(folder: &Path, words: &str) -> (Option<i32>, String, String) {
    let state = folder.join("state.toml");
    let mut arguments = vec!["realserver"];
    arguments.extend(words.split(' '));
    arguments.extend(["--state", state.to_str().expect("it is ASCII")]);
    let output = director_setup(&arguments);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn in_namespace(test: impl FnOnce(&Path) + Send + 'static) {
    if let Some(namespace) = Namespace::create() {
        let folder = tempfile::tempdir().unwrap();
        namespace.run(move || test(folder.path()));
    }
}

#[test]
fn apply_says_its_steps_and_undo_takes_them_back() {
    in_namespace(|folder| {
        let (code, steps, _) = realserver(folder, "apply --vip 192.0.2.1");
        assert_eq!(code, Some(0));
        insta::assert_snapshot!(steps, @r#"
        set net.ipv4.conf.all.arp_ignore from 0 to 1
        set net.ipv4.conf.all.arp_announce from 0 to 2
        set net.ipv4.conf.lo.arp_ignore from 0 to 1
        set net.ipv4.conf.lo.arp_announce from 0 to 2
        add 192.0.2.1/32 to lo
        "#);
        let (_, again, _) = realserver(folder, "apply --vip 192.0.2.1");
        assert_eq!(again, "nothing to change\n");
        let (code, json, _) = realserver(folder, "show --format json");
        assert_eq!(code, Some(0));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["rows"][0]["item"], "192.0.2.1/32 on lo");
        assert_eq!(json["rows"][0]["verdict"], "ok");
        let (code, steps, _) = realserver(folder, "undo");
        assert_eq!((code, steps.lines().count()), (Some(0), 5), "{steps}");
        assert!(!folder.join("state.toml").exists());
    });
}

#[test]
fn what_the_user_said_wrong_is_told_from_what_the_machine_lacks() {
    in_namespace(|folder| {
        for (words, remedy) in [
            ("apply --vip 224.0.0.1", "must be a unicast address"),
            (
                "apply --vip 192.0.2.1 --interface no0",
                "name one of `ip link`",
            ),
        ] {
            let (code, _, error) = realserver(folder, words);
            assert_eq!(code, Some(2), "{error}");
            assert!(error.contains(remedy), "{error}");
        }
        std::fs::write(folder.join("state.toml"), "x = 1\n").unwrap();
        let (code, _, error) = realserver(folder, "undo");
        assert_eq!(code, Some(2), "{error}");
        assert!(
            error.contains("is no state file of director-setup"),
            "{error}"
        );
    });
}

#[test]
fn check_finds_nothing_on_an_empty_director_or_says_what_the_machine_lacks() {
    in_namespace(|_| {
        let output = director_setup(&["check"]);
        match output.status.code() {
            Some(0) => assert!(text(&output.stdout).ends_with("0 errors, 0 warnings, 0 notes\n")),
            code => {
                assert_eq!(code, Some(69));
                assert!(text(&output.stderr).contains("modprobe ip_vs"));
            }
        }
    });
}
