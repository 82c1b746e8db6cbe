//! `netns-lab check`

use std::fmt;

use super::{Failure, print};
use crate::engine::{self, Engine, EngineName, Native, Told, Uml, Unfit};
use crate::exit;

const FETCH: &str = "netns-lab run fetches it from Debian, without installing anything";

/// Prints what this machine offers; the exit code says whether experiments can run.
///
/// A guest is found fit by booting it, never by looking at files.
pub fn check() -> Result<u8, Failure> {
    let findings = [native(), uml()];
    let text: String = findings.iter().map(Finding::to_string).collect();
    print(&text)?;
    let usable = |finding: &Finding| finding.works != Works::No;
    Ok(if findings.iter().any(usable) {
        exit::PASS
    } else {
        exit::MISSING
    })
}

/// Whether an engine can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Works {
    Yes,
    /// Once it is fetched, which a run does.
    OnceFetched,
    No,
}

/// An engine that was looked at.
struct Finding {
    engine: EngineName,
    works: Works,
    state: String,
    /// What mends or improves it.
    remedy: Option<&'static str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let works = match self.works {
            Works::Yes => "yes",
            Works::OnceFetched => "not yet",
            Works::No => "no",
        };
        writeln!(f, "engine {:7} {works:8} {}", self.engine, self.state)?;
        self.remedy
            .map_or(Ok(()), |remedy| writeln!(f, "{:23} -> {remedy}", ""))
    }
}

fn native() -> Finding {
    let engine = EngineName::Native;
    let (works, state, remedy) = match Native::probe() {
        Ok(native) => (Works::Yes, native.description(), None),
        Err(unfit) => {
            let remedy = match unfit {
                Unfit::NotRoot => "run as root to use it, or use a guest",
                _ => "modprobe ip_vs as root, if the kernel was built with it; or use a guest",
            };
            (Works::No, unfit.to_string(), Some(remedy))
        }
    };
    Finding {
        engine,
        works,
        state,
        remedy,
    }
}

fn uml() -> Finding {
    let (works, state, remedy) = match engine::find_kernel(None) {
        Ok(Some((kernel, source))) => boot(&Uml::new(kernel, source)),
        Ok(None) => (
            Works::OnceFetched,
            "user-mode Linux is not here yet".to_owned(),
            Some(FETCH),
        ),
        Err(error) => (Works::No, error.to_string(), None),
    };
    Finding {
        engine: EngineName::Uml,
        works,
        state,
        remedy,
    }
}

fn boot(guest: &Uml) -> (Works, String, Option<&'static str>) {
    let mut state = guest.description();
    let tell = |told| {
        if let Told::Up(hello, after) = told {
            state = format!(
                "{state}, kernel {} up in {:.1} s",
                hello.kernel,
                after.as_secs_f64()
            );
        }
    };
    match engine::run(guest, &[], |_| {}, tell) {
        Ok(()) => (Works::Yes, state, None),
        Err(error) => (Works::No, format!("{state}: {error}"), None),
    }
}
