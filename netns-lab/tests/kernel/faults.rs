//! What goes wrong: commands that are killed, guests that are none, machines that lack something.

mod fake;
mod family;
mod host;
mod kill;
mod missing;
mod ordinary_user;
mod running;
mod wait;
mod waiting;
mod without_namespaces;

pub use host::Network;

use crate::skip::Test;

pub fn tests() -> Vec<Test> {
    [
        kill::tests(),
        waiting::tests(),
        fake::tests(),
        missing::tests(),
        host::tests(),
        ordinary_user::tests(),
        without_namespaces::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
