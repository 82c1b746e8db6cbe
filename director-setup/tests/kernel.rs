//! The request path against the kernel that runs the tests, whatever it offers.

use director_setup::{Client, Errno, Error};

fn ask_this_kernel() -> Result<director_setup::Info, Error> {
    Client::connect()?.info()
}

#[test]
fn this_kernel_answers_with_its_version_or_the_reason_why_not() {
    match ask_this_kernel() {
        Ok(info) => assert_eq!(info.version.to_string(), "1.2.1"),
        Err(Error::NoIpvs) => eprintln!("this kernel has no IPVS, and said so"),
        Err(error) => assert_eq!(error.errno(), Some(Errno::EPERM), "{error}"),
    }
}

#[test]
fn a_connected_client_can_move_to_another_thread() {
    fn can_move<T: Send + 'static>() {}
    can_move::<Client>();
}
