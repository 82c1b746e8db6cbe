//! How problems look on a terminal.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::problem::{Colour, Problem, Source, SourceProblems};
use super::written::Place;

/// More problems of one text than this are only counted: nobody reads them all.
const MOST_SHOWN: usize = 50;

/// All problems of all texts, separated by empty lines.
pub(super) fn render(sources: &[SourceProblems], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii);
    let shown: Vec<String> = sources
        .iter()
        .flat_map(|source| render_source(source, &renderer))
        .collect();
    shown.join("\n\n")
}

/// The problems of one text, and how many more there are.
fn render_source(judged: &SourceProblems, renderer: &Renderer) -> Vec<String> {
    let source = judged.source.as_deref();
    let problems = &judged.problems;
    let mut shown: Vec<String> = problems
        .iter()
        .take(MOST_SHOWN)
        .map(|problem| render_problem(problem, source, renderer))
        .collect();
    if problems.len() > MOST_SHOWN {
        let more = format!(
            "{} more problems are not shown",
            problems.len() - MOST_SHOWN
        );
        shown.push(renderer.render(&[Group::with_title(Level::NOTE.primary_title(more))]));
    }
    shown
}

/// One problem: what, where, and what to write instead.
fn render_problem(problem: &Problem, source: Option<&Source>, renderer: &Renderer) -> String {
    let message = match &problem.place {
        Place::Flag(flag) => format!("{flag}: {}", problem.message),
        Place::Whole | Place::Span(_) => problem.message.clone(),
    };
    let mut group = Group::with_title(Level::ERROR.primary_title(message));
    let mut in_file = false;
    if let Some(source) = source {
        if let Some(snippet) = snippet(problem, source) {
            group = group.element(snippet);
            in_file = true;
        } else if problem.place == Place::Whole {
            group = group.element(Origin::path(source.name.as_str()));
            in_file = true;
        }
    }
    match &problem.remedy {
        Some(remedy) if in_file => {
            renderer.render(&[group.element(Level::HELP.message(remedy.as_str()))])
        }
        Some(remedy) => {
            let help = Group::with_title(Level::HELP.primary_title(remedy.as_str()));
            format!(
                "{}\n{}",
                renderer.render(&[group]),
                renderer.render(&[help])
            )
        }
        None => renderer.render(&[group]),
    }
}

/// The written lines, if the problem or what is related to it stands in the text.
fn snippet<'s>(
    problem: &'s Problem,
    source: &'s Source,
) -> Option<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    let primary =
        span(&problem.place, &source.text).map(|bytes| AnnotationKind::Primary.span(bytes));
    let related = problem.related.as_ref().and_then(|(place, part)| {
        let bytes = span(place, &source.text)?;
        Some(AnnotationKind::Context.span(bytes).label(part.as_str()))
    });
    let annotations: Vec<_> = primary.into_iter().chain(related).collect();
    if annotations.is_empty() {
        return None;
    }
    Some(
        Snippet::source(source.text.as_str())
            .path(source.name.as_str())
            .annotations(annotations),
    )
}

/// The bytes to underline: within the text, on the first line of the place only.
fn span(place: &Place, text: &str) -> Option<Range<usize>> {
    let Place::Span(bytes) = place else {
        return None;
    };
    let start = (0..=bytes.start.min(text.len())).rfind(|at| text.is_char_boundary(*at))?;
    let end = (bytes.end.max(start)..text.len()).find(|at| text.is_char_boundary(*at));
    let line = text[start..end.unwrap_or(text.len())].lines().next();
    Some(start..start + line.unwrap_or_default().len())
}
