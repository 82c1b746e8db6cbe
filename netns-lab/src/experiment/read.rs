//! Reads an experiment from TOML, collecting everything that is wrong with its form.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::file::{
    ExpectFile, ExperimentFile, Legibility, LoadFile, NetworkFile, ServerFile, ServiceFile,
};
use super::problem::{Problem, Source};
use super::spelling::{closest, listed, quoted};
use super::written::{Field, Place, Scalar, Written, saturating_integer};

impl ExperimentFile {
    /// Reads what is written in a text; `name` tells people which text it is.
    ///
    /// Nothing is refused here: what is wrong with the form is kept for [`ExperimentFile::parse`].
    pub fn read(name: &str, text: impl Into<String>) -> Self {
        let source = Source::new(name, text);
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        let mut reader = Reader::default();
        let mut file = if errors.is_empty() {
            reader.experiment(root.get_ref())
        } else {
            reader.syntax_errors(&source.text, &errors);
            Self::default()
        };
        file.problems = reader.problems;
        file.legibility = reader.legibility;
        file.source = Some(source);
        file
    }
}

/// The key and the value of one line.
type Entry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

/// What was found on the way.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    legibility: Legibility,
}

impl Reader {
    /// Keeps the first syntax error of every line: the parser stumbles on over the same mistake.
    fn syntax_errors(&mut self, text: &str, errors: &[toml::de::Error]) {
        self.legibility = Legibility::Partial;
        let mut lines = BTreeSet::new();
        for error in errors {
            let place = error.span().map_or(Place::Whole, Place::Span);
            let line = match &place {
                Place::Span(bytes) => line_of(text, bytes.start),
                _ => 0,
            };
            if lines.insert(line) {
                let message = format!("this is not TOML: {}", error.message());
                self.problems.push(Problem::at(&place, message));
            }
        }
    }

    fn experiment(&mut self, root: &DeTable<'_>) -> ExperimentFile {
        let known = [
            "name", "summary", "service", "network", "server", "load", "expect",
        ];
        let [name, summary, service, network, server, load, expect] =
            self.entries(root, "an experiment", known);
        ExperimentFile {
            name: name.map(scalar),
            summary: summary.map(scalar),
            service: service.and_then(|entry| self.service(entry)),
            network: network.map_or_else(NetworkFile::default, |entry| self.network(entry)),
            servers: server.map_or_else(Vec::new, |entry| self.servers(entry)),
            load: load.map_or_else(LoadFile::default, |entry| self.load(entry)),
            expect: expect.map_or_else(ExpectFile::default, |entry| self.expect(entry)),
            ..ExperimentFile::default()
        }
    }

    fn service(&mut self, entry: Entry<'_, '_>) -> Option<ServiceFile> {
        let known = [
            "vip",
            "scheduler",
            "forwarding",
            "flags",
            "persistent",
            "netmask",
        ];
        let [vip, scheduler, forwarding, flags, persistent, netmask] =
            self.table_entries(entry, "`[service]`", known)?;
        Some(ServiceFile {
            place: place_of(entry.0),
            vip: vip.map(scalar),
            scheduler: scheduler.map(scalar),
            flags: flags.map_or_else(Vec::new, list),
            persistent: persistent.map(scalar),
            netmask: netmask.map(scalar),
            forwarding: forwarding.map(scalar),
        })
    }

    fn network(&mut self, entry: Entry<'_, '_>) -> NetworkFile {
        let known = ["outer", "inner", "client", "director"];
        let fields = self.table(entry, "`[network]`", known);
        let [outer, inner, client, director] = fields.unwrap_or_default();
        NetworkFile {
            outer,
            inner,
            client,
            director,
        }
    }

    fn load(&mut self, entry: Entry<'_, '_>) -> LoadFile {
        let known = [
            "requests",
            "concurrency",
            "clients",
            "connections",
            "path",
            "timeout",
            "time-limit",
            "give-up-after",
        ];
        let fields = self.table(entry, "`[load]`", known);
        let [
            requests,
            concurrency,
            clients,
            connections,
            path,
            timeout,
            time_limit,
            give_up_after,
        ] = fields.unwrap_or_default();
        LoadFile {
            requests,
            concurrency,
            clients,
            connections,
            path,
            timeout,
            time_limit,
            give_up_after,
        }
    }

    fn expect(&mut self, entry: Entry<'_, '_>) -> ExpectFile {
        let fields = self.table(entry, "`[expect]`", ["tolerance"]);
        let [tolerance] = fields.unwrap_or_default();
        ExpectFile { tolerance }
    }

