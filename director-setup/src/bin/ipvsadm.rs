//! The drop-in alone: the same as `director-setup ipvsadm`, in a smaller program that starts
//! faster. `RUST_LOG` is not looked at.

use std::process::ExitCode;

use director_setup::ipvsadm;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_default();
    ipvsadm::main(&program, words)
}
