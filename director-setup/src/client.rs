//! The kernel's IPVS as an object.

mod changes;

use std::time::Duration;

use nix::errno::Errno;

use crate::abi::{self, Command, CommandAttribute};
use crate::codec::message::{Reply, Request, nested};
use crate::codec::{
    DecodeError, EncodeError, daemon, destination, family, info, service, timeouts,
};
use crate::error::{Error, Operation};
use crate::socket::{Failure, Socket};
use crate::{Info, RealServerEntry, ServiceEntry, ServiceKey, SyncDaemon, Timeouts};

/// How long the kernel may be silent. It carries out a request while the request is being sent,
/// loading of modules included, so that an answer is there at once.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often a list is read that changes meanwhile.
const ATTEMPTS: u32 = 10;

/// A connection to the IPVS of one network namespace.
///
/// It belongs to the namespace of the thread that called [`Client::connect`] and can then be used
/// from any other. Every operation, the reading ones too, needs `CAP_NET_ADMIN` in the *initial*
/// user namespace; without it the kernel refuses with `EPERM`.
///
/// Each operation waits for the kernel's acknowledgement, and gives up when nothing was heard for
/// 10 seconds.
#[derive(Debug)]
pub struct Client {
    socket: Socket,
    family: u16,
}

impl Client {
    /// Opens a socket in this thread's network namespace and looks for IPVS, which makes the
    /// kernel load its module if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::NoIpvs`] if the kernel has none. A lack of permission shows only in the operations.
    pub fn connect() -> Result<Self, Error> {
        let mut socket = Socket::open(DEADLINE).map_err(|errno| match errno {
            Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT => Error::NoIpvs,
            errno => Error::during(Operation::Connect, errno.into()),
        })?;
        let family = resolve(&mut socket, abi::FAMILY_NAME).map_err(|failure| match failure {
            Failure::Refused(Errno::ENOENT) => Error::NoIpvs,
            failure => Error::during(Operation::Connect, failure),
        })?;
        Ok(Self { socket, family })
    }

    /// The version of IPVS and the size of its connection table.
    pub fn info(&mut self) -> Result<Info, Error> {
        let request = Request::new(Command::GetInfo, Reply::Answer);
        let answers = self.ask(
            Operation::ReadInfo,
            &request,
            Command::SetInfo,
            info::decode,
        )?;
        only(answers).map_err(|source| Error::during(Operation::ReadInfo, source.into()))
    }

    /// Every service of the namespace with its counters, in the kernel's order.
    ///
    /// The kernel resumes a long list by position: a service that is added or deleted meanwhile
    /// can make it skip or repeat another. If the kernel says so, the list is read again.
    pub fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let request = Request::new(Command::GetService, Reply::Dump);
        let operation = Operation::ListServices;
        self.ask(operation, &request, Command::NewService, decode_service)
    }

    /// One service with its counters.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with `ESRCH`: no such service.
    pub fn service(&mut self, key: &ServiceKey) -> Result<ServiceEntry, Error> {
        let request =
            Request::new(Command::GetService, Reply::Answer).service(service::encode_key(key));
        let operation = || Operation::ReadService(*key);
        let answers = self.ask(operation(), &request, Command::NewService, decode_service)?;
        only(answers).map_err(|source| Error::during(operation(), source.into()))
    }

    /// The real servers of a service with their counters, in the kernel's order: the last added
    /// first. Of a service that does not exist it is empty, without an error.
    pub fn servers(&mut self, key: &ServiceKey) -> Result<Vec<RealServerEntry>, Error> {
        let request = Request::new(Command::GetDest, Reply::Dump).service(service::encode_key(key));
        let operation = Operation::ListServers(*key);
        self.ask(operation, &request, Command::NewDest, |attributes| {
            let nest = nested(attributes, CommandAttribute::Dest)?;
            destination::decode_entry(nest, key.family())
        })
    }

    /// The connection timeouts.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let request = Request::new(Command::GetConfig, Reply::Answer);
        let operation = || Operation::ReadTimeouts;
        let answers = self.ask(operation(), &request, Command::SetConfig, timeouts::decode)?;
        only(answers).map_err(|source| Error::during(operation(), source.into()))
    }

    /// The synchronisation daemons that are running, at most one of each role.
    pub fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error> {
        let request = Request::new(Command::GetDaemon, Reply::Dump);
        let operation = Operation::ListDaemons;
        self.ask(operation, &request, Command::NewDaemon, |attributes| {
            daemon::decode(nested(attributes, CommandAttribute::Daemon)?)
        })
    }

    /// Sends a request whose answers carry the command byte `expected`; again, if it is for a list
    /// that changed meanwhile.
    fn ask<T>(
        &mut self,
        operation: Operation,
        request: &Request,
        expected: Command,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, Error> {
        for _ in 0..ATTEMPTS {
            tracing::debug!(%operation);
            let mut answers = Vec::new();
            let heard = self.socket.exchange(
                request.reply(),
                |sequence| request.clone().encode(self.family, sequence),
                |command, attributes| {
                    expect_command(expected.into(), command)?;
                    answers.push(decode(attributes)?);
                    Ok(())
                },
            );
            match heard {
                Ok(()) => return Ok(answers),
                Err(Failure::Interrupted) => {}
                Err(failure) => return Err(Error::during(operation, failure)),
            }
        }
        Err(Error::during(operation, Failure::Interrupted))
    }
}

