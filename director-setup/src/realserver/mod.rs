//! What a real server of direct routing or tunnelling needs on its own host: the VIP on an interface
//! that nobody asks about it, and settings that keep it silent.
//!
//! [`needs`] says what, [`observe`] looks at what is there, [`plan`] is the pure way from one to
//! the other and back, [`state`] remembers what was there before, and [`host`] carries out.

pub mod host;
pub mod needs;
pub mod observe;
pub mod plan;
pub mod show;
pub mod state;
pub mod step;

mod error;
mod method;
mod notes;
mod work;

pub use error::RealServerError;
pub use method::{Method, Tunnel, UnknownMethod, Vip};
pub use notes::notes;
pub use work::{Done, Purpose, apply, show, undo};
