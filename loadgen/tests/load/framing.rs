//! Where a response ends, and what is none: heads that contradict themselves or the grammar, by
//! both implementations of the protocol.

use crate::acting::Act::Hold;
use crate::acting::{assert_seen, assert_seen_by, text};
use loadgen::{ErrorClass, Plan, Script, Step};

const REFUSED: Result<u64, ErrorClass> = Err(ErrorClass::BadResponse);

/// A response with this head after the status line, and this body.
fn response(head: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}")
}

#[test]
fn a_length_that_is_no_number_of_bytes_is_refused() {
    for length in [
        "-1",
        "+1",
        "",
        "1 1",
        "0x1",
        "1.0",
        "18446744073709551616",
        "99999999999999999999999999",
    ] {
        let sent = response(&format!("Content-Length: {length}"), "x");
        assert_seen(length, vec![text(&sent), Hold], REFUSED);
    }
}

#[test]
fn a_length_that_nobody_can_send_is_a_short_body() {
    // hyper keeps the two highest lengths for itself; nobody sends so much.
    for length in ["1000000000000", "9223372036854775808"] {
        let sent = response(&format!("Content-Length: {length}"), "x");
        assert_seen(length, vec![text(&sent)], Err(ErrorClass::ShortBody));
    }
}

#[test]
fn two_lengths_have_to_be_the_same() {
    let twice = |a, b| response(&format!("Content-Length: {a}\r\nContent-Length: {b}"), "x");
    assert_seen("1 and 1", vec![text(&twice(1, 1))], Ok(1));
    for (a, b) in [(1, 2), (2, 1), (0, 1)] {
        assert_seen("two lengths", vec![text(&twice(a, b)), Hold], REFUSED);
    }
}

/// RFC 9112, section 6.3: the transfer coding overrides the length.
#[test]
fn chunks_override_a_length_wherever_it_stands() {
    let chunks = "2\r\nok\r\n0\r\n\r\n";
    for head in [
        "Content-Length: 7\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 7",
    ] {
        assert_seen(head, vec![text(&response(head, chunks))], Ok(2));
    }
}

/// RFC 9112, section 6.3: with another last coding than chunked the body ends with the stream.
#[test]
fn another_coding_than_chunked_ends_with_the_stream() {
    for coding in ["gzip", "chunked, gzip", "identity"] {
        let sent = response(&format!("Transfer-Encoding: {coding}"), "anything");
        assert_seen(coding, vec![text(&sent)], Ok(8));
    }
    let sent = response("Transfer-Encoding: gzip, chunked", "2\r\nok\r\n0\r\n\r\n");
    assert_seen("gzip, chunked", vec![text(&sent)], Ok(2));
    let sent = response("TRANSFER-ENCODING: Chunked", "2\r\nok\r\n0\r\n\r\n");
    assert_seen("by other letters", vec![text(&sent)], Ok(2));
}

#[test]
fn chunks_that_break_the_grammar_are_refused() {
    for chunks in [
        "-1\r\nx\r\n",
        "\r\n",
        "2\r\nokk\r\n0\r\n\r\n",
        "2\r\nok0\r\n\r\n",
        "2\nok\n0\n\n",
        "fffffffffffffffff\r\nx\r\n",
        "0x2\r\nok\r\n0\r\n\r\n",
        "2;a\nb\r\nok\r\n0\r\n\r\n",
        "2\r\nok\r\n0\r\n\rx",
    ] {
        let sent = response("Transfer-Encoding: chunked", chunks);
        assert_seen(chunks, vec![text(&sent), Hold], REFUSED);
    }
}

#[test]
fn chunks_may_have_what_the_grammar_allows() {
    let trailers = format!("1\r\nx\r\n0\r\n{}\r\n", "A: b\r\n".repeat(50));
    let long = format!("1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(4000));
    for chunks in [
        "1;a=\"b c\";d\r\nx\r\n0;e\r\n\r\n",
        "0001\r\nx\r\n000\r\n\r\n",
        "1 \r\nx\r\n0\r\n\r\n",
        &trailers,
        &long,
    ] {
        let sent = response("Transfer-Encoding: chunked", chunks);
        assert_seen(chunks, vec![text(&sent)], Ok(1));
    }
}

#[test]
fn trailers_and_extensions_without_end_are_refused() {
    let trailers = format!("0\r\n{}", "A: b\r\n".repeat(20_000));
    let extension = format!("1;{}", "e".repeat(100_000));
    for chunks in [trailers, extension] {
        let sent = response("Transfer-Encoding: chunked", &chunks);
        let name = &chunks[..9];
        assert_seen(name, vec![text(&sent), Hold], REFUSED);
    }
}

#[test]
fn a_status_has_three_digits_of_which_the_first_is_not_0() {
    for status in ["99", "1000", "000", "099", "2 0", "-20", ""] {
        let sent = format!("HTTP/1.1 {status} OK\r\nContent-Length: 1\r\n\r\nx");
        assert_seen(status, vec![text(&sent), Hold], REFUSED);
    }
    for status in [299, 600, 999] {
        let sent = format!("HTTP/1.1 {status} Odd\r\nContent-Length: 1\r\n\r\nx");
        assert_seen("an odd status", vec![text(&sent)], Ok(1));
    }
}

#[test]
fn a_status_line_may_be_odd_as_far_as_it_is_http() {
    let long = format!(
        "HTTP/1.1 200 {}\r\nContent-Length: 1\r\n\r\nx",
        "y".repeat(9000)
    );
    let latin = "HTTP/1.1 200 \u{e4}\u{f6}\r\nContent-Length: 1\r\n\r\nx";
    let late = "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    for sent in [&long, latin, late] {
        assert_seen(&sent[..9], vec![text(sent)], Ok(1));
    }
    for sent in [
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 OK\r\rContent-Length: 1\r\n\r\n",
    ] {
        assert_seen(sent, vec![text(sent), Hold], REFUSED);
    }
}

#[test]
fn header_names_and_values_keep_to_the_grammar() {
    for head in [
        "X y: z",
        ": z",
        "X\0: z",
        "X: \0",
        "\u{e4}: z",
        " X: z",
        "X: a\u{7f}",
    ] {
        assert_seen(head, vec![text(&response(head, "x")), Hold], REFUSED);
    }
    let values = "X:\r\nY:\t z \t\r\nZ : a\r\nA: \u{e4}\r\nContent-Length:1";
    assert_seen("odd headers", vec![text(&response(values, "x"))], Ok(1));
}

#[test]
fn interim_responses_are_passed_over_however_many() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n";
    let sent = interim.repeat(50) + &response("Content-Length: 1", "x");
    assert_seen("a hundred", vec![text(&sent)], Ok(1));
    let only = vec![text(interim)];
    assert_seen("interim only", only, Err(ErrorClass::ClosedEarly));
}

#[test]
fn statuses_without_a_body_have_none_whatever_they_announce() {
    for head in [
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.0 204 No Content\r\n\r\n",
    ] {
        assert_seen(head, vec![text(head)], Ok(0));
    }
}

#[test]
fn an_answer_to_head_has_no_body_of_any_framing() {
    let head = |mut plan: Plan| {
        let step = Step {
            method: hyper::Method::HEAD,
            ..plan.script.steps()[0].clone()
        };
        plan.script = Script::new(vec![step]).unwrap();
        plan
    };
    for announced in ["Transfer-Encoding: chunked", "X: y", "Content-Length: 0"] {
        let sent = response(announced, "");
        assert_seen_by(announced, vec![text(&sent)], Ok(0), head);
    }
}
