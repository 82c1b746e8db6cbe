//! Walking a plan.

use super::drain::Draining;
use super::{Plan, Step, Stopped};
use crate::{Change, Client, Error, RealServerEntry, ServiceKey};

/// What a plan is carried out on: the kernel, or a model of it.
pub trait Director {
    /// Carries out one change.
    ///
    /// # Errors
    ///
    /// It was refused.
    fn carry_out(&mut self, change: &Change) -> Result<(), Error>;

    /// The real servers of a service with their connections.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    fn servers(&mut self, key: &ServiceKey) -> Result<Vec<RealServerEntry>, Error>;
}

impl Director for Client {
    fn carry_out(&mut self, change: &Change) -> Result<(), Error> {
        self.carry_out(change)
    }

    fn servers(&mut self, key: &ServiceKey) -> Result<Vec<RealServerEntry>, Error> {
        self.servers(key)
    }
}

/// Somebody who wants to know how far a plan is.
pub trait Observer {
    /// A step has been taken.
    fn done(&mut self, _step: &Step) {}
    /// Connections are being waited for.
    fn draining(&mut self, _progress: &Draining) {}
    /// The wait is over: no connection is open, or the deadline has passed.
    fn drained(&mut self, _progress: &Draining) {}
}

/// Nobody.
impl Observer for () {}

impl Plan {
    /// Takes the steps one after the other, and stops where one is refused.
    ///
    /// If this program is ended between two steps, what was done stays done. A new plan goes on
    /// from there.
    ///
    /// # Errors
    ///
    /// What was done, what was not, and why not.
    pub fn carry_out(
        &self,
        director: &mut impl Director,
        observer: &mut impl Observer,
    ) -> Result<(), Stopped> {
        for (place, step) in self.steps.iter().enumerate() {
            self.take(place, step, director, observer)
                .map_err(|source| Stopped {
                    done: self.steps[..place].to_vec(),
                    left: self.steps[place..].to_vec(),
                    source,
                })?;
            observer.done(step);
        }
        Ok(())
    }

    fn take(
        &self,
        place: usize,
        step: &Step,
        director: &mut impl Director,
        observer: &mut impl Observer,
    ) -> Result<(), Error> {
        if let Some(wait) = self.wait.as_ref().filter(|wait| wait.before == place) {
            wait.pass(director, observer)?;
        }
        director.carry_out(&step.change)
    }
}
