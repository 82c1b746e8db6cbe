//! The real servers of one service, as its scheduler finds them.

use std::collections::HashMap;
use std::net::SocketAddr;

use director_setup::{Thresholds, Weight};

use super::kernel::{KernelChange, KernelVersion};

/// A place in the list of real servers. Slots are numbered in the order of addition, so the kernel,
/// which inserts at the head of its list, walks them from the last to the first.
pub type Slot = usize;

/// Which real server, for as long as the service lives: one that is removed and added again is the
/// same, as it is to the kernel while connections or caches still refer to it
/// (`ip_vs_trash_get_dest` in `ip_vs_ctl.c`, Linux 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(u32);

impl ServerId {
    /// Its number among all servers that the service ever had, in the order of first addition.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a scheduler sees of one real server when it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which server this is.
    pub id: ServerId,
    /// Its address and port, from which mh derives its places in the table.
    pub address: SocketAddr,
    /// Configured weight; 0 gets no new connections.
    pub weight: Weight,
    /// The latest weight that was not 0, or the one it was added with (`last_weight`).
    pub last_weight: Weight,
    /// Entries of the connection table in an active state.
    pub active: u32,
    /// Entries in any other state, until they expire.
    pub inactive: u32,
    /// When it counts as full.
    pub thresholds: Thresholds,
    /// Whether it counts as full (`IP_VS_DEST_F_OVERLOAD`).
    pub overloaded: bool,
}

impl Candidate {
    /// Whether schedulers may choose it: it has a weight and is not full.
    pub fn is_eligible(&self) -> bool {
        self.weight > Weight::ZERO && !self.overloaded
    }

    /// Entries of the connection table, in whatever state.
    pub const fn connections(&self) -> u32 {
        self.active.saturating_add(self.inactive)
    }
}

/// Whether an entry of the connection table is in a state that counts as active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// TCP with a handshake that has begun and no end seen.
    Active,
    /// Everything else, all UDP included.
    Inactive,
}

/// How a real server is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerSettings {
    /// Capacity relative to the others.
    pub weight: Weight,
    /// When it is full, and when no longer.
    pub thresholds: Thresholds,
}

impl From<Weight> for ServerSettings {
    /// Without thresholds.
    fn from(weight: Weight) -> Self {
        let thresholds = Thresholds::default();
        Self { weight, thresholds }
    }
}

/// Why the list of real servers cannot be changed so; the kernel refuses the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// `EEXIST`.
    #[error("real server {0} is there already")]
    Exists(SocketAddr),
    /// `ENOENT`.
    #[error("there is no real server {0}")]
    Unknown(SocketAddr),
    /// `ERANGE`.
    #[error("real server {address}: the lower threshold {lower} is above the upper one, {upper}")]
    Thresholds {
        /// The real server.
        address: SocketAddr,
        /// Its lower threshold.
        lower: u32,
        /// Its upper threshold.
        upper: u32,
    },
}

/// What happened to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListChange {
    /// A server was added: it has the last slot.
    Added(Slot),
    /// The server of this slot is gone, and those above it moved one down.
    Removed(Slot),
    /// The weight or a threshold of this slot changed.
    Edited(Slot),
}

/// The real servers of one service with their connections.
#[derive(Debug, Clone)]
pub struct RealServers {
    list: Vec<Candidate>,
    /// By [`ServerId`].
    known: Vec<Place>,
    by_address: HashMap<SocketAddr, ServerId>,
    overload: OverloadRule,
}

#[derive(Debug, Clone)]
enum Place {
    Listed(Slot),
    /// Removed; its connections live on.
    Gone(Candidate),
}

/// When a server becomes, and stops being, overloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OverloadRule {
    /// At every connection that begins or ends: `ip_vs_bind_dest` and `ip_vs_unbind_dest` of
    /// `ip_vs_conn.c`, Linux 6.1.176.
    Always,
    /// When the number of connections meets a threshold: `__ip_vs_dest_update_overload` of
    /// `ip_vs_ctl.c`, Linux 6.12.117 ([`KernelChange::TotalConnections`]).
    OnMeeting,
}

