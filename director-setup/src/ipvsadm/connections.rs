//! The connection table, as `-L -c` lists it.
//!
//! Its source is the kernel's text `/proc/net/ip_vs_conn` (`net/netfilter/ipvs/ip_vs_conn.c`).
//! Where the original goes on with what happens to be in its memory, after a line that lacks
//! fields, this one stops with an error. And it reads a line as a whole where the original, with
//! room for 255 bytes, takes the rest of it for another connection; only the data of a persistence
//! engine can make one so long.

use std::io::{self, BufRead, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::Protocol;

use super::listing::padded;
use super::names::Names;
use super::style::{Columns, Style};

/// Where the kernel tells of its connections.
pub(super) const FILE: &str = "/proc/net/ip_vs_conn";

/// No line is longer; the kernel's longest has about 450 bytes.
const LONGEST_LINE: u64 = 4096;

const TITLE: &str = "\
IPVS connection entries
pro expire state       source             virtual            destination
";
const TITLE_WITH_ENGINE: &str = "\
IPVS connection entries
pro expire state       source             virtual            destination        pe name          \
pe_data
";

/// A listing of connections that broke off. What was written before is part of the output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionsError {
    /// There is not even the line with the names of the fields.
    #[error("unexpected input from {FILE}")]
    Empty,
    /// The table could not be read.
    #[error("cannot read {FILE}: {0}")]
    Input(#[source] io::Error),
    /// A line is not one of a connection.
    #[error("unexpected input from {FILE} in line {number}: {text:?}")]
    Malformed {
        /// Its number, from 1.
        number: usize,
        /// What it says.
        text: String,
    },
    /// The text could not be written.
    #[error("cannot write the listing: {0}")]
    Output(#[from] io::Error),
}

/// Lists the connections that `table` tells of, in its order. Each line is written by itself, so
/// `out` had better have a buffer.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "who calls it has it by reference"
)]
pub(super) fn list(
    mut table: impl BufRead,
    style: &Style,
    names: &mut Names,
    out: &mut impl Write,
) -> Result<(), ConnectionsError> {
    let style = *style;
    let mut line = Vec::new();
    if !read_line(&mut table, &mut line)? {
        return Err(ConnectionsError::Empty);
    }
    let with_engine = style.columns == Columns::PersistentConnections;
    let title = if with_engine {
        TITLE_WITH_ENGINE
    } else {
        TITLE
    };
    out.write_all(title.as_bytes())?;

    let mut text = Vec::new();
    for number in 2.. {
        if !read_line(&mut table, &mut line)? {
            break;
        }
        let connection = parse(&line).ok_or_else(|| ConnectionsError::Malformed {
            number,
            text: String::from_utf8_lossy(line.trim_ascii_end()).into_owned(),
        })?;
        text.clear();
        write_connection(&mut text, &connection, with_engine, style.numeric, names)?;
        out.write_all(&text)?;
    }
    Ok(())
}

/// Reads the next line; the last one need not have an end.
fn read_line(table: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, ConnectionsError> {
    line.clear();
    let mut bounded = table.by_ref().take(LONGEST_LINE);
    let length = bounded
        .read_until(b'\n', line)
        .map_err(ConnectionsError::Input)?;
    Ok(length > 0)
}

/// A line of the table.
struct Connection<'a> {
    protocol: &'a [u8],
    /// The client, the virtual service and the real server.
    source: SocketAddr,
    service: SocketAddr,
    destination: SocketAddr,
    state: &'a [u8],
    expires_seconds: u32,
    /// The name of the persistence engine and its data.
    engine: Option<(&'a [u8], &'a [u8])>,
}

/// `TCP C0A80001 04D2 C0A800FE 0050 0A000002 0050 ESTABLISHED     899`; IPv6 addresses are
/// literal, ports hexadecimal always, and a persistence engine's name and data may follow.
fn parse(line: &[u8]) -> Option<Connection<'_>> {
    let mut fields = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    Some(Connection {
        protocol: fields.next()?,
        source: endpoint(fields.next()?, fields.next()?)?,
        service: endpoint(fields.next()?, fields.next()?)?,
        destination: endpoint(fields.next()?, fields.next()?)?,
        state: fields.next()?,
        expires_seconds: text(fields.next()?)?.parse().ok()?,
        engine: fields.next().zip(fields.next()),
    })
}

fn endpoint(address: &[u8], port: &[u8]) -> Option<SocketAddr> {
    let address = text(address)?;
    let address = match address.parse() {
        Ok(literal) => literal,
        Err(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::from_str_radix(address, 16).ok()?)),
    };
    let port = u16::from_str_radix(text(port)?, 16).ok()?;
    Some(SocketAddr::new(address, port))
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

fn write_connection(
    text: &mut Vec<u8>,
    connection: &Connection<'_>,
    with_engine: bool,
    numeric: bool,
    names: &mut Names,
) -> io::Result<()> {
    let protocol = protocol_of(connection.protocol);
    let mut endpoint =
        |text: &mut Vec<u8>, endpoint| names.write_endpoint(text, endpoint, protocol, numeric);
    cell(text, 3, connection.protocol)?;
    let (minutes, seconds) = (
        connection.expires_seconds / 60,
        connection.expires_seconds % 60,
    );
    padded(text, 6, |text| write!(text, "{minutes:02}:{seconds:02}"))?;
    text.push(b' ');
    cell(text, 11, connection.state)?;
    padded(text, 18, |text| endpoint(text, connection.source))?;
    text.push(b' ');
    padded(text, 18, |text| endpoint(text, connection.service))?;
    text.push(b' ');
    match connection.engine.filter(|_| with_engine) {
        Some((name, data)) => {
            padded(text, 16, |text| endpoint(text, connection.destination))?;
            text.push(b' ');
            cell(text, 18, name)?;
            text.extend(data);
        }
        None => endpoint(text, connection.destination)?,
    }
    text.push(b'\n');
    Ok(())
}

/// Appends a word, padded, and a blank.
fn cell(text: &mut Vec<u8>, width: usize, word: &[u8]) -> io::Result<()> {
    padded(text, width, |text| text.write_all(word))?;
    text.push(b' ');
    Ok(())
}

/// The protocol that names a connection's ports; those of others have no names.
fn protocol_of(word: &[u8]) -> Protocol {
    match word {
        b"TCP" => Protocol::Tcp,
        b"UDP" => Protocol::Udp,
        b"SCTP" => Protocol::Sctp,
        _ => Protocol::Other(0),
    }
}

#[cfg(test)]
mod tests;
