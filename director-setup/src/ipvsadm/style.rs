//! How a listing is to look.

/// The look of a listing: what the options of `-L` and `-S` choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Style {
    /// What is said of each service and real server.
    pub columns: Columns,
    /// Addresses and ports as numbers (`-n`); otherwise the system is asked for their names.
    pub numeric: bool,
    /// Large counters to the last digit (`--exact`) rather than in thousands, millions, ….
    pub exact: bool,
    /// In which order services and real servers are listed.
    pub order: Order,
}

/// The columns of a listing. Where several were asked for, the first one here is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Columns {
    /// Totals since the counters were zeroed (`--stats`).
    Statistics,
    /// Rates per second (`--rate`).
    Rates,
    /// Connection thresholds (`--thresholds`).
    Thresholds,
    /// Templates of persistent clients (`--persistent-conn`); in a listing of connections the
    /// data of the persistence engine.
    PersistentConnections,
    /// Forwarding, weight and connections, with the encapsulation (`--tun-info`).
    TunnelInfo,
    /// Forwarding, weight and connections.
    #[default]
    Default,
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Order {
    /// As [`order`](super::order) compares.
    #[default]
    Sorted,
    /// As the kernel lists them (`--nosort`): of real servers the last added first.
    Kernel,
}
