//! The counters as text, checked against the rules of `OpenMetrics` 1.0.

use std::collections::BTreeMap;

use backend::Engine;

use crate::by_both_engines;
use crate::served::served;

by_both_engines!(
    the_text_keeps_the_rules_of_open_metrics,
    the_text_says_what_the_counters_say,
    the_stats_are_json,
);

/// The samples by name and labels. Panics where the text breaks a rule of the specification's "Text
/// format" and "Counter" sections.
fn parse(text: &str) -> BTreeMap<String, u64> {
    let body = text.strip_suffix("# EOF\n").expect("EOF is the last line");
    assert!(!body.contains("# EOF") && !body.contains('\r') && !body.contains("\n\n"));
    let mut families: Vec<(String, String)> = Vec::new();
    let mut samples = BTreeMap::new();
    for line in body.lines() {
        if let Some(meta) = line.strip_prefix("# TYPE ") {
            let (family, kind) = meta.split_once(' ').unwrap();
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            assert!(is_name(family) && !family.ends_with("_total"), "{line}");
            // A second TYPE, or samples of a family in two places, would be an interleaving.
            assert!(families.iter().all(|(other, _)| other != family), "{line}");
            families.push((family.to_owned(), kind.to_owned()));
        } else if let Some(meta) = line.strip_prefix("# HELP ") {
            let (family, help) = meta.split_once(' ').unwrap();
            assert_eq!(
                family,
                families.last().unwrap().0,
                "metadata precedes the samples"
            );
            assert!(!help.is_empty());
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').expect("a label");
            let (family, kind) = families.last().expect("a TYPE before the sample");
            let suffix = if kind == "counter" { "_total" } else { "" };
            assert_eq!(name, format!("{family}{suffix}"), "{line}");
            for label in labels.strip_suffix('}').unwrap().split(',') {
                let (label, quoted) = label.split_once('=').unwrap();
                assert!(
                    is_name(label) && quoted.starts_with('"') && quoted.ends_with('"'),
                    "{line}"
                );
            }
            assert_eq!(
                samples.insert(series.to_owned(), value.parse().unwrap()),
                None,
                "{line}"
            );
        }
    }
    samples
}

fn is_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

async fn the_text_keeps_the_rules_of_open_metrics(engine: Engine) {
    let rs1 = served(engine, "").await;
    for path in ["/metrics", "/stats?format=openmetrics"] {
        let response = rs1.get(path).await;
        let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(response.header("content-type"), Some(expected));
        assert_eq!(parse(response.text()).len(), 13);
    }
}

async fn the_text_says_what_the_counters_say(engine: Engine) {
    let rs1 = served(engine, "").await;
    rs1.get("/bytes/10").await;
    rs1.get("/nothing").await;
    let samples = parse(rs1.get("/metrics").await.text());
    let counters = rs1.server.counters();
    let of = |series: &str| samples[series];
    assert_eq!(of("backend_connections_total{server=\"rs1\"}"), 3);
    assert_eq!(of("backend_requests_total{server=\"rs1\"}"), 2);
    assert_eq!(
        of("backend_body_bytes_total{server=\"rs1\"}"),
        counters.bytes
    );
    assert_eq!(
        of("backend_responses_total{server=\"rs1\",class=\"2xx\"}"),
        1
    );
    assert_eq!(
        of("backend_responses_total{server=\"rs1\",class=\"4xx\"}"),
        1
    );
    assert!(of("backend_open_connections{server=\"rs1\"}") >= 1);
}

async fn the_stats_are_json(engine: Engine) {
    let rs1 = served(engine, "").await;
    rs1.get("/bytes/10").await;
    let response = rs1.get("/stats").await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    let stats: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(stats["name"], "rs1");
    assert_eq!(
        (&stats["requests"], &stats["bytes"]),
        (&1.into(), &10.into())
    );
    assert_eq!(stats["responses"]["success"], 1);
    assert_eq!(rs1.server.counters().requests, 1);
}
