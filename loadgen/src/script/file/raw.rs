//! A script as it is typed.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::{Problem, Request, RequestBody};
use crate::Url;
use crate::ab::Field;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "request")]
    requests: Vec<Spanned<Raw>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    method: Option<Spanned<String>>,
    path: Spanned<String>,
    weight: Option<Spanned<i64>>,
    #[serde(default)]
    headers: Vec<Spanned<String>>,
    body: Option<String>,
    body_file: Option<PathBuf>,
}

pub(super) fn requests(text: &str) -> Result<Vec<Request>, Problem> {
    let file: File = toml::from_str(text).map_err(|error| Problem {
        place: error.span(),
        problem: error.message().trim_end().replace('\n', "; "),
    })?;
    if file.requests.is_empty() {
        return Err(Problem::new(
            0..0,
            "there is no request; write [[request]] and below it path = \"/\"",
        ));
    }
    file.requests.into_iter().map(request).collect()
}

fn request(raw: Spanned<Raw>) -> Result<Request, Problem> {
    let place = raw.span();
    let raw = raw.into_inner();
    let body = match (raw.body, raw.body_file) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(
                place,
                "body and body_file are both given; write one of them",
            ));
        }
        (Some(text), None) => Some(RequestBody::Text(text)),
        (None, Some(file)) => Some(RequestBody::File(file)),
        (None, None) => None,
    };
    Ok(Request {
        method: raw
            .method
            .map_or_else(|| Ok("GET".to_owned()), |raw| method(&raw))?,
        path: path(&raw.path)?,
        weight: raw.weight.map_or(Ok(1), |raw| weight(&raw))?,
        headers: raw.headers.iter().map(header).collect::<Result<_, _>>()?,
        body,
    })
}

fn method(raw: &Spanned<String>) -> Result<String, Problem> {
    let method = hyper::Method::from_bytes(raw.get_ref().as_bytes());
    let wrong = |_| Problem::new(raw.span(), "this is no method; write one such as DELETE");
    Ok(method.map_err(wrong)?.as_str().to_owned())
}

/// Paths have the same characters as in a URL.
fn path(raw: &Spanned<String>) -> Result<String, Problem> {
    if !raw.get_ref().starts_with('/') {
        return Err(Problem::new(
            raw.span(),
            "a path begins with a slash; the host is that of the command line",
        ));
    }
    let target = Url::parse(&format!("http://host{}", raw.get_ref()));
    Ok(target
        .map_err(|error| Problem::new(raw.span(), error))?
        .path)
}

fn weight(raw: &Spanned<i64>) -> Result<u32, Problem> {
    let weight = u32::try_from(*raw.get_ref())
        .ok()
        .filter(|weight| *weight > 0);
    weight.ok_or_else(|| {
        Problem::new(
            raw.span(),
            "a weight is a whole number from 1 to 4294967295",
        )
    })
}

fn header(raw: &Spanned<String>) -> Result<Field, Problem> {
    Field::parse(raw.get_ref()).ok_or_else(|| Problem::new(raw.span(), "a header is 'Name: value'"))
}
