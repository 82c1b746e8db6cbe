//! wrk, which is told a time and not a number of requests.

use anyhow::{Context, Result, bail};

use super::{labelled, number};
use crate::cell::{Load, Mode};

pub(super) fn arguments(load: &Load) -> Vec<String> {
    let connections = load.connections.to_string();
    let mut arguments = ["-t1", "-d1s", "-c", &connections]
        .map(str::to_owned)
        .to_vec();
    if load.mode == Mode::Close {
        arguments.extend(["-H", "Connection: close"].map(str::to_owned));
    }
    arguments.push(load.url());
    arguments
}

pub(super) fn completed(report: &str) -> Result<u64> {
    for label in ["Socket errors:", "Non-2xx or 3xx responses:"] {
        if let Some(errors) = labelled(report, label) {
            bail!("{label} {errors}");
        }
    }
    let line = report.lines().find(|line| line.contains(" requests in "));
    line.and_then(number)
        .context("the report does not tell the number of requests")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "
    Req/Sec   144.38k     2.10k  148.10k    80.00%
  288766 requests in 2.00s, 308.42MB read
Requests/sec: 144383.00
";

    #[test]
    fn the_requests_are_those_of_its_time() {
        assert_eq!(completed(REPORT).unwrap(), 288_766);
    }

    #[test]
    fn socket_errors_and_other_statuses_are_errors() {
        let errors = format!("{REPORT}  Socket errors: connect 0, read 2, write 0, timeout 0\n");
        let text = completed(&errors).unwrap_err().to_string();
        assert_eq!(text, "Socket errors: connect 0, read 2, write 0, timeout 0");
        assert!(completed(&format!("{REPORT}  Non-2xx or 3xx responses: 5\n")).is_err());
        assert!(completed("unable to connect").is_err());
    }
}
