//! Which options go with which command.

use std::collections::BTreeSet;

use super::misuse::Misuse;

/// A command, under the name that messages give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    AddService,
    EditService,
    DeleteService,
    Flush,
    List,
    AddServer,
    DeleteServer,
    EditServer,
    Set,
    StartDaemon,
    StopDaemon,
    Restore,
    Save,
    Zero,
}

impl Verb {
    const fn name(self) -> &'static str {
        match self {
            Self::AddService => "add-service",
            Self::EditService => "edit-service",
            Self::DeleteService => "delete-service",
            Self::Flush => "flush",
            Self::List => "list",
            Self::AddServer => "add-server",
            Self::DeleteServer => "delete-server",
            Self::EditServer => "edit-server",
            Self::Set => "set",
            Self::StartDaemon => "start-daemon",
            Self::StopDaemon => "stop-daemon",
            Self::Restore => "restore",
            Self::Save => "save",
            Self::Zero => "zero",
        }
    }

    const fn rule(self) -> Rule {
        use Aspect as A;
        let none = Rule {
            needs: &[],
            may: &[],
            one_of: &[],
        };
        match self {
            Self::AddService | Self::EditService => Rule {
                needs: &[A::Service],
                may: &[
                    A::Scheduler,
                    A::Persistent,
                    A::Netmask,
                    A::Ops,
                    A::Engine,
                    A::SchedulerFlags,
                ],
                ..none
            },
            Self::DeleteService => Rule {
                needs: &[A::Service],
                ..none
            },
            Self::AddServer | Self::EditServer => Rule {
                needs: &[A::Service, A::Server],
                may: &[
                    A::Forward,
                    A::Weight,
                    A::UpperThreshold,
                    A::LowerThreshold,
                    A::TunType,
                    A::TunPort,
                    A::TunNocsum,
                    A::TunCsum,
                    A::TunRemcsum,
                ],
                ..none
            },
            Self::DeleteServer => Rule {
                needs: &[A::Service, A::Server],
                ..none
            },
            Self::List => Rule {
                one_of: &[A::Connection, A::Service, A::Timeout, A::Daemon],
                may: &[
                    A::Numeric,
                    A::Stats,
                    A::Rate,
                    A::Thresholds,
                    A::PersistentConn,
                    A::NoSort,
                    A::SyncId,
                    A::Exact,
                    A::TunInfo,
                    A::Watch,
                ],
                ..none
            },
            Self::Save => Rule {
                may: &[A::Numeric],
                ..none
            },
            Self::Zero => Rule {
                may: &[A::Service],
                ..none
            },
            Self::StartDaemon => Rule {
                may: &[
                    A::McastInterface,
                    A::SyncId,
                    A::McastGroup,
                    A::McastPort,
                    A::McastTtl,
                    A::SyncMaxlen,
                ],
                ..none
            },
            Self::StopDaemon => Rule {
                may: &[A::SyncId],
                ..none
            },
            Self::Flush | Self::Set | Self::Restore => none,
        }
    }
}

/// The options of a command: those it cannot do without, those it can have, and those of which it
/// can have one.
struct Rule {
    needs: &'static [Aspect],
    may: &'static [Aspect],
    one_of: &'static [Aspect],
}

/// What an option is about, in the order in which the original looks for mistakes. `-i`, `-g` and
/// `-m` are about the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    Numeric,
    Connection,
    Service,
    Scheduler,
    Persistent,
    Netmask,
    Server,
    Forward,
    Weight,
    UpperThreshold,
    LowerThreshold,
    McastInterface,
    Timeout,
    Daemon,
    Stats,
    Rate,
    Thresholds,
    PersistentConn,
    NoSort,
    SyncId,
    Exact,
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
    Watch,
}

impl Aspect {
    /// The name in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Connection => "connection",
            Self::Service => "service-address",
            Self::Scheduler => "scheduler",
            Self::Persistent => "persistent",
            Self::Netmask => "netmask",
            Self::Server => "real-server",
            Self::Forward => "forwarding-method",
            Self::Weight => "weight",
            Self::UpperThreshold => "u-threshold",
            Self::LowerThreshold => "l-threshold",
            Self::McastInterface => "mcast-interface",
            Self::Timeout => "timeout",
            Self::Daemon => "daemon",
            Self::Stats => "stats",
            Self::Rate => "rate",
            Self::Thresholds => "thresholds",
            Self::PersistentConn => "persistent-conn",
            Self::NoSort => "nosort",
            Self::SyncId => "syncid",
            Self::Exact => "exact",
            Self::Ops => "ops",
            Self::Engine => "pe",
            Self::SchedulerFlags => "sched-flags",
            Self::McastGroup => "mcast-group",
            Self::McastPort => "mcast-port",
            Self::McastTtl => "mcast-ttl",
            Self::SyncMaxlen => "sync-maxlen",
            Self::TunInfo => "tun-info",
            Self::TunType => "tun-type",
            Self::TunPort => "tun-port",
            Self::TunNocsum => "tun-nocsum",
            Self::TunCsum => "tun-csum",
            Self::TunRemcsum => "tun-remcsum",
            Self::Watch => "watch",
        }
    }
}

/// What the options that were given are about.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeSet<Aspect>);

impl Given {
    /// Notes an option, of which there can be only one of a kind.
    pub(super) fn note(&mut self, aspect: Aspect) -> Result<(), Misuse> {
        if self.0.insert(aspect) {
            return Ok(());
        }
        Err(Misuse::wrong(format!(
            "multiple '{}' options specified",
            aspect.name()
        )))
    }

    pub(super) fn has(&self, aspect: Aspect) -> bool {
        self.0.contains(&aspect)
    }

    pub(super) fn has_any(&self, aspects: &[Aspect]) -> bool {
        aspects.iter().any(|aspect| self.has(*aspect))
    }

    /// Whether the command has all options that it needs, and none that it cannot have.
    pub(super) fn check(&self, verb: Verb) -> Result<(), Misuse> {
        let Rule { needs, may, one_of } = verb.rule();
        let object = format!("the '{}' command", verb.name());
        check(&self.0, needs, may, one_of, &object)
    }
}

/// Finds the first option in the order of [`Aspect`] that is missing or in the way.
pub(super) fn check(
    given: &BTreeSet<Aspect>,
    needs: &[Aspect],
    may: &[Aspect],
    one_of: &[Aspect],
    object: &str,
) -> Result<(), Misuse> {
    let interesting: BTreeSet<Aspect> = given.iter().chain(needs).copied().collect();
    let mut one: Option<Aspect> = None;
    for aspect in interesting {
        let name = aspect.name();
        if !given.contains(&aspect) {
            return Err(Misuse::wrong(format!(
                "You need to supply the '{name}' option for {object}"
            )));
        }
        if one_of.contains(&aspect) {
            if let Some(other) = one {
                return Err(Misuse::wrong(format!(
                    "The option '{name}' conflicts with the '{}' option in {object}",
                    other.name()
                )));
            }
            one = Some(aspect);
        } else if !needs.contains(&aspect) && !may.contains(&aspect) {
            return Err(Misuse::wrong(format!(
                "Illegal '{name}' option with {object}"
            )));
        }
    }
    Ok(())
}
