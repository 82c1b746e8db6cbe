//! What is printed and written.

use super::{Halt, Spec, ab, long};
use crate::ab::options::draft::check_assertion;
use crate::ab::options::values::{color, rejected, whole};

pub(super) const AB: &[Spec] = &[
    ab(
        'v',
        "v",
        Some("VERBOSITY"),
        "2 prints requests and the headers of responses, 3 and 4 their codes too [0]",
        |draft, text| {
            let level = whole(text).ok().filter(|level| *level >= 0);
            let level = level.ok_or_else(|| rejected(text, "write a number from 0 to 4"))?;
            draft.output.verbosity = u8::try_from(level.min(4)).unwrap_or(4);
            Ok(())
        },
    ),
    ab('q', "q", None, "Show no progress", |draft, _| {
        draft.output.quiet = true;
        Ok(())
    }),
    ab(
        'd',
        "d",
        None,
        "Print no table of percentiles",
        |draft, _| {
            draft.layout.percentiles = false;
            Ok(())
        },
    ),
    ab(
        'S',
        "S",
        None,
        "Print no median, no deviation and no warnings",
        |draft, _| {
            draft.layout.confidence = false;
            Ok(())
        },
    ),
    ab(
        'l',
        "l",
        None,
        "Accept bodies of different lengths",
        |draft, _| {
            draft.layout.variable_length = true;
            Ok(())
        },
    ),
    ab(
        'w',
        "w",
        None,
        "Print the report as HTML tables",
        |draft, _| {
            draft.html();
            Ok(())
        },
    ),
    ab(
        'x',
        "x",
        Some("ATTRIBUTES"),
        "Attributes of the HTML table; implies -w",
        |draft, text| {
            text.clone_into(&mut draft.html().table);
            Ok(())
        },
    ),
    ab(
        'y',
        "y",
        Some("ATTRIBUTES"),
        "Attributes of the HTML table's rows; implies -w",
        |draft, text| {
            text.clone_into(&mut draft.html().row);
            Ok(())
        },
    ),
    ab(
        'z',
        "z",
        Some("ATTRIBUTES"),
        "Attributes of the HTML table's cells; implies -w [bgcolor=white]",
        |draft, text| {
            text.clone_into(&mut draft.html().cell);
            Ok(())
        },
    ),
    ab(
        'e',
        "e",
        Some("FILE"),
        "Write the percentiles 0 to 100 as CSV",
        |draft, text| {
            draft.output.files.percentiles = Some(text.into());
            Ok(())
        },
    ),
    ab(
        'g',
        "g",
        Some("FILE"),
        "Write every request as TSV for gnuplot; the only option that keeps every request in memory",
        |draft, text| {
            draft.output.files.gnuplot = Some(text.into());
            Ok(())
        },
    ),
    ab('V', "V", None, "Print the version", |_, _| {
        Err(Halt::Version)
    }),
    ab('h', "h", None, "Print this help", |_, _| Err(Halt::Help)),
];

pub(super) const BEYOND: &[Spec] = &[
    long(
        "json",
        None,
        "Print the report as JSON, histograms included",
        |draft, _| {
            draft.output.json = true;
            Ok(())
        },
    ),
    long(
        "csv",
        Some("FILE"),
        "Write a line of figures for the whole load and for each real server",
        |draft, text| {
            draft.output.files.summary = Some(text.into());
            Ok(())
        },
    ),
    long(
        "hgrm",
        Some("FILE"),
        "Write the distribution of latencies as HdrHistogram's tools plot it",
        |draft, text| {
            draft.output.files.hgrm = Some(text.into());
            Ok(())
        },
    ),
    long(
        "hlog",
        Some("FILE"),
        "Write the latencies of each second as an HdrHistogram log; with --by-header those of each value too, with a tag",
        |draft, text| {
            draft.output.files.hlog = Some(text.into());
            Ok(())
        },
    ),
    long(
        "plot",
        Some("FILE"),
        "Draw latency over percentile as SVG; with --by-header a curve for each value",
        |draft, text| {
            draft.output.files.plot = Some(text.into());
            Ok(())
        },
    ),
    long(
        "assert",
        Some("EXPRESSION"),
        "Exit with 1 unless this holds, such as 'p99<50ms', 'errors==0' or 'rps>=1000'; may be repeated",
        |draft, text| {
            draft.assertions.push(check_assertion(text)?);
            Ok(())
        },
    ),
    long(
        "color",
        Some("auto|always|never"),
        "Colours of the progress bar [auto]",
        |draft, text| {
            draft.output.color = color(text)?;
            Ok(())
        },
    ),
    long("version", None, "Print the version", |_, _| {
        Err(Halt::Version)
    }),
    long("help", None, "Print this help", |_, _| Err(Halt::Help)),
];
