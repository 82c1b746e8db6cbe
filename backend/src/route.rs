//! What a path asks for.

use std::time::Duration;

use hyper::StatusCode;
use thiserror::Error;

use crate::behaviour::{MOST_BYTES, whole};

const MAX_DELAY_MS: u64 = 60_000;

/// The meaning of a request's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Page,
    Bytes(u64),
    Delay(Duration),
    Stats,
    Metrics,
}

/// Why a path has no meaning. The text is the body of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NoRoute {
    #[error("not found; there are /, /index.html, /bytes/N, /delay/MS, /stats and /metrics")]
    NotFound,
    #[error("/bytes/N wants a number of bytes from 0 to {MOST_BYTES}")]
    Bytes,
    #[error("/delay/MS wants a number of milliseconds from 0 to {MAX_DELAY_MS}")]
    Delay,
}

impl NoRoute {
    /// The status of its response.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Bytes | Self::Delay => StatusCode::BAD_REQUEST,
        }
    }
}

impl Route {
    /// What a request's target, in origin form, asks for. Of queries only the one that chooses the
    /// format of `/stats` matters.
    pub(crate) fn of(target: &str) -> Result<Self, NoRoute> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if let Some(number) = path.strip_prefix("/bytes/") {
            return up_to(MOST_BYTES, number)
                .map(Self::Bytes)
                .ok_or(NoRoute::Bytes);
        }
        if let Some(number) = path.strip_prefix("/delay/") {
            let delay = up_to(MAX_DELAY_MS, number).ok_or(NoRoute::Delay)?;
            return Ok(Self::Delay(Duration::from_millis(delay)));
        }
        match path {
            "/" | "/index.html" => Ok(Self::Page),
            "/stats" if query == "format=openmetrics" => Ok(Self::Metrics),
            "/stats" => Ok(Self::Stats),
            "/metrics" => Ok(Self::Metrics),
            _ => Err(NoRoute::NotFound),
        }
    }
}

fn up_to(most: u64, number: &str) -> Option<u64> {
    whole(number).filter(|n| *n <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bounded() {
        assert_eq!(Route::of("/bytes/67108864"), Ok(Route::Bytes(MOST_BYTES)));
        assert_eq!(Route::of("/bytes/67108865"), Err(NoRoute::Bytes));
        assert_eq!(
            Route::of("/delay/60000"),
            Ok(Route::Delay(Duration::from_secs(60)))
        );
        assert_eq!(Route::of("/delay/60001"), Err(NoRoute::Delay));
    }

    #[test]
    fn what_is_not_a_number_is_named_as_such() {
        for path in [
            "/bytes/",
            "/bytes/many",
            "/bytes/-1",
            "/bytes/+1",
            "/bytes/1/2",
        ] {
            assert_eq!(Route::of(path), Err(NoRoute::Bytes), "{path}");
        }
        assert_eq!(Route::of("/delay/soon"), Err(NoRoute::Delay));
    }

    #[test]
    fn other_paths_are_not_found() {
        for path in ["", "/index.htm", "/stats/", "/bytes"] {
            assert_eq!(Route::of(path), Err(NoRoute::NotFound), "{path}");
        }
    }
}
