//! The headers of a request, in ab's order.

use std::str::FromStr;

use hyper::header::{HeaderName, HeaderValue};

use super::{Credential, Options};

/// A header as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As spelt; valid as a token.
    pub name: String,
    /// Without blanks around it, and without line ends.
    pub value: String,
}

impl Field {
    /// Reads `Name: value`; nothing if a header cannot be so.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, value) = line.split_once(':')?;
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        HeaderName::from_str(name).ok()?;
        HeaderValue::from_bytes(value.as_bytes()).ok()?;
        Some(Self::new(name, value))
    }

    fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            value: value.into(),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Options {
    /// The headers that ab sends for these options, in its order: cookies, credentials, the body's
    /// length (in bytes) and type, those of `-H`, then `Host`, `User-Agent` and `Accept` unless
    /// they are among them. `Host` stands in ab's place even if `-H` gives its value. `Connection`
    /// is not among them: it depends on the version of HTTP that is spoken.
    ///
    /// Every `-C` gives a header; ab sends the last one only.
    pub fn header_fields(&self, body_length: Option<u64>) -> Vec<Field> {
        let mut fields: Vec<_> = self
            .cookies
            .iter()
            .map(|value| Field::new("Cookie", value))
            .collect();
        fields.extend(self.credentials.iter().map(credential));
        if let Some((length, body)) = body_length.zip(self.body.as_ref()) {
            fields.push(Field::new("Content-length", length.to_string()));
            fields.push(Field::new("Content-type", &body.content_type));
        }
        let (host, others): (Vec<_>, Vec<_>) = self
            .fields
            .iter()
            .cloned()
            .partition(|field| field.is("Host"));
        let given = |name: &str| others.iter().any(|field| field.is(name));
        let (agent, accept) = (given("User-Agent"), given("Accept"));
        fields.extend(others);
        let host = host.into_iter().next_back().map(|field| field.value);
        fields.push(Field::new(
            "Host",
            host.unwrap_or_else(|| self.target.authority()),
        ));
        if !agent {
            let version = env!("CARGO_PKG_VERSION");
            fields.push(Field::new("User-Agent", format!("loadgen/{version}")));
        }
        if !accept {
            fields.push(Field::new("Accept", "*/*"));
        }
        fields
    }
}

fn credential(credential: &Credential) -> Field {
    match credential {
        Credential::Server(encoded) => Field::new("Authorization", format!("Basic {encoded}")),
        Credential::Proxy(encoded) => Field::new("Proxy-Authorization", format!("Basic {encoded}")),
    }
}
