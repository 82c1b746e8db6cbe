//! The drawing of observed against expected shares: one line per real server.
//!
//! Geometry only; how it looks is in `templates/plot.svg`. Every number that reaches the drawing is
//! a [`Px`], so that the same record always gives the same bytes.

use std::fmt;

use askama::Template;

use super::words::is_suspect;
use crate::record::{Record, ServerRecord};
use crate::{Interval, Share};

/// A length in the drawing's units, written with two decimals.
#[derive(Clone, Copy)]
pub(super) struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

/// The whole drawing.
#[derive(Template)]
#[template(path = "plot.svg", escape = "html")]
pub(super) struct Plot {
    label: String,
    width: Px,
    height: Px,
    left: Px,
    right: Px,
    top: Px,
    bottom: Px,
    middle: Px,
    text_size: Px,
    ticks: Vec<Tick>,
    lines: Vec<Line>,
}

/// A line of the scale.
struct Tick {
    x: Px,
    text: String,
}

/// One real server.
struct Line {
    name: String,
    tooltip: String,
    y: Px,
    baseline: Px,
    upper: Px,
    lower: Px,
    half: Px,
    band: Option<Band>,
    expected: Option<Px>,
    configured: Option<Px>,
    observed: Option<Observed>,
}

/// The tolerance around the expected share.
struct Band {
    x: Px,
    width: Px,
}

/// The observed share with the ends of its interval.
struct Observed {
    low: Px,
    high: Px,
    corner_x: Px,
    corner_y: Px,
    side: Px,
    suspect: bool,
}

const WIDTH: f64 = 820.0;
const TOP: f64 = 46.0;
const BELOW: f64 = 46.0;
const RIGHT_MARGIN: f64 = 24.0;
/// Longer names are cut; the tooltip has them whole.
const LONGEST_NAME: usize = 24;
/// At most so many lines of the scale.
const MOST_TICKS: f64 = 8.0;
/// Distances between lines of the scale, as shares.
const STEPS: [f64; 8] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];

impl Plot {
    pub(super) fn of(record: &Record) -> Self {
        let scale = Scale::of(record);
        let row = row_height(record.servers.len());
        let bottom = TOP + row * record.servers.len() as f64;
        let servers = record.servers.iter().enumerate();
        Self {
            label: format!(
                "Observed and expected share of connections, {}",
                record.experiment
            ),
            width: Px(WIDTH),
            height: Px(bottom + BELOW),
            left: Px(scale.left),
            right: Px(WIDTH - RIGHT_MARGIN),
            top: Px(TOP),
            bottom: Px(bottom),
            middle: Px(f64::midpoint(scale.left, WIDTH - RIGHT_MARGIN)),
            text_size: Px((row * 0.75).clamp(9.0, 13.0)),
            ticks: scale.ticks(),
            lines: servers
                .map(|(index, server)| {
                    let y = TOP + row * (index as f64 + 0.5);
                    scale.line(server, record, y, row)
                })
                .collect(),
        }
    }
}

/// High where there are few servers, low where there are many.
fn row_height(servers: usize) -> f64 {
    match servers {
        0..=4 => 46.0,
        5..=24 => 26.0,
        _ => 14.0,
    }
}

/// From shares to places.
struct Scale {
    left: f64,
    end: f64,
    step: f64,
}

impl Scale {
    fn of(record: &Record) -> Self {
        let servers = record.servers.iter();
        let longest = servers.clone().map(|one| one.name.chars().count()).max();
        let characters = longest.unwrap_or(0).min(LONGEST_NAME) as f64;
        let reach = servers
            .map(|server| reach(server, record.tolerance))
            .fold(0.0, f64::max);
        let fits = |step: &f64| reach / step <= MOST_TICKS;
        let step = STEPS.into_iter().find(fits).unwrap_or(0.2);
        Self {
            left: 24.0 + characters * 7.5,
            end: ((reach / step).ceil().max(1.0) * step).min(1.0),
            step,
        }
    }

    fn x(&self, share: f64) -> f64 {
        let part = (share / self.end).clamp(0.0, 1.0);
        self.left + part * (WIDTH - RIGHT_MARGIN - self.left)
    }

    fn ticks(&self) -> Vec<Tick> {
        let decimals = usize::from(self.step < 0.01);
        let places = (0..).map(|n| f64::from(n) * self.step);
        let places = places.take_while(|place| *place <= self.end + self.step / 2.0);
        places
            .map(|place| Tick {
                x: Px(self.x(place)),
                text: format!("{:.decimals$} %", place * 100.0),
            })
            .collect()
    }

    fn line(&self, server: &ServerRecord, record: &Record, y: f64, row: f64) -> Line {
        let half = (row * 0.36).min(11.0);
        let place = |share: Option<Share>| share.map(|share| Px(self.x(share.get())));
        Line {
            name: cut(&server.name),
            tooltip: tooltip(server),
            y: Px(y),
            baseline: Px(y + 4.0),
            upper: Px(y - half),
            lower: Px(y + half),
            half: Px(half),
            band: server
                .expected_share
                .map(|expected| self.band(expected, record.tolerance)),
            expected: place(server.expected_share),
            configured: place(server.configured_share),
            observed: self.observed(server, y, half, is_suspect(server, record)),
        }
    }

    fn band(&self, expected: Share, tolerance: Share) -> Band {
        let from = self.x(expected.get() - tolerance.get());
        let to = self.x(expected.get() + tolerance.get());
        Band {
            x: Px(from),
            width: Px(to - from),
        }
    }

    fn observed(
        &self,
        server: &ServerRecord,
        y: f64,
        half: f64,
        suspect: bool,
    ) -> Option<Observed> {
        let x = self.x(server.observed_share?.get());
        let Interval { low, high } = server.observed_interval?;
        let radius = (half * 0.5).min(5.0);
        Some(Observed {
            low: Px(self.x(low.get())),
            high: Px(self.x(high.get())),
            corner_x: Px(x - radius),
            corner_y: Px(y - radius),
            side: Px(radius * 2.0),
            suspect,
        })
    }
}

/// The largest share that a server's line has to show.
fn reach(server: &ServerRecord, tolerance: Share) -> f64 {
    let expected = server
        .expected_share
        .map(|share| share.get() + tolerance.get());
    let observed = server.observed_interval.map(|interval| interval.high.get());
    let configured = server.configured_share.map(Share::get);
    let shares = [expected, observed, configured].into_iter().flatten();
    shares.fold(0.0, f64::max).min(1.0)
}

fn cut(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LONGEST_NAME - 1).collect();
    kept + "…"
}

fn tooltip(server: &ServerRecord) -> String {
    let share = |name: &str, share: Option<Share>| share.map(|share| format!("{name} {share}"));
    let shares = [
        share("observed", server.observed_share),
        share("expected", server.expected_share),
        share("configured", server.configured_share),
    ];
    let shares: Vec<_> = shares.into_iter().flatten().collect();
    format!(
        "{}, weight {}: {}",
        server.name,
        server.weight,
        shares.join(", ")
    )
}