    fn servers(&mut self, (key, value): Entry<'_, '_>) -> Vec<ServerFile> {
        let DeValue::Array(tables) = value.get_ref() else {
            self.unreadable(
                &place_of(key),
                "`server` must be a list of tables",
                "[[server]]",
            );
            return Vec::new();
        };
        tables
            .iter()
            .filter_map(|table| self.server(table))
            .collect()
    }

    fn server(&mut self, value: &Spanned<DeValue<'_>>) -> Option<ServerFile> {
        let place = place_of(value);
        let DeValue::Table(table) = value.get_ref() else {
            self.unreadable(&place, "every `server` must be a table", "[[server]]");
            return None;
        };
        let known = [
            "name",
            "address",
            "weight",
            "upper-threshold",
            "lower-threshold",
            "answers",
        ];
        let entries = self.entries(table, "`[[server]]`", known);
        let [
            name,
            address,
            weight,
            upper_threshold,
            lower_threshold,
            answers,
        ] = entries.map(|entry| entry.map(scalar));
        Some(ServerFile {
            place,
            name,
            address,
            weight,
            upper_threshold,
            lower_threshold,
            answers,
        })
    }

    /// The single values of a table.
    fn table<const N: usize>(
        &mut self,
        entry: Entry<'_, '_>,
        what: &str,
        known: [&'static str; N],
    ) -> Option<[Field; N]> {
        let entries = self.table_entries(entry, what, known)?;
        Some(entries.map(|entry| entry.map(scalar)))
    }

    /// The entries of a table, in the order of the known keys.
    fn table_entries<'t, 'i, const N: usize>(
        &mut self,
        (key, value): Entry<'t, 'i>,
        what: &str,
        known: [&'static str; N],
    ) -> Option<[Option<Entry<'t, 'i>>; N]> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("{} must be a table", quoted(key.get_ref()));
            self.unreadable(&place_of(key), message, what.trim_matches('`'));
            return None;
        };
        Some(self.entries(table, what, known))
    }

    /// The entries of a table in the order of the known keys.
    ///
    /// An unknown key is reported, and then taken for the known one that was probably meant, so
    /// that a slip is not reported a second time as something missing.
    fn entries<'t, 'i, const N: usize>(
        &mut self,
        table: &'t DeTable<'i>,
        what: &str,
        known: [&'static str; N],
    ) -> [Option<Entry<'t, 'i>>; N] {
        let mut entries = known.map(|key| table.get_key_value(key));
        for (key, value) in table {
            if known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let meant = closest(key.get_ref(), known);
            self.problems.push(unknown_key(key, what, meant, &known));
            let index = known.iter().position(|known| Some(*known) == meant);
            if let Some(entry) = index.and_then(|index| entries.get_mut(index)) {
                entry.get_or_insert((key, value));
            }
        }
        entries
    }

    fn unreadable(&mut self, place: &Place, message: impl Into<String>, header: &str) {
        self.legibility = Legibility::Partial;
        let remedy = format!("write `{header}` on a line of its own and the keys below it");
        self.problems
            .push(Problem::at(place, message).remedy(remedy));
    }
}

fn unknown_key(
    key: &Spanned<DeString<'_>>,
    what: &str,
    meant: Option<&str>,
    known: &[&'static str],
) -> Problem {
    let message = format!("{what} has no key {}", quoted(key.get_ref()));
    let remedy = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the keys are {}", listed(known.iter().copied())),
    };
    Problem::at(&place_of(key), message).remedy(remedy)
}

/// The values of a list; a value that is none is a list of one.
fn list((key, value): Entry<'_, '_>) -> Vec<Written<Scalar>> {
    let DeValue::Array(values) = value.get_ref() else {
        return vec![scalar((key, value))];
    };
    values.iter().map(|value| scalar((key, value))).collect()
}

fn scalar((_, value): Entry<'_, '_>) -> Written<Scalar> {
    let scalar = match value.get_ref() {
        DeValue::String(text) => Scalar::Text(text.clone().into_owned()),
        DeValue::Integer(integer) => saturating_integer(integer.as_str(), integer.radix())
            .map_or(Scalar::Other("an integer"), Scalar::Integer),
        DeValue::Float(float) => Scalar::Float(float.as_str().to_owned()),
        DeValue::Boolean(_) => Scalar::Other("a boolean"),
        DeValue::Datetime(_) => Scalar::Other("a date"),
        DeValue::Array(_) => Scalar::Other("a list"),
        DeValue::Table(_) => Scalar::Other("a table"),
    };
    Written::new(scalar, place_of(value))
}

fn place_of<T>(spanned: &Spanned<T>) -> Place {
    Place::Span(spanned.span())
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().get(..byte).unwrap_or(text.as_bytes());
    before.split(|byte| *byte == b'\n').count()
}
