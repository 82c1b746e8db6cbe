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
    print(text.as_bytes())?;
    Ok(if findings.iter().any(|finding| finding.works) {
        exit::PASS
    } else {
        exit::MISSING
    })
}

/// An engine that was looked at.
struct Finding {
    engine: EngineName,
    works: bool,
    state: String,
    /// What mends or improves it.
    remedy: Option<&'static str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let works = if self.works { "yes" } else { "no " };
        writeln!(f, "engine {:7} {works}  {}", self.engine, self.state)?;
        self.remedy
            .map_or(Ok(()), |remedy| writeln!(f, "{:19} -> {remedy}", ""))
    }
}

fn native() -> Finding {
    let engine = EngineName::Native;
    match Native::probe() {
        Ok(native) => Finding {
            engine,
            works: true,
            state: native.description(),
            remedy: None,
        },
        Err(unfit) => {
            let remedy = match unfit {
                Unfit::NotRoot => "run as root to use it, or use a guest",
                _ => "modprobe ip_vs as root, if the kernel was built with it; or use a guest",
            };
            Finding {
                engine,
                works: false,
                state: unfit.to_string(),
                remedy: Some(remedy),
            }
        }
    }
}

fn uml() -> Finding {
    let engine = EngineName::Uml;
    let Some((kernel, source)) = engine::find_kernel() else {
        let state = "user-mode Linux is not here yet".to_owned();
        return Finding {
            engine,
            works: false,
            state,
            remedy: Some(FETCH),
        };
    };
    let guest = Uml::new(kernel, source);
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
    match engine::run(&guest, &[], |_| {}, tell) {
        Ok(()) => Finding {
            engine,
            works: true,
            state,
            remedy: None,
        },
        Err(error) => {
            let state = format!("{state} does not start: {error}");
            Finding {
                engine,
                works: false,
                state,
                remedy: None,
            }
        }
    }
}
