//! The exit codes.

/// The table in the help.
pub const TABLE: &str = "  0   every assertion held; without assertions, no request failed and every status was 2xx or as
      --expect-status says (ab: always, whatever failed)
  1   an assertion did not hold; without assertions, a request failed; or the load was interrupted
      (the report is printed, as ab does) or could not be sent (ab: the errno)
  2   wrong usage; nothing was sent (ab: 22, or 1)
";

/// The command line is wrong, and nothing was sent.
pub const USAGE: u8 = 2;
/// See [`TABLE`].
pub const FAILURE: u8 = 1;

/// What decides the exit code of a load that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Failed requests.
    pub failed: u64,
    /// Complete responses of another status than 2xx, 0 if `--expect-status` judges them.
    pub non_2xx: u64,
    /// Whether a signal ended the load.
    pub interrupted: bool,
    /// Whether every assertion held; nothing if there was none.
    pub assertions: Option<bool>,
}

impl Outcome {
    /// The code of [`TABLE`]. Assertions alone decide where there are any, so that `errors<10` can
    /// hold although requests failed; an interrupted load never succeeds.
    pub fn code(self) -> u8 {
        let success = self
            .assertions
            .unwrap_or(self.failed == 0 && self.non_2xx == 0);
        if success && !self.interrupted {
            0
        } else {
            FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Outcome = Outcome {
        failed: 0,
        non_2xx: 0,
        interrupted: false,
        assertions: None,
    };

    #[test]
    fn failures_matter_unless_assertions_judge() {
        assert_eq!(GOOD.code(), 0);
        let failed = Outcome { failed: 3, ..GOOD };
        assert_eq!(failed.code(), 1);
        assert_eq!(Outcome { non_2xx: 1, ..GOOD }.code(), 1);
        assert_eq!(
            Outcome {
                assertions: Some(true),
                ..failed
            }
            .code(),
            0
        );
        assert_eq!(
            Outcome {
                assertions: Some(false),
                ..GOOD
            }
            .code(),
            1
        );
    }

    #[test]
    fn an_interrupted_load_never_succeeds() {
        let interrupted = Outcome {
            interrupted: true,
            assertions: Some(true),
            ..GOOD
        };
        assert_eq!(interrupted.code(), 1);
    }
}
