//! What the workers of one run share: the plan, the budget, and the report that they fill.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use tokio::time::Instant;

use crate::budget::Budget;
use crate::cause::Cause;
use crate::connection::{Answer, Connection};
use crate::source::Turns;
use crate::trace::Trace;
use crate::{ConnectionMode, ErrorClass, Expect, Plan, Progress, Report, StopReason};

const SOFTWARE: HeaderValue =
    HeaderValue::from_static(concat!("loadgen/", env!("CARGO_PKG_VERSION")));

pub(crate) struct Load<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) budget: Budget,
    sources: Turns<'a>,
    progress: &'a Progress,
    report: RefCell<Report>,
    uri: Uri,
    headers: HeaderMap,
}

impl<'a> Load<'a> {
    pub(crate) fn new(plan: &'a Plan, progress: &'a Progress) -> Self {
        Self {
            plan,
            budget: Budget::new(plan.requests),
            sources: Turns::new(plan.source.as_ref()),
            progress,
            report: RefCell::new(Report::default()),
            uri: Uri::from(plan.target.path.clone()),
            headers: headers(plan),
        }
    }

    pub(crate) fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    pub(crate) async fn connect(&self, trace: &Rc<Trace>) -> Result<Connection, Cause> {
        self.report().connections_attempted += 1;
        let connection =
            Connection::open(self.sources.connect(self.plan.target.address), trace).await?;
        self.report().connections_opened += 1;
        Ok(connection)
    }

    /// Counts a complete response to a request that began at `started`.
    pub(crate) fn answered(&self, started: Instant, answer: &Answer) {
        self.report()
            .count_server(self.plan.by_header.as_ref(), answer);
        if self.plan.expect == Expect::Success && !answer.status.is_success() {
            return self.failed(ErrorClass::BadStatus);
        }
        self.report()
            .count_completed(started.elapsed(), answer.body_bytes);
        self.progress.add_completed();
    }

    pub(crate) fn failed(&self, class: ErrorClass) {
        self.progress.add_failed();
        let failed = self.report().count_failed(class);
        if self.plan.give_up_after.is_some_and(|limit| failed >= limit) {
            self.budget.stop(StopReason::GaveUp);
        }
    }

    /// The live report. Never to be held over an `await`.
    pub(crate) fn report(&self) -> RefMut<'_, Report> {
        self.report.borrow_mut()
    }

    /// The counts, with what only the end can tell.
    pub(crate) fn into_report(self, started: Instant, bytes_in: u64) -> Report {
        let mut report = self.report.into_inner();
        report.elapsed = started.elapsed();
        report.bytes_in = bytes_in;
        let sent = self.plan.requests - self.budget.left();
        report.unfinished = sent - report.completed - report.failed;
        let all_done = self.budget.left() == 0 && report.unfinished == 0;
        report.stopped_early = self.budget.stop_reason().filter(|_| !all_done);
        report
    }
}

/// The headers of every request.
fn headers(plan: &Plan) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    if let Ok(host) = HeaderValue::from_str(plan.target.authority.as_str()) {
        headers.insert(HOST, host);
    }
    headers.insert(USER_AGENT, SOFTWARE);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if plan.connections == ConnectionMode::PerRequest {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    // Of a name, `extend` replaces what is there and keeps what is repeated.
    headers.extend(plan.headers.clone());
    headers
}
