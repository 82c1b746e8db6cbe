use std::time::Duration;

use director_setup::{Netmask, Persistence, ServiceFlags, Thresholds};
use serde_json::{Value, json};

use super::*;
use crate::judge;
use crate::testing::{lab, served, tally};

fn record() -> Record {
    judge(&served(lab("wlc", &[4, 1]), 10_000))
}

#[test]
fn the_committed_schema_is_current() {
    let committed: Value =
        serde_json::from_str(include_str!("../../schema/record-1.json")).unwrap();
    let is_current = committed == serde_json::to_value(schema()).unwrap();
    let remedy = "cargo run -p analysis -- schema > analysis/schema/record-1.json";
    assert!(is_current, "make it so: {remedy}");
}

/// Scripts and CI depend on these names and their nesting.
#[test]
fn the_part_that_others_read_first_is_where_it_was_promised() {
    let record = serde_json::to_value(record()).unwrap();
    let promised = json!({
        "format": 1, "experiment": "nat-wlc", "engine": "uml", "kernel": "6.1.176",
        "verdict": "pass",
        "service": {"vip": "192.168.0.1:80", "protocol": "tcp", "scheduler": "wlc",
                    "forwarding": "nat"},
        "load": {"requests": 10000, "failed": 0, "concurrency": 1, "requests_per_second": 2702.7,
                 "latency_us": {"p50": 950, "p90": 1800, "p99": 4200, "p99.9": 12000,
                                "max": 31000}},
        "servers": [
            {"name": "rs1", "address": "192.168.1.2:80", "weight": 4, "configured_share": 0.8,
             "expected_share": 0.8, "observed_share": 0.8, "client_requests": 8000,
             "server_requests": 8000, "server_connections": 8000, "kernel_connections": 8000},
            {"name": "rs2", "weight": 1},
        ],
    });
    assert_contains(&record, &promised, "record");
}

#[test]
fn an_early_end_is_a_tagged_reason_with_its_words() {
    let early = |reason| {
        let mut observation = served(lab("rr", &[1, 1]), 100);
        observation.load.stopped_early = Some(reason);
        let record = judge(&observation);
        let value = serde_json::to_value(&record).unwrap();
        assert_eq!(parse_records(&value.to_string()).unwrap(), [record]);
        value["load"]["stopped_early"].clone()
    };
    assert_eq!(
        early(StoppedEarly::TimeLimit(Duration::from_millis(1_500))),
        json!({"why": "time-limit", "limit_ms": 1500,
               "words": "the time limit of 1.5 s was reached"})
    );
    assert_eq!(
        early(StoppedEarly::GaveUp { failed: 100 }),
        json!({"why": "gave-up", "failed": 100, "words": "100 requests had failed"})
    );
    assert_eq!(
        early(StoppedEarly::Interrupted),
        json!({"why": "interrupted", "words": "it was interrupted"})
    );
}

#[test]
fn what_a_load_left_behind_is_in_the_record() {
    let mut observation = served(lab("rr", &[1, 1]), 100);
    observation.counters = CounterState::Behind;
    observation.load.latency = None;
    observation.load.requests_unfinished = 3;
    observation.load.errors = vec![tally("connect-refused", "connect refused", 2)];
    let record = serde_json::to_value(judge(&observation)).unwrap();
    let expected = json!({
        "counters": "behind",
        "load": {
            "latency_us": null, "unfinished": 3, "stopped_early": null,
            "errors": [{"code": "connect-refused", "class": "connect refused", "count": 2}],
        },
    });
    assert_contains(&record, &expected, "record");
}

#[test]
fn what_a_service_was_told_beyond_its_scheduler_is_in_the_record() {
    let mut observation = served(lab("sh", &[4, 1]), 100);
    observation.service.flags = ServiceFlags::SH_PORT | ServiceFlags::SH_FALLBACK;
    observation.service.persistence = Some(Persistence {
        timeout_seconds: 300,
        netmask: Netmask::Ipv4([255, 255, 255, 0].into()),
    });
    observation.servers[0].thresholds = Thresholds {
        upper: 100,
        lower: 50,
    };
    let record = serde_json::to_value(judge(&observation)).unwrap();
    let expected = json!({
        "service": {
            "flags": ["sh-fallback", "sh-port"],
            "persistent": {"timeout_seconds": 300, "netmask": "255.255.255.0"},
        },
        "servers": [
            {"upper_threshold": 100, "lower_threshold": 50},
            {"upper_threshold": 0, "lower_threshold": 0},
        ],
    });
    assert_contains(&record, &expected, "record");
}

/// Records that an earlier version left have none of these.
#[test]
fn a_record_without_flags_persistence_and_thresholds_is_read() {
    let record = record();
    let mut value = serde_json::to_value(&record).unwrap();
    for key in ["flags", "persistent"] {
        value["service"].as_object_mut().unwrap().remove(key);
    }
    for server in value["servers"].as_array_mut().unwrap() {
        for key in ["upper_threshold", "lower_threshold"] {
            server.as_object_mut().unwrap().remove(key);
        }
    }
    assert_eq!(parse_records(&value.to_string()).unwrap(), [record]);
}

fn assert_contains(whole: &Value, part: &Value, path: &str) {
    match part {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert_contains(&whole[name], value, &format!("{path}.{name}"));
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                assert_contains(&whole[index], value, &format!("{path}[{index}]"));
            }
        }
        _ => assert_eq!(whole, part, "{path}"),
    }
}

#[test]
fn saved_records_are_read_from_lines_and_from_indented_json() {
    let record = record();
    let line = serde_json::to_string(&record).unwrap();
    let indented = serde_json::to_string_pretty(&record).unwrap();
    let parsed = parse_records(&format!("{line}\n{indented}\n")).unwrap();
    assert_eq!(parsed, [record.clone(), record]);
}

#[test]
fn what_is_no_record_is_refused_by_name() {
    let error = |text: &str| parse_records(text).unwrap_err().to_string();
    assert_eq!(error(" \n"), "there is no record: the text is empty");
    assert_eq!(error("{"), "record 1 is not JSON");
    assert_eq!(
        error("[]"),
        "record 1 has format null, this program reads format 1"
    );
    assert_eq!(
        error(r#"{"format": 2}"#),
        "record 1 has format 2, this program reads format 1"
    );
    assert_eq!(
        error(r#"{"format": 1}"#),
        "record 1 is not a record of format 1"
    );
}

#[test]
fn a_share_above_1_is_refused() {
    let mut value = serde_json::to_value(record()).unwrap();
    value["servers"][0]["observed_share"] = json!(1.5);
    assert!(matches!(
        parse_records(&value.to_string()),
        Err(RecordError::NotARecord { number: 1, .. })
    ));
}
