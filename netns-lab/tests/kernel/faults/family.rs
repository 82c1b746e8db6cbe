//! The processes of one run: the command, and everything that came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// Process ids come round again; with its start time one is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    pid: u32,
    started: u64,
}

/// One line of the process table.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: u32,
    pub executable: PathBuf,
    parent: u32,
    started: u64,
    state: char,
    pid_namespace: Option<PathBuf>,
    is_marked: bool,
}

impl Process {
    /// `proc_pid_stat(5)`: the name, in parentheses, may contain anything.
    fn read(pid: u32, marker: &str) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let environment = fs::read(folder.join("environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        Some(Self {
            pid,
            executable: fs::read_link(folder.join("exe")).unwrap_or_default(),
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
            state: fields.first()?.chars().next()?,
            pid_namespace: fs::read_link(folder.join("ns/pid")).ok(),
            is_marked: variables.any(|variable| variable == marker.as_bytes()),
        })
    }

    fn identity(&self) -> Identity {
        Identity {
            pid: self.pid,
            started: self.started,
        }
    }

    /// A zombie only waits for its parent to look.
    fn lives(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

/// The processes of one run, known by descent, by a variable in their environment, or by the PID
/// namespace of one of them; the guest's own processes have no environment.
pub struct Family {
    marker: String,
    own_namespace: Option<PathBuf>,
    members: BTreeSet<Identity>,
    namespaces: BTreeSet<PathBuf>,
}

impl Family {
    pub fn new(marker: String) -> Self {
        Self {
            marker,
            own_namespace: fs::read_link("/proc/self/ns/pid").ok(),
            members: BTreeSet::new(),
            namespaces: BTreeSet::new(),
        }
    }

    /// Whether some of them live in a PID namespace of their own: the kernel then ends them.
    pub fn is_walled(&self) -> bool {
        !self.namespaces.is_empty()
    }

    /// Those that live now.
    pub fn living(&mut self) -> Vec<Process> {
        let table = self.table();
        // Parents may come after their children in the table: look until nobody new is found.
        while table.values().filter(|it| self.adopt(it, &table)).count() > 0 {}
        table
            .into_values()
            .filter(|process| process.lives() && self.members.contains(&process.identity()))
            .collect()
    }

    fn table(&self) -> BTreeMap<u32, Process> {
        let entries = fs::read_dir("/proc").expect("/proc is mounted");
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let read = |pid| Some((pid, Process::read(pid, &self.marker)?));
        pids.filter_map(read).collect()
    }

    /// Takes a process in if it belongs here and was not known.
    fn adopt(&mut self, process: &Process, table: &BTreeMap<u32, Process>) -> bool {
        let is_child = table
            .get(&process.parent)
            .is_some_and(|parent| self.members.contains(&parent.identity()));
        let own = self.own_namespace.as_ref();
        let namespace = process.pid_namespace.as_ref().filter(|it| Some(*it) != own);
        let is_inside = namespace.is_some_and(|it| self.namespaces.contains(it));
        if !(process.is_marked || is_child || is_inside) {
            return false;
        }
        self.namespaces.extend(namespace.cloned());
        self.members.insert(process.identity())
    }
}
