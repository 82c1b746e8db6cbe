//! Who is served when.

use std::collections::VecDeque;

use clap::ValueEnum;
use serde::Serialize;

/// How real servers share their work out among their connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Discipline {
    /// Every connection is served from its beginning, for its own time.
    #[default]
    Independent,
    /// Each real server serves one connection at a time, in the order of arrival.
    OneAtATime,
    /// All real servers share one processor, which serves one connection at a time in the order of
    /// arrival: an event loop, as in the lab's guest.
    SharedCpu,
    /// All real servers share one processor, which serves one connection of each in turn: a process
    /// for each real server on a machine of one processor.
    SharedCpuInTurns,
}

/// The connections that wait, by the discipline; `T` stands for a connection.
#[derive(Debug)]
pub(super) enum Waiting<T> {
    Nobody,
    /// By server.
    AtEachServer(Vec<Queue<T>>),
    AtTheProcessor(Queue<T>),
    InTurns {
        busy: bool,
        /// By server.
        queues: Vec<VecDeque<T>>,
        /// Servers with somebody waiting, the next first.
        turns: VecDeque<usize>,
    },
}

#[derive(Debug)]
pub(super) struct Queue<T> {
    busy: bool,
    waiting: VecDeque<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            busy: false,
            waiting: VecDeque::new(),
        }
    }
}

impl<T> Queue<T> {
    fn arrive(&mut self, one: T) -> Option<T> {
        if std::mem::replace(&mut self.busy, true) {
            self.waiting.push_back(one);
            return None;
        }
        Some(one)
    }

    fn next(&mut self) -> Option<T> {
        let next = self.waiting.pop_front();
        self.busy = next.is_some();
        next
    }
}

impl<T> Waiting<T> {
    pub(super) fn new(discipline: Discipline, servers: usize) -> Self {
        match discipline {
            Discipline::Independent => Self::Nobody,
            Discipline::OneAtATime => {
                Self::AtEachServer((0..servers).map(|_| Queue::default()).collect())
            }
            Discipline::SharedCpu => Self::AtTheProcessor(Queue::default()),
            Discipline::SharedCpuInTurns => Self::InTurns {
                busy: false,
                queues: (0..servers).map(|_| VecDeque::new()).collect(),
                turns: VecDeque::new(),
            },
        }
    }

    /// A connection comes to a server; it is given back if it is served at once.
    pub(super) fn arrive(&mut self, server: usize, one: T) -> Option<T> {
        match self {
            Self::Nobody => Some(one),
            Self::AtEachServer(queues) => queues[server].arrive(one),
            Self::AtTheProcessor(queue) => queue.arrive(one),
            Self::InTurns {
                busy,
                queues,
                turns,
            } => {
                if !std::mem::replace(busy, true) {
                    return Some(one);
                }
                if queues[server].is_empty() {
                    turns.push_back(server);
                }
                queues[server].push_back(one);
                None
            }
        }
    }

    /// A server has served a connection; the one that is served next because of that.
    pub(super) fn next(&mut self, server: usize) -> Option<T> {
        match self {
            Self::Nobody => None,
            Self::AtEachServer(queues) => queues[server].next(),
            Self::AtTheProcessor(queue) => queue.next(),
            Self::InTurns {
                busy,
                queues,
                turns,
            } => {
                let turn = turns.pop_front();
                *busy = turn.is_some();
                let turn = turn?;
                let next = queues[turn].pop_front();
                if !queues[turn].is_empty() {
                    turns.push_back(turn);
                }
                next
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which six connections, numbered as they come, are served: 0 to 3 come to the
    /// first server, 4 and 5 to the second. One of each server, or of all, is served at a time, and
    /// the first server is done first.
    fn order(discipline: Discipline) -> Vec<usize> {
        let mut waiting = Waiting::new(discipline, 2);
        let server_of = |one: usize| usize::from(one > 3);
        let mut served: VecDeque<_> = (0..6)
            .filter_map(|one| waiting.arrive(server_of(one), one))
            .collect();
        let mut order = Vec::new();
        while let Some(one) = served.pop_front() {
            order.push(one);
            served.extend(waiting.next(server_of(one)));
        }
        order
    }

    #[test]
    fn each_discipline_has_its_own_order() {
        assert_eq!(order(Discipline::Independent), [0, 1, 2, 3, 4, 5]);
        assert_eq!(order(Discipline::OneAtATime), [0, 4, 1, 5, 2, 3]);
        assert_eq!(order(Discipline::SharedCpu), [0, 1, 2, 3, 4, 5]);
        assert_eq!(order(Discipline::SharedCpuInTurns), [0, 1, 4, 2, 5, 3]);
    }
}
