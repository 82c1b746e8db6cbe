//! The progress bar.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use loadgen::{Plan, Progress};

const REFRESH: Duration = Duration::from_millis(200);
const STYLE: &str = "{bar:40} {pos}/{len} requests, {per_sec}, {msg}";

/// Completes `load` and shows its progress on stderr meanwhile, if `visible`.
pub(crate) async fn beside<F: Future>(
    load: F,
    plan: &Plan,
    progress: &Progress,
    visible: bool,
) -> F::Output {
    if !visible {
        return load.await;
    }
    let bar = ProgressBar::new(plan.requests);
    bar.set_style(ProgressStyle::with_template(STYLE).expect("the template is well formed"));
    let mut load = pin!(load);
    let mut refresh = tokio::time::interval(REFRESH);
    let output = loop {
        tokio::select! {
            output = &mut load => break output,
            _ = refresh.tick() => show(&bar, progress),
        }
    };
    bar.finish_and_clear();
    output
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_message(format!("{} failed", progress.failed()));
    bar.set_position(progress.completed() + progress.failed());
}
