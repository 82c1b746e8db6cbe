//! Which engine a run gets, and why the others are passed over.

use std::fmt;
use std::path::Path;

use super::kernel;
use super::package::{FetchProgress, PackageError};
use super::{Engine, EngineName, Native, Uml, Unfit};

/// What the user asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The first that works: native, then uml.
    Any,
    /// This one or none.
    Only(EngineName),
}

/// An engine that was considered and why it was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Which.
    pub engine: EngineName,
    /// Why, for people.
    pub reason: String,
}

/// The engine of a run.
pub struct Chosen {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// Those considered before it.
    pub passed_over: Vec<PassedOver>,
}

/// No engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// The running kernel was asked for and cannot do it.
    #[error("engine native is not to be had: {0}")]
    Native(Unfit),
    /// There is no guest kernel.
    #[error("engine uml is not to be had{}", AsFor(passed_over))]
    Uml {
        /// Those considered before it.
        passed_over: Vec<PassedOver>,
        /// Why there is none.
        source: PackageError,
    },
}

/// The other engines that a message should not leave out.
struct AsFor<'a>(&'a [PassedOver]);

impl fmt::Display for AsFor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let other = |PassedOver { engine, reason }: &_| write!(f, " (nor is {engine}: {reason})");
        self.0.iter().try_for_each(other)
    }
}

/// Chooses the engine; fetches the guest kernel if there is none yet.
///
/// `kernel` is the user's own user-mode Linux executable.
pub fn choose(
    wanted: &Wanted,
    kernel: Option<&Path>,
    progress: &mut FetchProgress<'_>,
) -> Result<Chosen, ChooseError> {
    let mut passed_over = Vec::new();
    let may_be_native = match wanted {
        Wanted::Only(engine) => *engine == EngineName::Native,
        // Who names a guest kernel wants a guest.
        Wanted::Any => kernel.is_none(),
    };
    if may_be_native {
        match (Native::probe(), wanted) {
            (Ok(native), _) => {
                return Ok(Chosen {
                    engine: Box::new(native),
                    passed_over,
                });
            }
            (Err(unfit), Wanted::Only(_)) => return Err(ChooseError::Native(unfit)),
            (Err(unfit), Wanted::Any) => passed_over.push(PassedOver {
                engine: EngineName::Native,
                reason: unfit.to_string(),
            }),
        }
    }
    match kernel::find_or_fetch(kernel, progress) {
        Ok((kernel, source)) => Ok(Chosen {
            engine: Box::new(Uml::new(kernel, source)),
            passed_over,
        }),
        Err(source) => Err(ChooseError::Uml {
            passed_over,
            source,
        }),
    }
}
