use proptest::prelude::*;

use super::*;

#[test]
fn the_example_of_the_help_is_a_script() {
    let script = ScriptFile::parse("example.toml", EXAMPLE).unwrap();
    let [first, second] = script.requests() else {
        panic!("{script:?}");
    };
    assert_eq!(
        (&*first.method, &*first.path, first.weight, &first.body),
        ("GET", "/index.html", 9, &None)
    );
    assert_eq!(
        (&*second.method, &*second.path, second.weight),
        ("POST", "/form?step=1", 1)
    );
    assert_eq!(second.headers[0].name, "Content-Type");
    assert_eq!(second.body, Some(RequestBody::Text(r#"{"a": 1}"#.into())));
}

#[test]
fn every_error_has_its_line() {
    for (text, line, column, problem) in [
        ("", 1, 1, "there is no request"),
        ("[[request]]\nweight = 2\n", 1, 1, "missing field `path`"),
        (
            "[[request]]\npath = \"a\"\n",
            2,
            8,
            "a path begins with a slash",
        ),
        (
            "[[request]]\npath = \"/a b\"\n",
            2,
            8,
            "the character ' ' cannot be sent",
        ),
        (
            "[[request]]\npath = \"/\"\nweight = 0\n",
            3,
            10,
            "a weight is a whole number from 1",
        ),
        (
            "[[request]]\npath = \"/\"\nweight = -1\n",
            3,
            10,
            "a weight is a whole number from 1",
        ),
        (
            "[[request]]\npath = \"/\"\nmethod = \"A B\"\n",
            3,
            10,
            "this is no method",
        ),
        (
            "[[request]]\npath = \"/\"\nheaders = [\"ä: 1\", \"b\"]\n",
            3,
            12,
            "a header is 'Name: value'",
        ),
        (
            "[[request]]\npath = \"/\"\nheaders = [\"A: 1\", \"B\"]\n",
            3,
            20,
            "a header is 'Name: value'",
        ),
        (
            "[[request]]\npath = \"/\"\nheaders = [\"A: 1\\r\\nB: 2\"]\n",
            3,
            12,
            "a header is 'Name: value'",
        ),
        (
            "[[request]]\npath = \"/\"\nwieght = 1\n",
            3,
            1,
            "unknown field `wieght`",
        ),
        (
            "[[request]]\npath = \"/\"\nbody = \"a\"\nbody_file = \"b\"\n",
            1,
            1,
            "body and body_file are both given",
        ),
        ("[[request]]\npath = /\n", 2, 8, ""),
        ("path = \"/\"\n", 1, 1, "unknown field `path`"),
    ] {
        let error = ScriptFile::parse("s.toml", text).unwrap_err();
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{text}: {error}"
        );
        assert!(error.problem.starts_with(problem), "{text}: {error}");
        assert!(!error.problem.contains('\n'), "{error:?}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("s.toml:{line}:{column}: "))
        );
    }
}

#[test]
fn bodies_are_read_from_beside_the_script() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("script.toml");
    std::fs::write(&path, "[[request]]\npath = \"/\"\nbody_file = \"body\"\n").unwrap();
    let missing = ScriptFile::load(&path).unwrap_err().to_string();
    assert!(
        missing.starts_with("cannot read ") && missing.ends_with("/body"),
        "{missing}"
    );
    std::fs::write(directory.path().join("body"), "content").unwrap();
    assert_eq!(
        ScriptFile::load(&path).unwrap().bodies,
        [Some(b"content".to_vec())]
    );
    let missing = ScriptFile::load(&directory.path().join("none")).unwrap_err();
    assert!(matches!(missing, Unusable::Unreadable { .. }));
}

proptest! {
    #[test]
    fn any_text_is_a_script_or_an_error(text in "\\PC{0,60}") {
        let _ = ScriptFile::parse("s", &text);
    }
}
