//! oha.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::cell::{Load, Mode};

pub(super) fn arguments(load: &Load) -> Vec<String> {
    let (requests, connections) = (load.requests.to_string(), load.connections.to_string());
    let arguments = [
        "--no-tui",
        "--output-format",
        "json",
        "-n",
        &requests,
        "-c",
        &connections,
    ];
    let mut arguments = arguments.map(str::to_owned).to_vec();
    if load.mode == Mode::Close {
        arguments.push("--disable-keepalive".to_owned());
    }
    arguments.push(load.url());
    arguments
}

/// What matters of its report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

pub(super) fn completed(report: &str) -> Result<u64> {
    let report: Report = serde_json::from_str(report).context("the report is not as expected")?;
    let (errors, statuses) = (report.error_distribution, report.status_code_distribution);
    ensure!(errors.is_empty(), "requests failed: {errors:?}");
    let ok = statuses.get("200").copied().unwrap_or_default();
    ensure!(
        ok == statuses.values().sum::<u64>(),
        "other statuses: {statuses:?}"
    );
    Ok(ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_if_all_were_answered_by_200() {
        let report = |statuses: &str, errors: &str| {
            completed(&format!(
                r#"{{"summary": {{"total": 0.5}}, "statusCodeDistribution": {{{statuses}}},
                     "errorDistribution": {{{errors}}}}}"#
            ))
        };
        assert_eq!(report(r#""200": 12"#, "").unwrap(), 12);
        assert!(report(r#""200": 12, "503": 1"#, "").is_err());
        assert!(report(r#""200": 12"#, r#""Connection refused (os error 111)": 1"#).is_err());
    }
}