impl RealServers {
    /// No servers, in a kernel of this version.
    pub fn new(kernel: KernelVersion) -> Self {
        Self {
            list: Vec::new(),
            known: Vec::new(),
            by_address: HashMap::new(),
            overload: if kernel.has(KernelChange::TotalConnections) {
                OverloadRule::OnMeeting
            } else {
                OverloadRule::Always
            },
        }
    }

    /// Adds a server at the head of the kernel's list.
    pub fn add(
        &mut self,
        address: SocketAddr,
        settings: ServerSettings,
    ) -> Result<ListChange, ListError> {
        check(address, settings)?;
        let slot = self.list.len();
        let id = self.by_address.get(&address).copied();
        let mut candidate = match id.map(|id| &self.known[id.index()]) {
            Some(Place::Listed(_)) => return Err(ListError::Exists(address)),
            Some(Place::Gone(candidate)) => *candidate,
            None => self.newcomer(address),
        };
        candidate.last_weight = settings.weight;
        self.overload.configure(&mut candidate, settings);
        self.known[candidate.id.index()] = Place::Listed(slot);
        self.list.push(candidate);
        Ok(ListChange::Added(slot))
    }

    fn newcomer(&mut self, address: SocketAddr) -> Candidate {
        let number = u32::try_from(self.known.len()).expect("memory ends before 2^32 servers");
        let candidate = Candidate {
            id: ServerId(number),
            address,
            weight: Weight::ZERO,
            last_weight: Weight::ZERO,
            active: 0,
            inactive: 0,
            thresholds: Thresholds::default(),
            overloaded: false,
        };
        self.by_address.insert(address, candidate.id);
        self.known.push(Place::Gone(candidate));
        candidate
    }

    /// Gives a server another weight or other thresholds; its place in the list stays.
    pub fn edit(
        &mut self,
        address: SocketAddr,
        settings: ServerSettings,
    ) -> Result<ListChange, ListError> {
        check(address, settings)?;
        let slot = self.find(address).ok_or(ListError::Unknown(address))?;
        let candidate = &mut self.list[slot];
        if settings.weight > Weight::ZERO {
            candidate.last_weight = settings.weight;
        }
        self.overload.configure(candidate, settings);
        Ok(ListChange::Edited(slot))
    }

    /// Takes a server out of the list; its connections live on.
    pub fn remove(&mut self, address: SocketAddr) -> Result<ListChange, ListError> {
        let slot = self.find(address).ok_or(ListError::Unknown(address))?;
        let candidate = self.list.remove(slot);
        self.known[candidate.id.index()] = Place::Gone(candidate);
        for (above, moved) in self.list[slot..].iter().enumerate() {
            self.known[moved.id.index()] = Place::Listed(slot + above);
        }
        Ok(ListChange::Removed(slot))
    }

    /// The listed servers by slot.
    pub fn list(&self) -> &[Candidate] {
        &self.list
    }

    /// The server of a slot.
    pub fn at(&self, slot: Slot) -> &Candidate {
        &self.list[slot]
    }

    /// The servers as the kernel's schedulers walk them: the one added last comes first.
    pub fn kernel_order(&self) -> impl Iterator<Item = (Slot, &Candidate)> {
        self.list.iter().enumerate().rev()
    }

    /// Where a server is listed; `None` if it is gone.
    pub fn slot_of(&self, id: ServerId) -> Option<Slot> {
        match self.known[id.index()] {
            Place::Listed(slot) => Some(slot),
            Place::Gone(_) => None,
        }
    }

    /// Where the server of an address is listed.
    pub fn find(&self, address: SocketAddr) -> Option<Slot> {
        self.slot_of(self.id_of(address)?)
    }

    /// Which server has or had this address.
    pub fn id_of(&self, address: SocketAddr) -> Option<ServerId> {
        self.by_address.get(&address).copied()
    }

    /// How many servers the service ever had.
    pub fn ever_known(&self) -> usize {
        self.known.len()
    }

