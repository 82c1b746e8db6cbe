//! What is kept of a response.

use hyper::header::HeaderName;

use super::response::Witness;
use crate::expect::BodyCheck;

/// A response, as far as the load wants to know it. A worker has one, and reuses it.
pub(crate) struct Answer {
    /// The header whose value is kept.
    wanted: Option<HeaderName>,
    /// Whether the header `Server` is kept.
    pub(crate) wants_server: bool,
    pub(crate) status: u16,
    pub(crate) body_bytes: u64,
    value: Vec<u8>,
    has_value: bool,
    pub(crate) server: Option<String>,
    pub(crate) check: Option<BodyCheck>,
}

impl Answer {
    pub(crate) fn new(wanted: Option<HeaderName>) -> Self {
        Self {
            wanted,
            wants_server: false,
            status: 0,
            body_bytes: 0,
            value: Vec::new(),
            has_value: false,
            server: None,
            check: None,
        }
    }

    /// Forgets the previous response.
    pub(crate) fn clear(&mut self, check: Option<BodyCheck>) {
        self.status = 0;
        self.body_bytes = 0;
        self.has_value = false;
        self.server = None;
        self.check = check;
    }

    /// The value of the wanted header.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        self.has_value.then_some(&self.value)
    }
}

impl Witness for Answer {
    fn status(&mut self, status: u16) {
        self.status = status;
    }

    fn wants_headers(&self) -> bool {
        self.wants_server || self.wanted.is_some()
    }

    fn header(&mut self, name: &str, value: &[u8]) {
        let is_wanted = |wanted: &HeaderName| name.eq_ignore_ascii_case(wanted.as_str());
        if !self.has_value && self.wanted.as_ref().is_some_and(is_wanted) {
            self.value.clear();
            self.value.extend_from_slice(value);
            self.has_value = true;
        }
        if self.wants_server && self.server.is_none() && name.eq_ignore_ascii_case("server") {
            self.server = Some(String::from_utf8_lossy(value).into_owned());
        }
    }

    fn body(&mut self, piece: &[u8]) {
        self.body_bytes += piece.len() as u64;
        if let Some(check) = &mut self.check {
            check.see(piece);
        }
    }
}
