//! The lines above a listing.

use crate::Info;
use crate::ipvsadm::style::Columns;

const DEFAULT: &str = "\
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
";
const TUNNEL_INFO: &str = "\
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn
";
const STATISTICS: &str = "\
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
";
const RATES: &str = "\
Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
";
const THRESHOLDS: &str = "\
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n\
\x20 -> RemoteAddress:Port
";
const PERSISTENT_CONNECTIONS: &str = "\
Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n\
\x20 -> RemoteAddress:Port
";

/// The very first line, of a listing of all services.
pub(super) fn banner(info: Info) -> String {
    // The original prints the size as a signed number.
    let size = info.connection_table_size.cast_signed();
    format!("IP Virtual Server version {} (size={size})\n", info.version)
}

/// The names of the columns.
pub(super) const fn title(columns: Columns) -> &'static str {
    match columns {
        Columns::Default => DEFAULT,
        Columns::TunnelInfo => TUNNEL_INFO,
        Columns::Statistics => STATISTICS,
        Columns::Rates => RATES,
        Columns::Thresholds => THRESHOLDS,
        Columns::PersistentConnections => PERSISTENT_CONNECTIONS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    #[test]
    fn the_banner_has_version_and_size() {
        let info = Info {
            version: Version::from(0x01_02_01),
            connection_table_size: 4096,
        };
        assert_eq!(
            banner(info),
            "IP Virtual Server version 1.2.1 (size=4096)\n"
        );
    }

    /// As the original's `printf` formats them.
    #[test]
    fn the_titles_stand_over_their_columns() {
        let first = "Prot LocalAddress:Port";
        let second = "  -> RemoteAddress:Port\n";
        let padded = |columns: &[String]| format!("{first:<33} {}\n{second}", columns.join(" "));

        let counters = |names: [&str; 5]| padded(&names.map(|name| format!("{name:>8}")));
        assert_eq!(
            title(Columns::Statistics),
            counters(["Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"])
        );
        assert_eq!(
            title(Columns::Rates),
            counters(["CPS", "InPPS", "OutPPS", "InBPS", "OutBPS"])
        );

        let settings = |names: [(&str, usize); 4]| {
            padded(&names.map(|(name, width)| format!("{name:<width$}")))
        };
        let [active, inactive] = [("ActiveConn", 10), ("InActConn", 10)];
        assert_eq!(
            title(Columns::Thresholds),
            settings([("Uthreshold", 10), ("Lthreshold", 10), active, inactive])
        );
        assert_eq!(
            title(Columns::PersistentConnections),
            settings([("Weight", 9), ("PersistConn", 11), active, inactive])
        );
    }
}
