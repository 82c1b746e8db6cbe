//! The words of a command line, taken apart as popt does it (popt 1.19, which ipvsadm 1.31 uses).
//!
//! Short options can be clustered (`-Ln`) and carry their argument (`-w5`, `-w=5`); long ones take
//! it as the next word or after `=`. Words without a dash may stand anywhere.

/// An option that the command knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    AddService,
    EditService,
    DeleteService,
    Clear,
    List,
    Zero,
    AddServer,
    EditServer,
    DeleteServer,
    Set,
    Help,
    Version,
    Restore,
    Save,
    StartDaemon,
    StopDaemon,
    TcpService,
    UdpService,
    SctpService,
    FwmarkService,
    Scheduler,
    Persistent,
    Netmask,
    RealServer,
    Masquerading,
    Ipip,
    Gatewaying,
    Weight,
    UpperThreshold,
    LowerThreshold,
    Numeric,
    Connection,
    McastInterface,
    SyncId,
    Timeout,
    Daemon,
    Stats,
    Rate,
    Thresholds,
    PersistentConn,
    NoSort,
    Sort,
    Exact,
    Ipv6,
    Ops,
    Engine,
    SchedulerFlags,
    McastGroup,
    McastPort,
    McastTtl,
    SyncMaxlen,
    TunInfo,
    TunType,
    TunPort,
    TunNocsum,
    TunCsum,
    TunRemcsum,
    /// Ours; the original has none.
    Watch,
}

/// Whether an option takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Argument,
    /// The next word, unless it begins with a dash.
    PerhapsArgument,
}

use Takes::{Argument, Nothing, PerhapsArgument};

/// How each option is written: long, short, with or without an argument.
const SPELLINGS: [(Word, &str, Option<char>, Takes); 59] = [
    (Word::AddService, "add-service", Some('A'), Nothing),
    (Word::EditService, "edit-service", Some('E'), Nothing),
    (Word::DeleteService, "delete-service", Some('D'), Nothing),
    (Word::Clear, "clear", Some('C'), Nothing),
    (Word::List, "list", Some('L'), Nothing),
    (Word::List, "list", Some('l'), Nothing),
    (Word::Zero, "zero", Some('Z'), Nothing),
    (Word::AddServer, "add-server", Some('a'), Nothing),
    (Word::EditServer, "edit-server", Some('e'), Nothing),
    (Word::DeleteServer, "delete-server", Some('d'), Nothing),
    (Word::Set, "set", None, Nothing),
    (Word::Help, "help", Some('h'), Nothing),
    (Word::Version, "version", Some('v'), Nothing),
    (Word::Restore, "restore", Some('R'), Nothing),
    (Word::Save, "save", Some('S'), Nothing),
    (Word::StartDaemon, "start-daemon", None, Argument),
    (Word::StopDaemon, "stop-daemon", None, Argument),
    (Word::TcpService, "tcp-service", Some('t'), Argument),
    (Word::UdpService, "udp-service", Some('u'), Argument),
    (Word::SctpService, "sctp-service", None, Argument),
    (Word::FwmarkService, "fwmark-service", Some('f'), Argument),
    (Word::Scheduler, "scheduler", Some('s'), Argument),
    (Word::Persistent, "persistent", Some('p'), PerhapsArgument),
    (Word::Netmask, "netmask", Some('M'), Argument),
    (Word::RealServer, "real-server", Some('r'), Argument),
    (Word::Masquerading, "masquerading", Some('m'), Nothing),
    (Word::Ipip, "ipip", Some('i'), Nothing),
    (Word::Gatewaying, "gatewaying", Some('g'), Nothing),
    (Word::Weight, "weight", Some('w'), Argument),
    (Word::UpperThreshold, "u-threshold", Some('x'), Argument),
    (Word::LowerThreshold, "l-threshold", Some('y'), Argument),
    (Word::Numeric, "numeric", Some('n'), Nothing),
    (Word::Connection, "connection", Some('c'), Nothing),
    (Word::McastInterface, "mcast-interface", None, Argument),
    (Word::SyncId, "syncid", None, Argument),
    (Word::Timeout, "timeout", None, Nothing),
    (Word::Daemon, "daemon", None, Nothing),
    (Word::Stats, "stats", None, Nothing),
    (Word::Rate, "rate", None, Nothing),
    (Word::Thresholds, "thresholds", None, Nothing),
    (Word::PersistentConn, "persistent-conn", None, Nothing),
    (Word::NoSort, "nosort", None, Nothing),
    (Word::Sort, "sort", None, Nothing),
    (Word::Exact, "exact", Some('X'), Nothing),
    (Word::Ipv6, "ipv6", Some('6'), Nothing),
    (Word::Ops, "ops", Some('o'), Nothing),
    (Word::Engine, "pe", None, Argument),
    (Word::SchedulerFlags, "sched-flags", Some('b'), Argument),
    (Word::McastGroup, "mcast-group", None, Argument),
    (Word::McastPort, "mcast-port", None, Argument),
    (Word::McastTtl, "mcast-ttl", None, Argument),
    (Word::SyncMaxlen, "sync-maxlen", None, Argument),
    (Word::TunInfo, "tun-info", None, Nothing),
    (Word::TunType, "tun-type", None, Argument),
    (Word::TunPort, "tun-port", None, Argument),
    (Word::TunNocsum, "tun-nocsum", None, Nothing),
    (Word::TunCsum, "tun-csum", None, Nothing),
    (Word::TunRemcsum, "tun-remcsum", None, Nothing),
    (Word::Watch, "watch", None, Argument),
];

