use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use super::*;
use crate::results::sample;
use crate::{IntervalLatency, Latency};

fn written(content: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    content(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn decoded(base64: &str) -> Histogram<u64> {
    let bytes = STANDARD.decode(base64).unwrap();
    Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .unwrap()
}

#[test]
fn a_histogram_survives_being_encoded() {
    let histogram = &sample().latencies[&Latency::Total];
    let text = encoded(histogram).unwrap();
    assert!(text.starts_with("HISTFAAA"), "{text}");
    assert_eq!(&decoded(&text), histogram);
}

#[test]
fn the_distribution_is_laid_out_for_the_plotter() {
    let text = written(|out| hgrm(out, &sample().latencies[&Latency::Total]));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "       Value     Percentile TotalCount 1/(1-Percentile)"
    );
    assert_eq!(lines[1], "");
    assert_eq!(
        lines[2],
        "       1.000 0.000000000000          1           1.00"
    );
    let rows = lines[2..].iter().take_while(|line| !line.starts_with('#'));
    let rows: Vec<Vec<f64>> = rows
        .map(|line| {
            line.split_whitespace()
                .map(|cell| cell.parse().unwrap())
                .collect()
        })
        .collect();
    assert!(rows.windows(2).all(|pair| pair[0][..3] <= pair[1][..3]));
    let last = rows.last().unwrap();
    assert_eq!(
        last.len(),
        3,
        "the last percentile has no distance to 100 %"
    );
    assert!(
        (last[1] - 1.0).abs() < 1e-12 && (last[2] - 100.0).abs() < 1e-12,
        "{last:?}"
    );
    let footer = &lines[lines.len() - 3..];
    let mean = footer[0]
        .trim_start_matches("#[Mean    =")
        .split(',')
        .next()
        .unwrap();
    assert!(
        (mean.trim().parse::<f64>().unwrap() - 50.5).abs() < 0.05,
        "{mean}"
    );
    assert!(
        footer[0].ends_with("StdDeviation   =       28.866]"),
        "{}",
        footer[0]
    );
    assert!(
        footer[1].ends_with("Total count    =          100]"),
        "{}",
        footer[1]
    );
    assert!(
        footer[2].ends_with("SubBuckets     =         2048]"),
        "{}",
        footer[2]
    );
}

#[test]
fn the_log_is_read_back_by_the_library() {
    let mut results = sample();
    let latency = results.latencies[&Latency::Total].clone();
    let interval = |server: Option<&str>, start| {
        let [start, length] = [start, 1].map(std::time::Duration::from_secs);
        IntervalLatency::new(start, length, server.map(str::to_owned), &latency).unwrap()
    };
    results.intervals = vec![
        interval(None, 0),
        interval(Some("rs 1,a"), 0),
        interval(None, 1),
    ];
    let text = written(|out| hlog(out, &results));
    assert!(
        text.starts_with("#[Histogram log format version 1.3]\n#[StartTime: 0.000 "),
        "{text}"
    );
    let entries = IntervalLogIterator::new(text.as_bytes()).map(|entry| entry.unwrap());
    let intervals: Vec<_> = entries
        .filter_map(|entry| match entry {
            LogEntry::Interval(interval) => Some(interval),
            _ => None,
        })
        .collect();
    let tags: Vec<_> = intervals
        .iter()
        .map(|one| one.tag().map(|tag| tag.as_str()))
        .collect();
    assert_eq!(tags, [None, Some("rs_1_a"), None]);
    assert_eq!(
        intervals[2].start_timestamp(),
        std::time::Duration::from_secs(1)
    );
    assert!((intervals[0].max() - 100.0).abs() < 0.1);
    assert_eq!(decoded(intervals[1].encoded_histogram()), latency);
}

#[test]
fn the_json_has_every_figure_and_whole_histograms() {
    let results = sample();
    let verdict = "errors==0"
        .parse::<crate::gate::Assertion>()
        .unwrap()
        .judge(&results);
    let text = json(&results, &[verdict]).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&document["version"], &document["completed"]),
        (&1.into(), &100.into())
    );
    assert_eq!(document["requests_per_second"], 50.0);
    assert_eq!(
        document["offered_requests_per_second"],
        serde_json::Value::Null
    );
    assert_eq!(document["errors"]["connect-refused"], 25);
    assert_eq!(document["servers"]["rs1"]["share"], 0.75);
    assert_eq!(document["assertions"][0]["holds"], false);
    let total = &document["latencies"]["total"];
    assert_eq!(
        total["percentiles_us"].as_object().unwrap().len(),
        3,
        "a hundred samples have no p99"
    );
    let histogram = decoded(total["histogram_v2_base64"].as_str().unwrap());
    assert_eq!(histogram, results.latencies[&Latency::Total]);
}

