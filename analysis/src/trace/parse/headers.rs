//! The lines of a trace's header.

use std::net::{Ipv4Addr, SocketAddr};

use director_setup::{Netmask, Persistence, Protocol, Scheduler, ServiceFlags};

use super::super::header::FLAGS;
use super::super::words::Words;
use super::super::{Header, Problem, Target};
use crate::model::{KernelVersion, MaglevTableSize};
use crate::replay::Replies;

/// The lines so far.
#[derive(Default)]
pub(super) struct HeaderLines {
    kernel: Option<String>,
    protocol: Option<Protocol>,
    service: Option<Target>,
    scheduler: Option<Scheduler>,
    /// Indices into [`FLAGS`].
    flags: Option<Vec<usize>>,
    persistence: Option<Persistence>,
    replies: Option<Replies>,
    maglev_table: Option<MaglevTableSize>,
}

/// What may stand in a header.
const LINES: &str = "a line of the header (kernel, protocol, service, scheduler, flags, persistent, \
                     replies, mh-table) or an event, which begins with its time in seconds";
const FLAG: &str = "sh-port, sh-fallback, mh-port, mh-fallback or one-packet";

impl HeaderLines {
    /// Takes the next line; one without words means nothing.
    pub(super) fn take(&mut self, mut words: Words<'_>) -> Result<(), Problem> {
        let Some(name) = words.next() else {
            return Ok(());
        };
        match name {
            "kernel" => once("kernel", &mut self.kernel, release(&mut words)?),
            "protocol" => once("protocol", &mut self.protocol, words.parse("tcp or udp")?),
            "service" => once("service", &mut self.service, target(&mut words)?),
            "scheduler" => {
                let scheduler = words.word("the name of a scheduler, such as wlc")?;
                once("scheduler", &mut self.scheduler, scheduler.into())
            }
            "flags" => once("flags", &mut self.flags, flags(&mut words)?),
            "persistent" => once(
                "persistent",
                &mut self.persistence,
                persistence(&mut words)?,
            ),
            "replies" => once("replies", &mut self.replies, replies(&mut words)?),
            "mh-table" => once(
                "mh-table",
                &mut self.maglev_table,
                maglev_table(&mut words)?,
            ),
            _ => Err(Problem::wrong(name, LINES)),
        }?;
        words.end()
    }

    /// The header, if nothing is missing.
    pub(super) fn finish(self) -> Result<Header, Problem> {
        let scheduler = self.scheduler.ok_or(Problem::NoHeader("scheduler"))?;
        let mut flags = ServiceFlags::NONE;
        for index in self.flags.unwrap_or_default() {
            let named = &FLAGS[index];
            if let Some(owner) = named
                .scheduler
                .as_ref()
                .filter(|_| !named.is_of(&scheduler))
            {
                return Err(Problem::ForeignFlag {
                    flag: named.name,
                    owner: owner.to_string(),
                    scheduler: scheduler.to_string(),
                });
            }
            flags |= named.flag;
        }
        Ok(Header {
            kernel: self.kernel.ok_or(Problem::NoHeader("kernel"))?,
            protocol: self.protocol.ok_or(Problem::NoHeader("protocol"))?,
            target: self.service.ok_or(Problem::NoHeader("service"))?,
            scheduler,
            flags,
            persistence: self.persistence,
            replies: self.replies.unwrap_or(Replies::PassDirector),
            maglev_table: self.maglev_table.unwrap_or_default(),
        })
    }
}

fn once<T>(name: &'static str, place: &mut Option<T>, value: T) -> Result<(), Problem> {
    match place.replace(value) {
        Some(_) => Err(Problem::Repeated(name)),
        None => Ok(()),
    }
}

fn release(words: &mut Words<'_>) -> Result<String, Problem> {
    const RIGHT: &str = "a kernel release as `uname -r` says it, such as 6.1.176";
    let release = words.word(RIGHT)?;
    match release.parse::<KernelVersion>() {
        Ok(_) => Ok(release.to_owned()),
        Err(_) => Err(Problem::wrong(release, RIGHT)),
    }
}

fn target(words: &mut Words<'_>) -> Result<Target, Problem> {
    const RIGHT: &str = "the VIP and port, such as 10.0.0.1:80, or `fwmark` and a number above 0";
    match words.word(RIGHT)? {
        "fwmark" => Ok(Target::FirewallMark(words.parse("a number above 0")?)),
        word => match word.parse::<SocketAddr>() {
            Ok(address) => Ok(Target::Address(address)),
            Err(_) => Err(Problem::wrong(word, RIGHT)),
        },
    }
}

fn flags(words: &mut Words<'_>) -> Result<Vec<usize>, Problem> {
    let mut flags = Vec::new();
    let mut word = words.word(FLAG)?;
    loop {
        let index = FLAGS.iter().position(|known| known.name == word);
        flags.push(index.ok_or_else(|| Problem::wrong(word, FLAG))?);
        match words.next() {
            Some(next) => word = next,
            None => return Ok(flags),
        }
    }
}

fn persistence(words: &mut Words<'_>) -> Result<Persistence, Problem> {
    const SECONDS: &str = "the seconds of persistence, 1 or more";
    const MASK: &str = "a netmask such as 255.255.255.0, or for IPv6 a length from 1 to 128";
    let timeout: std::num::NonZeroU32 = words.parse(SECONDS)?;
    let netmask = match words.next() {
        None => Netmask::Ipv4(Ipv4Addr::BROADCAST),
        Some("netmask") => {
            let word = words.word(MASK)?;
            let length = || {
                word.parse()
                    .ok()
                    .filter(|length| (1..=128).contains(length))
            };
            match word.parse() {
                Ok(mask) => Netmask::Ipv4(mask),
                Err(_) => Netmask::Ipv6(length().ok_or_else(|| Problem::wrong(word, MASK))?),
            }
        }
        Some(word) => return Err(Problem::wrong(word, "`netmask`")),
    };
    Ok(Persistence {
        timeout_seconds: timeout.get(),
        netmask,
    })
}

fn replies(words: &mut Words<'_>) -> Result<Replies, Problem> {
    const RIGHT: &str = "`pass` (NAT) or `bypass` (DR, TUN)";
    match words.word(RIGHT)? {
        "pass" => Ok(Replies::PassDirector),
        "bypass" => Ok(Replies::BypassDirector),
        word => Err(Problem::wrong(word, RIGHT)),
    }
}

fn maglev_table(words: &mut Words<'_>) -> Result<MaglevTableSize, Problem> {
    const RIGHT: &str = "251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521 or 131071";
    let word = words.word(RIGHT)?;
    let size = word.parse().ok().and_then(MaglevTableSize::of);
    size.ok_or_else(|| Problem::wrong(word, RIGHT))
}
