//! The drawing of latency over percentile: a line for each kind of latency and each real server.
//!
//! Geometry only; how it looks is in `templates/latency.svg`. The percentiles are spread so that
//! each further nine has the same width, and latencies are logarithmic. Every number that reaches
//! the drawing is a [`Px`], so that the same results always give the same bytes.

mod scale;

use std::fmt;
use std::io::{self, Write};

use askama::Template;
use hdrhistogram::Histogram;

use crate::{Latency, Results};
use scale::Scale;

/// A length in the drawing's units, written with two decimals.
#[derive(Clone, Copy)]
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

#[derive(Template)]
#[template(path = "latency.svg", escape = "html")]
struct Plot<'a> {
    url: &'a str,
    summary: String,
    width: Px,
    height: Px,
    left: Px,
    right: Px,
    top: Px,
    bottom: Px,
    middle: Px,
    columns: Vec<Tick>,
    rows: Vec<Tick>,
    lines: Vec<Line<'a>>,
}

/// A line of a scale.
struct Tick {
    at: Px,
    text: String,
}

/// The latencies of one kind or one real server.
struct Line<'a> {
    name: &'a str,
    definition: &'static str,
    /// Which of the six colours.
    colour: usize,
    dashed: bool,
    legend: Px,
    points: String,
}

const WIDTH: f64 = 820.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = WIDTH - 40.0;
const TOP: f64 = 66.0;
const PLOT_HEIGHT: f64 = 340.0;
/// The scale's text below the plot.
const BELOW: f64 = 46.0;
const LEGEND_ROW: f64 = 18.0;
const COLOURS: usize = 6;
/// Points of a line for each halving of the distance to 100 %.
const RESOLUTION: u32 = 12;
/// More lines than this could not be told apart.
const MOST_SERVERS: usize = 12;

/// Writes the drawing as SVG. Kinds and servers without a completed request are left out.
pub fn plot(out: &mut dyn Write, results: &Results) -> io::Result<()> {
    let series = series(results);
    let scale = Scale::of(series.iter().map(|(.., histogram)| *histogram));
    let bottom = TOP + PLOT_HEIGHT;
    let legend = bottom + BELOW;
    let drawing = Plot {
        url: &results.url,
        summary: summary(results),
        width: Px(WIDTH),
        height: Px(legend + LEGEND_ROW * series.len() as f64 + 12.0),
        left: Px(LEFT),
        right: Px(RIGHT),
        top: Px(TOP),
        bottom: Px(bottom),
        middle: Px(f64::midpoint(LEFT, RIGHT)),
        columns: scale.columns(),
        rows: scale.rows(),
        lines: (0..)
            .zip(series)
            .map(|(index, (name, definition, histogram))| Line {
                name,
                definition,
                colour: index % COLOURS,
                dashed: index >= COLOURS,
                legend: Px(legend + LEGEND_ROW * (index as f64 + 0.5)),
                points: points(histogram, &scale),
            })
            .collect(),
    };
    out.write_all(drawing.render().map_err(io::Error::other)?.as_bytes())
}

type Series<'a> = (&'a str, &'static str, &'a Histogram<u64>);

fn series(results: &Results) -> Vec<Series<'_>> {
    let whole = [Latency::Total, Latency::Service, Latency::Corrected];
    let kinds = whole.into_iter().filter_map(|kind| {
        let histogram = results.latencies.get(&kind)?;
        Some((kind.name(), kind.definition(), histogram))
    });
    let servers = results.servers.iter().take(MOST_SERVERS);
    let servers =
        servers.map(|(name, server)| (name.as_str(), "total of this real server", &server.latency));
    kinds
        .chain(servers)
        .filter(|(.., histogram)| !histogram.is_empty())
        .collect()
}

fn summary(results: &Results) -> String {
    let rate = results.requests_per_second();
    let rate = rate
        .map(|rate| format!(", {rate:.0}/s"))
        .unwrap_or_default();
    format!(
        "{} completed{rate}, {} failed",
        results.completed, results.failed
    )
}

/// Steps up and to the right: a value holds for the quantiles from that of the value below it to
/// its own.
fn points(histogram: &Histogram<u64>, scale: &Scale) -> String {
    let mut points = Vec::new();
    let mut from = Px(scale.x(0.0));
    for step in histogram.iter_quantiles(RESOLUTION) {
        let y = Px(scale.y(step.value_iterated_to()));
        let to = Px(scale.x(step.quantile()));
        points.push(format!("{from},{y} {to},{y}"));
        from = to;
    }
    points.join(" ")
}