/// An option with its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) word: Word,
    /// `None` if it takes none, or need not have one and has none.
    argument: Option<&'a str>,
}

impl<'a> Found<'a> {
    /// The argument of an option that has to have one.
    pub(super) fn argument(&self) -> &'a str {
        self.argument.unwrap_or_default()
    }

    /// The argument of an option that need not have one.
    pub(super) const fn perhaps(&self) -> Option<&'a str> {
        self.argument
    }
}

/// A word that is no option, or is one in the wrong way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word}: {problem}")]
pub(super) struct Malformed {
    word: String,
    problem: &'static str,
}

/// Walks over the words of a command line, without the program's name.
pub(super) struct Scanner<'a> {
    words: &'a [String],
    next: usize,
    /// What is left of a cluster of short options.
    cluster: &'a str,
    only_plain: bool,
    plain: std::collections::VecDeque<&'a str>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(words: &'a [String]) -> Self {
        Self {
            words,
            next: 0,
            cluster: "",
            only_plain: false,
            plain: std::collections::VecDeque::new(),
        }
    }

    /// The next option; `None` if there are no more.
    pub(super) fn option(&mut self) -> Result<Option<Found<'a>>, Malformed> {
        loop {
            if !self.cluster.is_empty() {
                return self.short().map(Some);
            }
            let Some(word) = self.words.get(self.next) else {
                return Ok(None);
            };
            self.next += 1;
            if self.only_plain || !word.starts_with('-') || word == "-" {
                self.plain.push_back(word);
            } else if word == "--" {
                self.only_plain = true;
            } else if let Some(long) = word.strip_prefix("--") {
                return self.long(long).map(Some);
            } else {
                self.cluster = &word[1..];
            }
        }
    }

    /// The next of the words before the present option that belong to none; after the last
    /// option, of all words.
    pub(super) fn plain(&mut self) -> Option<&'a str> {
        self.plain.pop_front()
    }

    /// The word that was looked at last, which may be an option's argument.
    pub(super) fn last_word(&self) -> &'a str {
        self.next
            .checked_sub(1)
            .and_then(|last| self.words.get(last))
            .map_or("", String::as_str)
    }

    fn long(&mut self, text: &'a str) -> Result<Found<'a>, Malformed> {
        let (name, attached) = match text.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let spelling = SPELLINGS.iter().find(|(_, long, ..)| *long == name);
        let &(word, .., takes) = spelling.ok_or_else(|| self.malformed("unknown option"))?;
        self.with_argument(word, takes, attached)
    }

    fn short(&mut self) -> Result<Found<'a>, Malformed> {
        let mut letters = self.cluster.chars();
        let letter = letters.next();
        let rest = letters.as_str();
        self.cluster = "";
        let spelling = SPELLINGS.iter().find(|(_, _, short, _)| *short == letter);
        let &(word, .., takes) = spelling.ok_or_else(|| self.malformed("unknown option"))?;
        match takes {
            Nothing if rest.starts_with('=') => self.with_argument(word, takes, Some(rest)),
            Nothing => {
                self.cluster = rest;
                self.with_argument(word, takes, None)
            }
            _ if rest.is_empty() => self.with_argument(word, takes, None),
            _ => self.with_argument(word, takes, Some(rest.strip_prefix('=').unwrap_or(rest))),
        }
    }

    fn with_argument(
        &mut self,
        word: Word,
        takes: Takes,
        attached: Option<&'a str>,
    ) -> Result<Found<'a>, Malformed> {
        let argument = match (takes, attached) {
            (Nothing, Some(_)) => {
                return Err(self.malformed("option does not take an argument"));
            }
            (Nothing, None) => None,
            (_, Some(attached)) => Some(attached),
            (_, None) => self.argument(takes)?,
        };
        Ok(Found { word, argument })
    }

    fn argument(&mut self, takes: Takes) -> Result<Option<&'a str>, Malformed> {
        match (self.words.get(self.next), takes) {
            (None, Argument) => Err(self.malformed("missing argument")),
            (None, _) => Ok(None),
            (Some(word), PerhapsArgument) if word.starts_with('-') => Ok(None),
            (Some(word), _) => {
                self.next += 1;
                Ok(Some(word))
            }
        }
    }

    fn malformed(&self, problem: &'static str) -> Malformed {
        let word = self.last_word().to_owned();
        Malformed { word, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(line: &str) -> Result<Vec<(Word, Option<String>)>, String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let mut scanner = Scanner::new(&words);
        let mut found = Vec::new();
        while let Some(one) = scanner.option().map_err(|error| error.to_string())? {
            found.push((one.word, one.argument.map(str::to_owned)));
        }
        Ok(found)
    }

    #[test]
    fn an_argument_can_be_attached_or_the_next_word() {
        let weight = |text: &str| Ok(vec![(Word::Weight, Some(text.to_owned()))]);
        for line in ["-w5", "-w=5", "-w 5", "--weight=5", "--weight 5"] {
            assert_eq!(scan(line), weight("5"), "{line}");
        }
        assert_eq!(scan("-w -5"), weight("-5"));
    }

    #[test]
    fn short_options_can_be_clustered() {
        let numeric = (Word::Numeric, None);
        assert_eq!(scan("-Ln"), Ok(vec![(Word::List, None), numeric.clone()]));
        let weight = (Word::Weight, Some("5n".to_owned()));
        assert_eq!(scan("-nw5n"), Ok(vec![numeric, weight]));
    }

    #[test]
    fn the_optional_argument_is_not_taken_from_an_option() {
        let persistent = |argument: Option<&str>| (Word::Persistent, argument.map(str::to_owned));
        assert_eq!(scan("-p 300"), Ok(vec![persistent(Some("300"))]));
        assert_eq!(scan("-p"), Ok(vec![persistent(None)]));
        assert_eq!(scan("-p -o"), Ok(vec![persistent(None), (Word::Ops, None)]));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_whole_word() {
        let wrong = |line: &str| scan(line).expect_err("it is wrong");
        assert_eq!(wrong("-Lq"), "-Lq: unknown option");
        assert_eq!(wrong("--lost"), "--lost: unknown option");
        assert_eq!(wrong("-t"), "-t: missing argument");
        assert_eq!(
            wrong("--list=3"),
            "--list=3: option does not take an argument"
        );
        assert_eq!(wrong("-n=3"), "-n=3: option does not take an argument");
    }

    #[test]
    fn words_without_a_dash_may_stand_anywhere() {
        let words = ["1", "--set", "2", "--", "-3"].map(str::to_owned);
        let mut scanner = Scanner::new(&words);
        while scanner.option().expect("all are known").is_some() {}
        let plain: Vec<_> = std::iter::from_fn(|| scanner.plain()).collect();
        assert_eq!(plain, ["1", "2", "-3"]);
    }
}
