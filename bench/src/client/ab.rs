//! ab, which speaks HTTP/1.0, and whose report loadgen prints as well.

use anyhow::{Context, Result, bail, ensure};

use super::{labelled, number};
use crate::cell::{Load, Mode};

pub(super) fn arguments(load: &Load) -> Vec<String> {
    let mut arguments = vec!["-q".to_owned()];
    if load.mode == Mode::KeepAlive {
        arguments.push("-k".to_owned());
    }
    let (requests, connections) = (load.requests.to_string(), load.connections.to_string());
    arguments.extend([
        "-n".to_owned(),
        requests,
        "-c".to_owned(),
        connections,
        load.url(),
    ]);
    arguments
}

pub(super) fn completed(report: &str) -> Result<u64> {
    let complete = labelled(report, "Complete requests:").and_then(number);
    let failed = labelled(report, "Failed requests:").and_then(number);
    let failed = failed.context("the report has no line of failed requests")?;
    ensure!(failed == 0, "{failed} requests failed");
    for label in ["Write errors:", "Non-2xx responses:"] {
        if let Some(count) = labelled(report, label) {
            bail!("{label} {count}");
        }
    }
    complete.context("the report has no line of complete requests")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "
Time taken for tests:   0.012 seconds
Complete requests:      500
Failed requests:        0
Keep-Alive requests:    500
";

    #[test]
    fn complete_requests_are_read_from_the_report() {
        assert_eq!(completed(REPORT).unwrap(), 500);
    }

    #[test]
    fn a_failed_request_is_an_error() {
        let failed = REPORT.replace("requests:        0", "requests:        3");
        assert_eq!(
            completed(&failed).unwrap_err().to_string(),
            "3 requests failed"
        );
        let other = format!("{REPORT}Non-2xx responses:      7\n");
        assert_eq!(
            completed(&other).unwrap_err().to_string(),
            "Non-2xx responses: 7"
        );
        assert!(completed("apr_socket_recv: Connection reset by peer (104)").is_err());
    }
}
