//! A guest kernel: what it is given, and what runs in it as its init.

mod executable;
mod image;
mod init;
mod modules;
mod uml;

pub use init::{INIT, is_init, run as run_init};
pub use uml::{GuestKernel, play as play_uml};