#[test]
fn what_was_not_measured_is_null() {
    let mut results = sample();
    results
        .latencies
        .insert(Latency::Total, Histogram::new(3).unwrap());
    let text = json(&results, &[]).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let total = &document["latencies"]["total"];
    assert_eq!(
        (&total["count"], &total["mean_us"]),
        (&0.into(), &serde_json::Value::Null)
    );
}

#[test]
fn the_table_has_a_line_for_the_load_and_each_real_server() {
    let text = written(|out| csv(out, &sample()));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "server,requests,connections,failed,share,requests_per_second,min_us,mean_us,max_us,\
         p50_us,p75_us,p90_us,p95_us,p99_us,p99.9_us,p99.99_us"
    );
    assert!(lines[1].starts_with(",100,101,25,,50.00,"), "{}", lines[1]);
    assert!(
        lines[2].starts_with("rs1,75,75,0,0.750000,37.50,"),
        "{}",
        lines[2]
    );
    assert!(
        lines[3].ends_with(",,,,"),
        "no request, no latency: {}",
        lines[3]
    );
    let columns: Vec<_> = lines.iter().map(|line| line.split(',').count()).collect();
    assert_eq!(columns, [16; 4]);
}

#[test]
fn the_drawing_has_a_rising_line_for_each_series() {
    let text = written(|out| plot(out, &sample()));
    assert!(
        text.starts_with("<svg ") && text.ends_with("</svg>"),
        "{text}"
    );
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("<polyline"))
        .collect();
    assert_eq!(lines.len(), 2, "total and rs1; rs2 has no latency");
    for line in lines {
        let points = line
            .split("points=\"")
            .nth(1)
            .unwrap()
            .trim_end_matches("\"/>");
        let points: Vec<Vec<f64>> = points
            .split(' ')
            .map(|point| {
                point
                    .split(',')
                    .map(|place| place.parse().unwrap())
                    .collect()
            })
            .collect();
        assert!(points.len() > 10);
        assert!(
            points
                .windows(2)
                .all(|pair| pair[0][0] <= pair[1][0] && pair[0][1] >= pair[1][1])
        );
    }
    assert!(text.contains("90 %") && text.contains("99 %") && !text.contains("99.9 %"));
    assert!(text.contains("1 ms") && text.contains("100 ms") && !text.contains("NaN"));
}

#[test]
fn a_drawing_of_nothing_is_a_drawing_and_names_are_escaped() {
    let mut results = sample();
    results.latencies.clear();
    results.servers.clear();
    results.url = "http://vip/?a=<b>&c".into();
    let text = written(|out| plot(out, &results));
    assert!(
        text.contains("?a=&#60;b&#62;&#38;c") && !text.contains("<b>"),
        "{text}"
    );
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[test]
fn a_value_holds_from_the_percentile_of_the_one_below_it() {
    let mut results = sample();
    let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    histogram.record_n(1_000_000, 900).unwrap();
    histogram.record_n(100_000_000, 100).unwrap();
    results.servers.clear();
    results.latencies = [(Latency::Total, histogram)].into();
    let text = written(|out| plot(out, &results));
    let line = text
        .lines()
        .find(|line| line.starts_with("<polyline"))
        .unwrap();
    let points = line
        .split("points=\"")
        .nth(1)
        .unwrap()
        .trim_end_matches("\"/>");
    let places: Vec<&str> = points.split([' ', ',']).collect();
    // A tick later than the value's own quantile is still the same value.
    let (low, high): (Vec<_>, Vec<_>) = places.chunks(2).partition(|point| point[1] == places[1]);
    assert!(high.iter().all(|point| point[1] == high[0][1]), "{points}");
    let ninety = format!(
        r#"<text x="{}" y="406.00" dy="17" text-anchor="middle">90 %"#,
        high[0][0]
    );
    assert!(text.contains(&ninety), "{ninety} is not in {text}");
    assert_eq!(low.last().unwrap()[0], high[0][0], "{points}");
    assert_eq!(
        (low[0][0], high.last().unwrap()[0]),
        ("76.00", "780.00"),
        "{points}"
    );
}