    /// A server, listed or gone.
    pub fn get(&self, id: ServerId) -> &Candidate {
        match &self.known[id.index()] {
            Place::Listed(slot) => &self.list[*slot],
            Place::Gone(candidate) => candidate,
        }
    }

    fn get_mut(&mut self, id: ServerId) -> &mut Candidate {
        match &mut self.known[id.index()] {
            Place::Listed(slot) => &mut self.list[*slot],
            Place::Gone(candidate) => candidate,
        }
    }

    /// A new connection.
    pub(crate) fn bind(&mut self, id: ServerId, activity: Activity) {
        let overload = self.overload;
        let server = self.get_mut(id);
        *count(server, activity) += 1;
        overload.bound(server);
    }

    /// A connection's entry is gone.
    pub(crate) fn unbind(&mut self, id: ServerId, activity: Activity) {
        let overload = self.overload;
        let server = self.get_mut(id);
        *count(server, activity) -= 1;
        overload.unbound(server);
    }

    /// A connection became active or inactive.
    pub(crate) fn change(&mut self, id: ServerId, to: Activity) {
        let server = self.get_mut(id);
        let from = match to {
            Activity::Active => Activity::Inactive,
            Activity::Inactive => Activity::Active,
        };
        *count(server, from) -= 1;
        *count(server, to) += 1;
    }

    /// A template of persistence was bound; older kernels look at the thresholds then, too.
    pub(crate) fn bind_template(&mut self, id: ServerId) {
        if self.overload == OverloadRule::Always {
            OverloadRule::Always.bound(self.get_mut(id));
        }
    }

    /// A template of persistence is gone.
    pub(crate) fn unbind_template(&mut self, id: ServerId) {
        if self.overload == OverloadRule::Always {
            OverloadRule::Always.unbound(self.get_mut(id));
        }
    }
}

fn check(address: SocketAddr, settings: ServerSettings) -> Result<(), ListError> {
    let Thresholds { upper, lower } = settings.thresholds;
    if lower > upper {
        return Err(ListError::Thresholds {
            address,
            lower,
            upper,
        });
    }
    Ok(())
}

fn count(server: &mut Candidate, activity: Activity) -> &mut u32 {
    match activity {
        Activity::Active => &mut server.active,
        Activity::Inactive => &mut server.inactive,
    }
}

impl OverloadRule {
    fn configure(self, server: &mut Candidate, settings: ServerSettings) {
        let before = server.thresholds;
        let ServerSettings { weight, thresholds } = settings;
        server.weight = weight;
        server.thresholds = thresholds;
        let upper = thresholds.upper;
        match self {
            Self::Always => {
                if upper == 0 || upper > before.upper {
                    server.overloaded = false;
                }
            }
            Self::OnMeeting if thresholds == before => {}
            Self::OnMeeting => {
                let connections = server.connections();
                if upper == 0 || connections < lower_of(thresholds) {
                    server.overloaded = false;
                } else if connections >= upper {
                    server.overloaded = true;
                }
            }
        }
    }

    fn bound(self, server: &mut Candidate) {
        let upper = server.thresholds.upper;
        let connections = server.connections();
        let full = match self {
            Self::Always => connections >= upper,
            Self::OnMeeting => connections == upper,
        };
        if upper != 0 && full {
            server.overloaded = true;
        }
    }

    fn unbound(self, server: &mut Candidate) {
        let connections = server.connections();
        let Thresholds { upper, lower } = server.thresholds;
        let free = match self {
            Self::Always if lower != 0 => connections < lower,
            Self::Always if upper != 0 => u64::from(connections) * 4 < u64::from(upper) * 3,
            Self::Always => true,
            Self::OnMeeting => connections.saturating_add(1) == lower_of(server.thresholds),
        };
        if free {
            server.overloaded = false;
        }
    }
}

/// `l_threshold_val`: three quarters of the upper threshold, rounded up, unless configured.
fn lower_of(thresholds: Thresholds) -> u32 {
    match thresholds {
        Thresholds { upper, lower: 0 } => upper - upper / 4,
        Thresholds { lower, .. } => lower,
    }
}
