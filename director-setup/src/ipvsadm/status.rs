//! Timeouts and synchronisation daemons, as `-L --timeout` and `-L --daemon` say them.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use crate::{SyncDaemon, Timeouts};

use super::names::AddressText;

/// Writes the connection timeouts.
pub(super) fn timeouts(timeouts: &Timeouts, out: &mut impl Write) -> io::Result<()> {
    let Timeouts { tcp, tcp_fin, udp } = *timeouts;
    // The seconds are signed in the original; the kernel takes no more than fit in.
    let [tcp, tcp_fin, udp] = [tcp, tcp_fin, udp].map(u32::cast_signed);
    writeln!(out, "Timeout (tcp tcpfin udp): {tcp} {tcp_fin} {udp}")
}

/// Writes the synchronisation daemons, a line for each.
pub(super) fn daemons(daemons: &[SyncDaemon], out: &mut impl Write) -> io::Result<()> {
    daemons
        .iter()
        .try_for_each(|daemon| writeln!(out, "{}", DaemonText(daemon)))
}

/// A daemon; settings that the kernel does not tell of, or as 0, are left out.
struct DaemonText<'a>(&'a SyncDaemon);

impl fmt::Display for DaemonText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let daemon = self.0;
        let sync_id = daemon.sync_id.cast_signed();
        write!(
            f,
            "{} sync daemon (mcast={}, syncid={sync_id}",
            daemon.role, daemon.interface
        )?;
        if let Some(length) = daemon.max_length.filter(|&length| length != 0) {
            write!(f, ", maxlen={length}")?;
        }
        if let Some(group) = daemon.group {
            write!(f, ", group={}", AddressText(group))?;
        }
        if let Some(port) = daemon.port.filter(|&port| port != 0) {
            write!(f, ", port={port}")?;
        }
        if let Some(ttl) = daemon.ttl.filter(|&ttl| ttl != 0) {
            write!(f, ", ttl={ttl}")?;
        }
        f.write_char(')')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SyncRole;

    fn said(daemon: SyncDaemon) -> String {
        let mut text = Vec::new();
        daemons(&[daemon], &mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("words")
    }

    #[test]
    fn timeouts_are_one_line() {
        let mut text = Vec::new();
        let (tcp, tcp_fin, udp) = (900, 120, 300);
        timeouts(&Timeouts { tcp, tcp_fin, udp }, &mut text).expect("a vector takes everything");
        assert_eq!(text, b"Timeout (tcp tcpfin udp): 900 120 300\n");
    }

    #[test]
    fn a_daemon_tells_all_its_settings() {
        let daemon = SyncDaemon {
            sync_id: 7,
            max_length: Some(1472),
            group: Some([224, 0, 0, 81].into()),
            port: Some(8848),
            ttl: Some(1),
            ..SyncDaemon::new(SyncRole::Master, "d0")
        };
        assert_eq!(
            said(daemon),
            "master sync daemon (mcast=d0, syncid=7, maxlen=1472, group=224.0.0.81, port=8848, \
             ttl=1)\n"
        );
    }

    #[test]
    fn a_daemon_of_an_old_kernel_tells_little() {
        assert_eq!(
            said(SyncDaemon::new(SyncRole::Backup, "eth0")),
            "backup sync daemon (mcast=eth0, syncid=0)\n"
        );
    }
}