impl Error {
    fn during(operation: Operation, failure: Failure) -> Self {
        let operation = Box::new(operation);
        match failure {
            Failure::Refused(errno) => Self::Refused { operation, errno },
            Failure::Socket(source) => Self::Socket { operation, source },
            Failure::Answer(source) => Self::Answer { operation, source },
            Failure::NoAnswer(waited) => Self::NoAnswer { operation, waited },
            Failure::Interrupted => Self::Interrupted {
                operation,
                attempts: ATTEMPTS,
            },
        }
    }

    fn before(operation: Operation, source: EncodeError) -> Self {
        let operation = Box::new(operation);
        Self::Request { operation, source }
    }
}

/// The number of a generic netlink family.
fn resolve(socket: &mut Socket, name: &str) -> Result<u16, Failure> {
    let mut numbers = Vec::new();
    socket.exchange(
        Reply::Answer,
        |sequence| family::encode_request_for(name, sequence),
        |command, attributes| {
            expect_command(family::ANSWER, command)?;
            numbers.push(family::decode(attributes)?);
            Ok(())
        },
    )?;
    Ok(only(numbers)?)
}

fn decode_service(attributes: &[u8]) -> Result<ServiceEntry, DecodeError> {
    service::decode_entry(nested(attributes, CommandAttribute::Service)?)
}

fn expect_command(expected: u8, found: u8) -> Result<(), DecodeError> {
    if expected == found {
        Ok(())
    } else {
        Err(DecodeError::Command { expected, found })
    }
}

/// The one answer to a question that has one.
fn only<T>(answers: Vec<T>) -> Result<T, DecodeError> {
    answers.into_iter().next().ok_or(DecodeError::Empty)
}

/// Generic netlink's own family, which every kernel has and everybody may ask, stands in for IPVS.
#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: u16 = 16;
    const GET_FAMILY: u8 = 3;

    fn list_families(socket: &mut Socket) -> Result<Vec<u16>, Failure> {
        let mut numbers = Vec::new();
        let request = Request::new(Command::from(GET_FAMILY), Reply::Dump);
        socket.exchange(
            Reply::Dump,
            |sequence| request.encode(CONTROL, sequence),
            |_, attributes| {
                numbers.push(family::decode(attributes)?);
                Ok(())
            },
        )?;
        Ok(numbers)
    }

    #[test]
    fn a_family_is_resolved_and_listed_by_the_running_kernel() {
        let mut socket = Socket::open(DEADLINE).expect("everybody may open one");
        assert_eq!(
            resolve(&mut socket, "nlctrl").expect("it is there"),
            CONTROL
        );
        let families = list_families(&mut socket).expect("everybody may list");
        assert!(families.contains(&CONTROL), "{families:?}");
    }

    #[test]
    fn a_socket_can_be_used_on_after_a_refusal_and_after_an_unreadable_answer() {
        let mut socket = Socket::open(DEADLINE).expect("everybody may open one");
        let refusal = resolve(&mut socket, "nobody").expect_err("no such family");
        assert!(
            matches!(refusal, Failure::Refused(Errno::ENOENT)),
            "{refusal:?}"
        );

        let request = Request::new(Command::from(GET_FAMILY), Reply::Dump);
        let unread = socket
            .exchange(
                Reply::Dump,
                |sequence| request.encode(CONTROL, sequence),
                |_, _| Err(DecodeError::Empty),
            )
            .expect_err("the reader failed");
        assert!(
            matches!(unread, Failure::Answer(DecodeError::Empty)),
            "{unread:?}"
        );
        list_families(&mut socket).expect("the list before was heard to its end");
    }
}
