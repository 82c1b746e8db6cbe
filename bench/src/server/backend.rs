//! Our real server, as it is delivered.

use std::net::SocketAddr;

use crate::executables::Executables;
use crate::process::Program;

pub(super) fn program(executables: &Executables, addresses: &[SocketAddr]) -> Program {
    let mut arguments = vec!["--name".to_owned(), "bench".to_owned()];
    for address in addresses {
        arguments.extend(["--listen".to_owned(), address.to_string()]);
    }
    Program::new(executables.own("backend"), arguments)
}
