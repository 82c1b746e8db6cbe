//! The command line as it is meant: every mistake is found here, before anything listens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use backend::behaviour::{Behaviour, BehaviourError, Key};
use backend::udp::Strangers;
use backend::{Configuration, RealServer, UnusableName};
use thiserror::Error;

use crate::args::{Args, Engine};

/// What is to be started.
pub(crate) struct Plan {
    pub(crate) servers: Vec<Planned>,
    pub(crate) strangers: Strangers,
    pub(crate) drain: Duration,
}

/// One server and its sockets.
pub(crate) struct Planned {
    pub(crate) server: Arc<RealServer>,
    pub(crate) listeners: Vec<SocketAddr>,
    pub(crate) echoes: Vec<SocketAddr>,
}

/// A mistake on the command line.
#[derive(Debug, Error)]
pub(crate) enum Mistake {
    #[error(transparent)]
    Name(#[from] UnusableName),
    #[error("--{0}")]
    Behaviour(#[from] BehaviourError),
    #[error("--server {0:?} names no address: write NAME=ADDR:PORT, such as rs1=127.0.0.1:8080")]
    Server(String),
    #[error(
        "--{option} {typed:?}: {address:?} is no address: write ADDR:PORT, such as 127.0.0.1:8080"
    )]
    Address {
        option: &'static str,
        typed: String,
        address: String,
    },
    #[error("two servers are named {0}: give each a name of its own")]
    SameName(String),
    #[error("{0} is to be listened on twice: give each listener a port of its own")]
    SameAddress(SocketAddr),
    #[error("server {0} has no listener: add --listen ADDR:PORT or --udp ADDR:PORT")]
    NoListener(String),
    #[error("--{option} {typed:?}: there is no server {name}: there are {known}")]
    Unknown {
        option: &'static str,
        typed: String,
        name: String,
        known: String,
    },
    #[error("--udp {0:?}: which of the servers is it? Write NAME=ADDR:PORT")]
    Whose(String),
    #[error("--{} is given twice for {whom}: give it once", .key.name())]
    Twice { key: Key, whom: String },
}

struct Draft {
    name: String,
    listeners: Vec<SocketAddr>,
    echoes: Vec<SocketAddr>,
    behaviour: Behaviour,
}

impl Plan {
    pub(crate) fn of(args: &Args) -> Result<Self, Mistake> {
        let mut drafts = named(args)?;
        for typed in &args.udp {
            let (index, address) = owner(&drafts, typed)?;
            drafts[index].echoes.push(address);
        }
        check_sockets(&drafts)?;
        for key in Key::ALL {
            set(&mut drafts, key, args.behaviour.typed(key))?;
        }
        Ok(Self {
            servers: drafts
                .into_iter()
                .map(|draft| draft.build(args))
                .collect::<Result<_, _>>()?,
            strangers: if args.udp_name_all {
                Strangers::Named
            } else {
                Strangers::Unchanged
            },
            drain: args.drain,
        })
    }
}

impl Draft {
    fn new(name: &str, listeners: Vec<SocketAddr>) -> Self {
        Self {
            name: name.to_owned(),
            listeners,
            echoes: Vec::new(),
            behaviour: Behaviour::default(),
        }
    }

    fn build(self, args: &Args) -> Result<Planned, Mistake> {
        let configuration = Configuration {
            behaviour: self.behaviour,
            seed: args.seed,
            engine: match args.engine {
                Engine::Lean => backend::Engine::Lean,
                Engine::Hyper => backend::Engine::Hyper,
            },
        };
        Ok(Planned {
            server: RealServer::configured(&self.name, configuration)?,
            listeners: self.listeners,
            echoes: self.echoes,
        })
    }
}

/// The server of `--name`, then those of `--server`.
fn named(args: &Args) -> Result<Vec<Draft>, Mistake> {
    let mut drafts = Vec::new();
    if let Some(name) = &args.name {
        drafts.push(Draft::new(name, args.listen.clone()));
    }
    for typed in &args.server {
        let no_address = || Mistake::Server(typed.clone());
        let (name, addresses) = typed.split_once('=').ok_or_else(no_address)?;
        let addresses = addresses
            .split(',')
            .map(|text| address("server", typed, text));
        let draft = Draft::new(name, addresses.collect::<Result<_, _>>()?);
        if drafts.iter().any(|other| other.name == draft.name) {
            return Err(Mistake::SameName(draft.name));
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

fn address(option: &'static str, typed: &str, text: &str) -> Result<SocketAddr, Mistake> {
    text.parse().map_err(|_| Mistake::Address {
        option,
        typed: typed.to_owned(),
        address: text.to_owned(),
    })
}

/// The server that an echo belongs to, by its index, and the echo's address.
fn owner(drafts: &[Draft], typed: &str) -> Result<(usize, SocketAddr), Mistake> {
    match typed.split_once('=') {
        Some((name, text)) => Ok((
            find(drafts, "udp", typed, name)?,
            address("udp", typed, text)?,
        )),
        None if drafts.len() == 1 => Ok((0, address("udp", typed, typed)?)),
        None => Err(Mistake::Whose(typed.to_owned())),
    }
}

fn find(drafts: &[Draft], option: &'static str, typed: &str, name: &str) -> Result<usize, Mistake> {
    drafts
        .iter()
        .position(|draft| draft.name == name)
        .ok_or_else(|| {
            let known: Vec<_> = drafts.iter().map(|draft| draft.name.as_str()).collect();
            Mistake::Unknown {
                option,
                typed: typed.to_owned(),
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
}

/// Every server has a socket, and every socket a port of its own; port 0 is any.
fn check_sockets(drafts: &[Draft]) -> Result<(), Mistake> {
    if let Some(idle) = drafts
        .iter()
        .find(|d| d.listeners.is_empty() && d.echoes.is_empty())
    {
        return Err(Mistake::NoListener(idle.name.clone()));
    }
    for kind in [
        |draft: &Draft| draft.listeners.clone(),
        |draft: &Draft| draft.echoes.clone(),
    ] {
        let mut addresses: Vec<_> = drafts.iter().flat_map(kind).collect();
        addresses.sort_unstable();
        let twice = addresses
            .windows(2)
            .find(|pair| pair[0] == pair[1] && pair[0].port() != 0);
        if let Some(pair) = twice {
            return Err(Mistake::SameAddress(pair[0]));
        }
    }
    Ok(())
}

/// Sets a key for every server, then for those that are named.
fn set(drafts: &mut [Draft], key: Key, typed: &[String]) -> Result<(), Mistake> {
    let (of_some, of_all): (Vec<_>, Vec<_>) = typed.iter().partition(|typed| typed.contains('='));
    let twice = |whom: &str| Mistake::Twice {
        key,
        whom: whom.to_owned(),
    };
    if of_all.len() > 1 {
        return Err(twice("every server"));
    }
    for value in of_all {
        for draft in &mut *drafts {
            draft.behaviour.set(key, value)?;
        }
    }
    let mut seen = Vec::new();
    for typed in of_some {
        let (name, value) = typed.split_once('=').unwrap_or(("", typed));
        let index = find(drafts, key.name(), typed, name)?;
        if seen.contains(&index) {
            return Err(twice(name));
        }
        seen.push(index);
        drafts[index].behaviour.set(key, value)?;
    }
    Ok(())
}
