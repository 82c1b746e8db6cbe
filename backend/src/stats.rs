//! The counters as JSON and as `OpenMetrics` text.

use std::fmt::Write;

use crate::Counters;

/// The media type of [`open_metrics`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One line of JSON: the server's name and every counter.
pub(crate) fn json(name: &str, counters: &Counters) -> String {
    let mut stats = serde_json::json!(counters);
    stats["name"] = name.into();
    format!("{stats}\n")
}

/// The text format of `OpenMetrics` 1.0, section "Text format"; `server` is the label of every sample.
pub(crate) fn open_metrics(name: &str, counters: &Counters) -> String {
    let server = format!("server=\"{}\"", escape(name));
    let mut text = String::new();
    for (family, kind, help, value) in single(counters) {
        describe(&mut text, family, kind, help);
        let suffix = if kind == "counter" { "_total" } else { "" };
        let _ = writeln!(text, "{family}{suffix}{{{server}}} {value}");
    }
    let family = "backend_responses";
    describe(
        &mut text,
        family,
        "counter",
        "Responses by the first digit of their status.",
    );
    let classes = counters.responses;
    for (class, value) in [
        ("2xx", classes.success),
        ("3xx", classes.redirection),
        ("4xx", classes.client_error),
        ("5xx", classes.server_error),
    ] {
        let _ = writeln!(text, "{family}_total{{{server},class=\"{class}\"}} {value}");
    }
    text.push_str("# EOF\n");
    text
}

/// The families of one sample each: name, type, help and value.
fn single(counters: &Counters) -> [(&'static str, &'static str, &'static str, u64); 9] {
    [
        (
            "backend_connections",
            "counter",
            "Connections accepted.",
            counters.connections,
        ),
        (
            "backend_open_connections",
            "gauge",
            "Connections open now.",
            counters.open,
        ),
        (
            "backend_refused",
            "counter",
            "Connections over the limit, turned away.",
            counters.refused,
        ),
        (
            "backend_requests",
            "counter",
            "Requests read to their end.",
            counters.requests,
        ),
        (
            "backend_body_bytes",
            "counter",
            "Bytes of response bodies.",
            counters.bytes,
        ),
        (
            "backend_resets",
            "counter",
            "Connections reset on purpose.",
            counters.resets,
        ),
        (
            "backend_malformed",
            "counter",
            "Connections whose requests are not HTTP.",
            counters.malformed,
        ),
        (
            "backend_datagrams",
            "counter",
            "UDP datagrams read.",
            counters.datagrams,
        ),
        (
            "backend_echoes",
            "counter",
            "UDP datagrams echoed.",
            counters.echoes,
        ),
    ]
}

fn describe(text: &mut String, family: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# TYPE {family} {kind}\n# HELP {family} {help}");
}

/// A label's value; a server's name has no line feed.
fn escape(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_quotes_is_escaped_in_labels_and_in_json() {
        let text = open_metrics(r#"a"\b"#, &Counters::default());
        assert!(
            text.contains(r#"backend_requests_total{server="a\"\\b"} 0"#),
            "{text}"
        );
        let json = json(r#"a"\b"#, &Counters::default());
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["name"], r#"a"\b"#);
    }
}
