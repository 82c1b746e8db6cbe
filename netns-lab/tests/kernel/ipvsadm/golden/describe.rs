//! Netlink messages as text: what they are for people, and their bytes for tests.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Length of a netlink header (`struct nlmsghdr`), and the alignment of messages.
const HEADER: usize = 16;
const ALIGNMENT: usize = 4;
/// `NLM_F_REQUEST`, which no answer carries.
const REQUEST: u16 = 1;
/// `IPVS_CMD_GET_INFO`.
const GET_INFO: u8 = 15;
/// Message types (`include/uapi/linux/netlink.h`): those below are no family's.
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `GENL_ID_CTRL`: the family that knows the numbers of the others.
const CONTROL: u16 = 16;
/// What stands for the port of the program, which is another one each time.
const PORT: u32 = 1;
/// Bytes in a line, and in a group.
const LINE: usize = 32;
const GROUP: usize = 4;

/// Names of `enum` of `IPVS_CMD_*` (`include/uapi/linux/ip_vs.h`), from 1.
const COMMANDS: [&str; 17] = [
    "NEW_SERVICE",
    "SET_SERVICE",
    "DEL_SERVICE",
    "GET_SERVICE",
    "NEW_DEST",
    "SET_DEST",
    "DEL_DEST",
    "GET_DEST",
    "NEW_DAEMON",
    "DEL_DAEMON",
    "GET_DAEMON",
    "SET_CONFIG",
    "GET_CONFIG",
    "SET_INFO",
    "GET_INFO",
    "ZERO",
    "FLUSH",
];

/// A request with the datagrams of its answer.
struct Exchange<'a> {
    request: &'a [u8],
    answer: Vec<&'a [u8]>,
}

/// The messages of one run of a program, each on lines of its own.
///
/// Every run asks for the number of the family and for the version first; that is left out where
/// something else follows. Sequence numbers, which begin with the time, become 1, 2, …; the
/// program's port becomes 1.
pub fn describe(datagrams: &[Vec<u8>]) -> String {
    let all = exchanges(datagrams);
    let start = all.iter().position(Exchange::asks_for_version);
    let is_work = |(index, exchange): &(usize, &Exchange<'_>)| {
        start.is_some_and(|start| *index > start) && !exchange.asks_for_numbers()
    };
    let mut shown: Vec<_> = all.iter().enumerate().filter(is_work).collect();
    if shown.is_empty() {
        shown = all.iter().enumerate().collect();
    }
    let mut sequences = BTreeMap::new();
    let mut out = String::new();
    for (_, Exchange { request, answer }) in shown {
        put_datagram(&mut out, "->", request, &mut sequences);
        for datagram in answer {
            put_datagram(&mut out, "<-", datagram, &mut sequences);
        }
    }
    out
}

fn exchanges(datagrams: &[Vec<u8>]) -> Vec<Exchange<'_>> {
    let mut exchanges: Vec<Exchange<'_>> = Vec::new();
    for bytes in datagrams {
        match exchanges.last_mut() {
            Some(exchange) if u16_at(bytes, 6) & REQUEST == 0 => exchange.answer.push(bytes),
            _ => exchanges.push(Exchange {
                request: bytes,
                answer: vec![],
            }),
        }
    }
    exchanges
}

impl Exchange<'_> {
    fn asks_for_numbers(&self) -> bool {
        u16_at(self.request, 4) == CONTROL
    }

    fn asks_for_version(&self) -> bool {
        !self.asks_for_numbers() && self.request[HEADER] == GET_INFO
    }
}

fn put_datagram(out: &mut String, mark: &str, datagram: &[u8], sequences: &mut BTreeMap<u32, u32>) {
    for (index, message) in split(datagram).into_iter().enumerate() {
        let mark = if index == 0 { mark } else { "<+" };
        let message = neutral(message, sequences);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{mark} # {}", summary(&message));
        for line in message.chunks(LINE) {
            let groups: Vec<_> = line.chunks(GROUP).map(hex).collect();
            let _ = writeln!(out, "{mark} {}", groups.join(" "));
        }
    }
}

/// The messages of a datagram.
fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while bytes.len() >= HEADER {
        let length = (u32_at(bytes, 0) as usize).clamp(HEADER, bytes.len());
        messages.push(&bytes[..length]);
        bytes = &bytes[length.next_multiple_of(ALIGNMENT).min(bytes.len())..];
    }
    messages
}

/// The message without what differs from run to run.
fn neutral(message: &[u8], sequences: &mut BTreeMap<u32, u32>) -> Vec<u8> {
    let mut message = message.to_vec();
    let mut headers = vec![0];
    // An error repeats the header of its request.
    if u16_at(&message, 4) == ERROR && message.len() >= 2 * HEADER + 4 {
        headers.push(HEADER + 4);
    }
    for at in headers {
        let next = u32::try_from(sequences.len() + 1).unwrap_or(u32::MAX);
        let sequence = *sequences.entry(u32_at(&message, at + 8)).or_insert(next);
        message[at + 8..at + 12].copy_from_slice(&sequence.to_ne_bytes());
        if u32_at(&message, at + 12) != 0 {
            message[at + 12..at + 16].copy_from_slice(&PORT.to_ne_bytes());
        }
    }
    message
}

/// What a message is: its command or kind, its flags, its length.
fn summary(message: &[u8]) -> String {
    let kind = match u16_at(message, 4) {
        ERROR => match i32::from_ne_bytes(four(message, HEADER)) {
            0 => "acknowledgement".to_owned(),
            code => format!("error {:?}", nix::errno::Errno::from_raw(-code)),
        },
        DONE => "end of dump".to_owned(),
        CONTROL => format!("nlctrl command {}", message[HEADER]),
        _ => {
            let number = usize::from(message[HEADER]);
            let name = number.checked_sub(1).and_then(|index| COMMANDS.get(index));
            name.map_or_else(|| format!("command {number}"), |name| (*name).to_owned())
        }
    };
    let flags = u16_at(message, 6);
    format!("{kind}, flags {flags:#x}, {} bytes", message.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn four(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at..at + 4].try_into().expect("these are four bytes")
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(four(bytes, at))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}
