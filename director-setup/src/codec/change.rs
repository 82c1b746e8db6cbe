//! The request for each change.

use super::message::{Reply, Request};
use super::{EncodeError, daemon, destination, service};
use crate::Change;
use crate::abi::Command;

/// The request that makes the kernel carry out `change`, and acknowledge it.
pub fn encode(change: &Change) -> Result<Request, EncodeError> {
    let request = |command| Request::new(command, Reply::Acknowledgement);
    Ok(match change {
        Change::AddService { service } => {
            request(Command::NewService).service(service::encode(service)?)
        }
        Change::EditService { service } => {
            request(Command::SetService).service(service::encode(service)?)
        }
        Change::DeleteService { key } => {
            request(Command::DelService).service(service::encode_key(key))
        }
        Change::AddServer { key, server } => request(Command::NewDest)
            .service(service::encode_key(key))
            .destination(destination::encode(server)),
        Change::EditServer { key, server } => request(Command::SetDest)
            .service(service::encode_key(key))
            .destination(destination::encode(server)),
        Change::DeleteServer { key, address } => request(Command::DelDest)
            .service(service::encode_key(key))
            .destination(destination::encode_key(address)),
        Change::Zero { key: Some(key) } => request(Command::Zero).service(service::encode_key(key)),
        Change::Zero { key: None } => request(Command::Zero),
        Change::Flush => request(Command::Flush),
        Change::SetTimeouts { timeouts } => request(Command::SetConfig).timeouts(timeouts),
        Change::StartDaemon { daemon } => {
            request(Command::NewDaemon).daemon(daemon::encode(daemon)?)
        }
        Change::StopDaemon { role } => {
            request(Command::DelDaemon).daemon(daemon::encode_role(*role))
        }
    })
}
