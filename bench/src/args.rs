//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::cell::{Load, Mode};
use crate::client::ClientName;
use crate::server::ServerName;

/// Measures what a request costs loadgen and its peers, and backend and nginx.
///
/// Every round runs every client against every server, in shuffled order, the client on one core and
/// the server on another. The tables are Markdown; progress is on stderr.
#[derive(Debug, Parser)]
#[command(version, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// How often each client meets each server
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Connections at a time
    #[arg(long, value_delimiter = ',', default_value = "64,1000",
          value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub(crate) connections: Vec<u32>,
    /// Many requests on a connection, or one
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "keep-alive,close"
    )]
    pub(crate) mode: Vec<Mode>,
    /// Whom to send to
    #[arg(
        long = "server",
        value_enum,
        value_delimiter = ',',
        default_value = "canned,nginx,backend"
    )]
    pub(crate) servers: Vec<ServerName>,
    /// Who sends [default: all, with --quick loadgen,ab,wrk]
    #[arg(long, value_enum, value_delimiter = ',')]
    clients: Vec<ClientName>,
    /// Requests of a sample with keep-alive, a tenth of it with a connection per request; wrk takes a
    /// second, in which it sends about as many [default: 150000, with --quick 50000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// At most three rounds of three clients and a tenth of the requests for loadgen's memory: a minute
    #[arg(long)]
    pub(crate) quick: bool,
    /// Leave out the table of loadgen's memory
    #[arg(long)]
    pub(crate) no_memory: bool,
    /// Write every sample to a file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
}

/// What the comparison starts of itself, each as a process of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// Become a program, on one core
    #[command(hide = true)]
    Pinned {
        core: usize,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Run a program on one core and say what it took
    #[command(hide = true)]
    Measured {
        core: usize,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// The server that answers at once
    #[command(hide = true)]
    Canned { addresses: Vec<SocketAddr> },
    /// The client that does nothing else
    #[command(hide = true)]
    Bare(Load),
}

impl Args {
    pub(crate) fn rounds(&self) -> u32 {
        if self.quick {
            self.rounds.min(3)
        } else {
            self.rounds
        }
    }

    pub(crate) fn clients(&self) -> Vec<ClientName> {
        match (self.clients.is_empty(), self.quick) {
            (false, _) => self.clients.clone(),
            (true, true) => vec![ClientName::Loadgen, ClientName::Ab, ClientName::Wrk],
            (true, false) => ClientName::ALL.to_vec(),
        }
    }

    /// The requests of one sample; every connection has at least one.
    pub(crate) fn requests(&self, mode: Mode, connections: u32) -> u64 {
        let kept = self
            .requests
            .unwrap_or(if self.quick { 50_000 } else { 150_000 });
        let requests = match mode {
            Mode::KeepAlive => kept,
            Mode::Close => kept / 10,
        };
        requests.max(connections.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Args {
        Args::try_parse_from(text.split_whitespace()).expect("these are arguments")
    }

    #[test]
    fn a_connection_per_request_has_a_tenth_of_the_requests_but_one_for_each_connection() {
        let args = args("bench --requests 1000");
        assert_eq!(args.requests(Mode::KeepAlive, 64), 1000);
        assert_eq!(args.requests(Mode::Close, 64), 100);
        assert_eq!(args.requests(Mode::Close, 500), 500);
    }

    #[test]
    fn lists_are_separated_by_commas() {
        let args =
            args("bench --connections 1,20 --mode close --server nginx,backend --clients ab");
        assert_eq!(args.connections, [1, 20]);
        assert_eq!(args.mode, [Mode::Close]);
        assert_eq!(args.servers, [ServerName::Nginx, ServerName::Backend]);
        assert_eq!(args.clients(), [ClientName::Ab]);
    }

    #[test]
    fn quick_takes_fewer_rounds_and_clients_unless_they_are_named() {
        let quick = args("bench --quick");
        assert_eq!((quick.rounds(), quick.clients().len()), (3, 3));
        let named = args("bench --quick --rounds 2 --clients oha");
        assert_eq!(
            (named.rounds(), named.clients()),
            (2, vec![ClientName::Oha])
        );
        assert_eq!(args("bench").clients(), ClientName::ALL);
    }

    #[test]
    fn a_program_keeps_its_own_options() {
        let Some(Part::Pinned { core, command }) = args("bench pinned 1 ab -k --x").part else {
            panic!("another part");
        };
        assert_eq!(
            (core, command),
            (1, ["ab", "-k", "--x"].map(OsString::from).to_vec())
        );
    }
}
