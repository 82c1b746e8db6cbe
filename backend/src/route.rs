//! What a path asks for.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_DELAY_MS: u64 = 60_000;

/// The meaning of a request's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Page,
    Bytes(u64),
    Delay(Duration),
    Stats,
}

/// Why a path has no meaning. The text is the body of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NoRoute {
    #[error("not found; there are /, /index.html, /bytes/N, /delay/MS and /stats")]
    NotFound,
    #[error("/bytes/N wants a number of bytes from 0 to {MAX_BYTES}")]
    Bytes,
    #[error("/delay/MS wants a number of milliseconds from 0 to {MAX_DELAY_MS}")]
    Delay,
}

impl FromStr for Route {
    type Err = NoRoute;

    fn from_str(path: &str) -> Result<Self, NoRoute> {
        if let Some(number) = path.strip_prefix("/bytes/") {
            return up_to(MAX_BYTES, number)
                .map(Self::Bytes)
                .ok_or(NoRoute::Bytes);
        }
        if let Some(number) = path.strip_prefix("/delay/") {
            let delay = up_to(MAX_DELAY_MS, number).ok_or(NoRoute::Delay)?;
            return Ok(Self::Delay(Duration::from_millis(delay)));
        }
        match path {
            "/" | "/index.html" => Ok(Self::Page),
            "/stats" => Ok(Self::Stats),
            _ => Err(NoRoute::NotFound),
        }
    }
}

fn up_to(most: u64, number: &str) -> Option<u64> {
    number.parse().ok().filter(|n| *n <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bounded() {
        assert_eq!("/bytes/67108864".parse(), Ok(Route::Bytes(MAX_BYTES)));
        assert_eq!("/bytes/67108865".parse::<Route>(), Err(NoRoute::Bytes));
        assert_eq!(
            "/delay/60000".parse(),
            Ok(Route::Delay(Duration::from_secs(60)))
        );
        assert_eq!("/delay/60001".parse::<Route>(), Err(NoRoute::Delay));
    }

    #[test]
    fn what_is_not_a_number_is_named_as_such() {
        for path in ["/bytes/", "/bytes/many", "/bytes/-1", "/bytes/1/2"] {
            assert_eq!(path.parse::<Route>(), Err(NoRoute::Bytes), "{path}");
        }
        assert_eq!("/delay/soon".parse::<Route>(), Err(NoRoute::Delay));
    }

    #[test]
    fn other_paths_are_not_found() {
        for path in ["", "/index.htm", "/stats/", "/bytes"] {
            assert_eq!(path.parse::<Route>(), Err(NoRoute::NotFound), "{path}");
        }
    }
}
