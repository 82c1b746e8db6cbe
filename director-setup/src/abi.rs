//! Numbers of the kernel's IPVS interface, from `include/uapi/linux/ip_vs.h` (Linux 6.12).
//!
//! What is younger than Linux 2.6.28 says so.
//!
//! Names without a comment are the kernel's own; `IPVS_CMD_NEW_SERVICE` is
//! [`Command::NewService`].

use neli::consts::genl::{Cmd, NlAttrType};
use neli::neli_enum;

/// `IPVS_GENL_NAME`: the name of the generic netlink family.
pub const FAMILY_NAME: &str = "IPVS";
/// `IPVS_GENL_VERSION`: the version in the generic netlink header; the kernel does not check it.
pub const FAMILY_VERSION: u8 = 1;

/// `IP_VS_SCHEDNAME_MAXLEN` less the terminating NUL: the longest scheduler name, in bytes.
pub const SCHEDULER_NAME_MAX: usize = 15;
/// `IP_VS_PENAME_MAXLEN`: the longest name of a persistence engine, in bytes.
pub const ENGINE_NAME_MAX: usize = 16;

/// `IP_VS_IFNAME_MAXLEN` less the terminating NUL: the longest name of a sync daemon's interface.
pub const INTERFACE_NAME_MAX: usize = 15;

/// `IP_VS_SVC_F_PERSISTENT`: connections of one client stay with one real server.
pub const SERVICE_PERSISTENT: u32 = 0x0001;
/// `IP_VS_SVC_F_HASHED`: the kernel's own mark of a service in its table; nobody's setting.
pub const SERVICE_HASHED: u32 = 0x0002;

/// `AF_INET` as a service's or a destination's family.
pub const FAMILY_IPV4: u16 = 2;
/// `AF_INET6` as a service's or a destination's family.
pub const FAMILY_IPV6: u16 = 10;

/// `IPVS_CMD_*`: what a message asks for or answers.
#[neli_enum(serialized_type = "u8")]
pub enum Command {
    NewService = 1,
    SetService = 2,
    DelService = 3,
    GetService = 4,
    NewDest = 5,
    SetDest = 6,
    DelDest = 7,
    GetDest = 8,
    NewDaemon = 9,
    DelDaemon = 10,
    GetDaemon = 11,
    SetConfig = 12,
    GetConfig = 13,
    SetInfo = 14,
    GetInfo = 15,
    Zero = 16,
    Flush = 17,
}

impl Cmd for Command {}

/// `IPVS_CMD_ATTR_*`: the attributes of a message.
#[neli_enum(serialized_type = "u16")]
pub enum CommandAttribute {
    Service = 1,
    Dest = 2,
    Daemon = 3,
    TimeoutTcp = 4,
    TimeoutTcpFin = 5,
    TimeoutUdp = 6,
}

impl NlAttrType for CommandAttribute {}

/// `IPVS_SVC_ATTR_*`: the attributes inside [`CommandAttribute::Service`].
#[neli_enum(serialized_type = "u16")]
pub enum ServiceAttribute {
    /// u16, host order.
    Family = 1,
    /// u16, host order.
    Protocol = 2,
    /// 16 bytes, network order; an IPv4 address is in the first four.
    Address = 3,
    /// u16, network order.
    Port = 4,
    /// u32, host order.
    FirewallMark = 5,
    /// Text with a terminating NUL.
    SchedulerName = 6,
    /// Two u32, host order: flags, and the mask of those that are meant.
    Flags = 7,
    /// u32, host order, seconds.
    Timeout = 8,
    /// IPv4: the mask in network order. IPv6: the prefix length as u32 in host order.
    Netmask = 9,
    /// [`StatisticsAttribute`]s of 32 bits, but for the bytes.
    Statistics = 10,
    /// Text with a terminating NUL.
    EngineName = 11,
    /// [`StatisticsAttribute`]s of 64 bits, since Linux 4.1.
    Statistics64 = 12,
}

impl NlAttrType for ServiceAttribute {}

/// `IPVS_DEST_ATTR_*`: the attributes inside [`CommandAttribute::Dest`].
#[neli_enum(serialized_type = "u16")]
pub enum DestinationAttribute {
    /// 16 bytes, network order; an IPv4 address is in the first four.
    Address = 1,
    /// u16, network order.
    Port = 2,
    /// u32, host order: `IP_VS_CONN_F_FWD_MASK`.
    ForwardingMethod = 3,
    /// u32, host order.
    Weight = 4,
    /// u32, host order, connections.
    UpperThreshold = 5,
    /// u32, host order, connections.
    LowerThreshold = 6,
    /// u32, host order.
    ActiveConnections = 7,
    /// u32, host order.
    InactiveConnections = 8,
    /// u32, host order.
    PersistentConnections = 9,
    /// [`StatisticsAttribute`]s of 32 bits, but for the bytes.
    Statistics = 10,
    /// u16, host order, since Linux 3.18; absent, it is the service's.
    Family = 11,
    /// [`StatisticsAttribute`]s of 64 bits, since Linux 4.1.
    Statistics64 = 12,
    /// u8, since Linux 5.2.
    TunnelType = 13,
    /// u16, network order, since Linux 5.2.
    TunnelPort = 14,
    /// u16, host order, since Linux 5.3.
    TunnelFlags = 15,
}

impl NlAttrType for DestinationAttribute {}

/// `IPVS_STATS_ATTR_*`: the attributes inside a nest of statistics.
#[neli_enum(serialized_type = "u16")]
pub enum StatisticsAttribute {
    Connections = 1,
    PacketsIn = 2,
    PacketsOut = 3,
    BytesIn = 4,
    BytesOut = 5,
    ConnectionsPerSecond = 6,
    PacketsInPerSecond = 7,
    PacketsOutPerSecond = 8,
    BytesInPerSecond = 9,
    BytesOutPerSecond = 10,
    Padding = 11,
}

impl NlAttrType for StatisticsAttribute {}

/// `IPVS_DAEMON_ATTR_*`: the attributes inside [`CommandAttribute::Daemon`].
#[neli_enum(serialized_type = "u16")]
pub enum DaemonAttribute {
    /// u32, host order: `IP_VS_STATE_MASTER` or `IP_VS_STATE_BACKUP`.
    State = 1,
    /// Text with a terminating NUL.
    MulticastInterface = 2,
    /// u32, host order.
    SyncId = 3,
    /// u16, host order, bytes; since Linux 4.3, as all below.
    SyncMaxLength = 4,
    /// Four bytes, network order.
    MulticastGroup = 5,
    /// 16 bytes, network order.
    MulticastGroup6 = 6,
    /// u16, host order, unlike all other ports.
    MulticastPort = 7,
    /// u8.
    MulticastTtl = 8,
}

impl NlAttrType for DaemonAttribute {}

/// `IPVS_INFO_ATTR_*`: the attributes of an answer to [`Command::GetInfo`].
#[neli_enum(serialized_type = "u16")]
pub enum InfoAttribute {
    /// u32, host order: one byte each for major, minor and patch.
    Version = 1,
    /// u32, host order, buckets.
    ConnectionTableSize = 2,
}

impl NlAttrType for InfoAttribute {}
