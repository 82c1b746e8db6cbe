//! Odd servers, through both implementations of the protocol: each must see the same, and the
//! right thing.

use crate::acting::Act::{HalfClose, Hold, Reset, Trickle};
use crate::acting::{assert_given_up, assert_seen, assert_seen_by, text};
use loadgen::{ErrorClass, Plan, Script, Step};

#[test]
fn complete_responses_of_every_framing_are_answers() {
    let cases = [
        (
            "HTTP/1.0 with a length",
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            2,
        ),
        ("HTTP/1.0 to the end", "HTTP/1.0 200 OK\r\n\r\nall of it", 9),
        ("HTTP/1.1 to the end", "HTTP/1.1 200 OK\r\n\r\nall", 3),
        ("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 0),
        (
            "chunked with extension and trailers",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\nZ: w\r\n\r\n",
            5,
        ),
        ("204", "HTTP/1.1 204 No Content\r\n\r\n", 0),
        (
            "304 with a length",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
            0,
        ),
        (
            "100 first",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            1,
        ),
        (
            "103 with headers first",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            1,
        ),
        (
            "folded header",
            "HTTP/1.1 200 OK\r\nX-Folded: a\r\n   b\r\nContent-Length: 1\r\n\r\nx",
            1,
        ),
        (
            "bare line feeds",
            "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
            1,
        ),
        (
            "a length said twice",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            1,
        ),
        (
            "status 500",
            "HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx",
            1,
        ),
    ];
    for (name, response, body) in cases {
        assert_seen(name, vec![text(response)], Ok(body));
        assert_seen(name, vec![text(response), HalfClose], Ok(body));
    }
}

#[test]
fn a_response_in_single_bytes_is_an_answer() {
    let response = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    assert_seen("single bytes", vec![Trickle(response)], Ok(3));
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_seen("single bytes, chunked", vec![Trickle(chunked)], Ok(2));
}

#[test]
fn huge_heads_are_answers_up_to_a_limit() {
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 1\r\n\r\nx");
    let long = head(&format!("X: {}\r\n", "y".repeat(40_000)));
    assert_seen("a header of 40 kB", vec![text(&long)], Ok(1));
    let many = head(&"X: y\r\n".repeat(120));
    assert_seen("121 headers", vec![text(&many)], Ok(1));
    let too_many = head(&"X: y\r\n".repeat(200));
    let refused = Err(ErrorClass::BadResponse);
    assert_seen("201 headers", vec![text(&too_many)], refused);
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(200_000));
    assert_seen("an endless header", vec![text(&endless)], refused);
}

#[test]
fn garbage_is_a_bad_response() {
    for garbage in [
        "SSH-2.0-odd\r\n\r\n",
        "\0\u{1}\u{2}",
        "HTTP/3.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nodd\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxxxx\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
        let refused = Err(ErrorClass::BadResponse);
        assert_seen(garbage, vec![text(garbage), Hold], refused);
    }
}

#[test]
fn an_early_close_is_in_the_head_or_in_the_body() {
    assert_seen("nothing", vec![], Err(ErrorClass::ClosedEarly));
    let head = "HTTP/1.1 200 OK\r\nContent-Le";
    assert_seen(head, vec![text(head)], Err(ErrorClass::ClosedEarly));
    for body in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ] {
        assert_seen(body, vec![text(body)], Err(ErrorClass::ShortBody));
    }
}

#[test]
fn no_answer_and_half_an_answer_time_out_where_they_stop() {
    for (sent, class) in [
        ("", ErrorClass::ResponseTimedOut),
        ("HTTP/1.1 200 OK\r\nX: y\r\n", ErrorClass::ResponseTimedOut),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun",
            ErrorClass::BodyTimedOut,
        ),
        ("HTTP/1.1 200 OK\r\n\r\nto no end", ErrorClass::BodyTimedOut),
    ] {
        assert_given_up(sent, class, |plan, timeout| Plan { timeout, ..plan });
    }
}

#[test]
fn an_idle_connection_is_given_up_in_its_phase() {
    let begun = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun";
    assert_given_up(begun, ErrorClass::BodyTimedOut, |plan, timeout| Plan {
        idle_timeout: Some(timeout),
        ..plan
    });
}

#[test]
fn a_reset_is_told_by_the_phase_it_comes_in() {
    for (sent, class) in [
        ("", ErrorClass::ResponseReset),
        ("HTTP/1.1 200 OK\r\nContent-Le", ErrorClass::ResponseReset),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun",
            ErrorClass::BodyReset,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
            ErrorClass::BodyReset,
        ),
    ] {
        assert_seen(sent, vec![text(sent), Reset], Err(class));
    }
}

#[test]
fn a_reset_after_the_answer_is_no_failure() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    assert_seen("reset at the end", vec![text(whole), Reset], Ok(2));
}

#[test]
fn an_answer_to_head_has_no_body_whatever_it_announces() {
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let head = |mut plan: Plan| {
        let step = Step {
            method: hyper::Method::HEAD,
            ..plan.script.steps()[0].clone()
        };
        plan.script = Script::new(vec![step]).unwrap();
        plan
    };
    assert_seen_by("HEAD", vec![text(announced)], Ok(0), head);
}
