//! A guest kernel: what it is given, and what runs in it as its init.

mod executable;
mod extras;
mod image;
mod init;
mod modules;
mod uml;

pub use extras::{ExtraFile, Extras};
pub use init::{INIT, is_init, run as run_init};
pub use uml::{GuestKernel, arguments as uml_arguments, play as play_uml};
