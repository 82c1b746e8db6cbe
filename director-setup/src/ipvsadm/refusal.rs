//! Errors of the kernel in the words of the original.

use nix::errno::Errno;

use crate::{Change, Error, Operation};

/// What the original says of an error; where that is unclear, what is known better.
///
/// The texts that scripts may look for are those of `ipvs_strerror` in libipvs 1.31.
pub(super) fn explain(error: &Error) -> String {
    let Error::Refused { operation, errno } = error else {
        return error.to_string();
    };
    if let Some(known) = known(operation, *errno) {
        return known.to_owned();
    }
    match errno {
        Errno::EPERM => "Permission denied (you must be root)".to_owned(),
        // The original only guesses here: wrong module version, address not unicast, ...
        Errno::EINVAL => format!("Invalid operation: {error}"),
        Errno::ENOMEM => "Memory allocation problem".to_owned(),
        Errno::EAFNOSUPPORT => "Operation not supported with specified address family".to_owned(),
        Errno::ERANGE => format!("Numerical result out of range: {error}"),
        errno => errno.desc().to_owned(),
    }
}

fn known(operation: &Operation, errno: Errno) -> Option<&'static str> {
    let Operation::Change(change) = operation else {
        return (errno == Errno::ESRCH).then_some("No such service");
    };
    Some(match (change, errno) {
        (Change::AddService { .. }, Errno::EEXIST) => "Service already exists",
        (Change::AddService { .. } | Change::EditService { .. }, Errno::ENOENT) => {
            "Scheduler or persistence engine not found"
        }
        (
            Change::EditService { .. } | Change::DeleteService { .. } | Change::Zero { .. },
            Errno::ESRCH,
        ) => "No such service",
        (
            Change::AddServer { .. } | Change::EditServer { .. } | Change::DeleteServer { .. },
            Errno::ESRCH,
        ) => "Service not defined",
        (Change::AddServer { .. }, Errno::EEXIST) => "Destination already exists",
        (Change::EditServer { .. } | Change::DeleteServer { .. }, Errno::ENOENT) => {
            "No such destination"
        }
        (Change::StartDaemon { .. }, Errno::EEXIST) => "Daemon has already run",
        (Change::StopDaemon { .. }, Errno::ESRCH) => "No daemon is running",
        _ => return None,
    })
}

/// Why IPVS is out of reach, before anything was asked for.
pub(super) fn no_start(error: &Error) -> String {
    let reason = match error {
        Error::NoIpvs => "Protocol not available".to_owned(),
        error => explain(error),
    };
    format!("Can't initialize ipvs: {reason} ({error})")
}
