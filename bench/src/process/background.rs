//! A server: a process that runs beside the comparison.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Program, part};

/// A process that ends when this is dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Background {
    child: Child,
}

impl Background {
    /// Starts it on a core. What it writes to stdout is dropped.
    pub(crate) fn start(core: usize, program: &Program) -> Result<Self> {
        let child = part("pinned", core, program)?
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.path.display()))?;
        Ok(Self { child })
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The CPU time of all its threads so far (`Documentation/scheduler/sched-stats.rst`).
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let directory = format!("/proc/{}/task", self.child.id());
        let threads = fs::read_dir(&directory).context("a server has ended")?;
        let mut sum = Duration::ZERO;
        for thread in threads {
            let text = fs::read_to_string(thread?.path().join("schedstat"))
                .context("the kernel does not tell the CPU time of a thread")?;
            sum += on_cpu(&text).with_context(|| format!("schedstat is {text:?}"))?;
        }
        Ok(sum)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It fails only where the process is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first number of `schedstat`: nanoseconds on a CPU.
fn on_cpu(schedstat: &str) -> Option<Duration> {
    let nanoseconds = schedstat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_of_schedstat_is_the_time_on_a_cpu() {
        assert_eq!(
            on_cpu("540151 41853 3\n"),
            Some(Duration::from_nanos(540_151))
        );
        assert_eq!(on_cpu(""), None);
    }

    #[test]
    fn a_process_that_works_uses_cpu_and_ends_with_its_handle() {
        // Without the part between: the executable of a test has no parts.
        let child = std::process::Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn();
        let background = Background {
            child: child.unwrap(),
        };
        let directory = format!("/proc/{}", background.child.id());
        let before = background.cpu().unwrap();
        while background.cpu().unwrap() == before {
            std::thread::yield_now();
        }
        drop(background);
        assert!(!fs::exists(directory).unwrap());
    }
}
