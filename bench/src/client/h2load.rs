//! h2load with HTTP/1.1. It connects anew where a connection is closed.

use anyhow::{Context, Result, ensure};

use super::{labelled, number};
use crate::cell::{Load, Mode};

pub(super) fn arguments(load: &Load) -> Vec<String> {
    let (requests, connections) = (load.requests.to_string(), load.connections.to_string());
    let arguments = ["--h1", "-t1", "-n", &requests, "-c", &connections];
    let mut arguments = arguments.map(str::to_owned).to_vec();
    if load.mode == Mode::Close {
        arguments.extend(["-H", "connection: close"].map(str::to_owned));
    }
    arguments.push(load.url());
    arguments
}

pub(super) fn completed(report: &str) -> Result<u64> {
    let requests = labelled(report, "requests:").context("the report tells of no requests")?;
    let statuses = labelled(report, "status codes:").context("the report tells of no statuses")?;
    let done = count(requests, "done").context("the report does not tell what is done")?;
    let succeeded = count(requests, "succeeded");
    ensure!(succeeded == Some(done), "requests failed: {requests}");
    ensure!(
        count(statuses, "2xx") == Some(done),
        "other statuses: {statuses}"
    );
    Ok(done)
}

/// The number before a word in `100 total, 90 done, …`.
fn count(list: &str, word: &str) -> Option<u64> {
    let mut items = list.split(',').map(str::trim);
    let item = items.find(|item| item.split_whitespace().nth(1) == Some(word))?;
    number(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "
finished in 1.20s, 124599.00 req/s, 134.41MB/s
requests: 100 total, 100 started, 100 done, 100 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 100 2xx, 0 3xx, 0 4xx, 0 5xx
";

    #[test]
    fn done_requests_are_counted_if_all_of_them_succeeded() {
        assert_eq!(completed(REPORT).unwrap(), 100);
        assert!(completed(&REPORT.replace("100 succeeded", "99 succeeded")).is_err());
        assert!(completed(&REPORT.replace("100 2xx", "98 2xx")).is_err());
        assert!(completed("").is_err());
    }
}
