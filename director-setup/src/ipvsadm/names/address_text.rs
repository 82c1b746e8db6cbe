//! The text of an address, as glibc writes it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address in the words of glibc's `inet_ntop` (`resolv/inet_ntop.c`, glibc 2.36).
///
/// std agrees with it but for IPv6 addresses that begin with exactly 96 zero bits, the old
/// "IPv4-compatible" ones: glibc ends them in dotted decimals, `::1.2.3.4`. An address with more
/// leading zeros (`::1`, `::ffff`) is not taken for one by either.
pub(crate) struct AddressText(pub IpAddr);

impl fmt::Display for AddressText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => match compatible(address) {
                Some(end) => write!(f, "::{end}"),
                None => address.fmt(f),
            },
        }
    }
}

/// The last four bytes of an address that begins with exactly 96 zero bits, to the word.
fn compatible(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 1..=u16::MAX, _] => {
            let [.., a, b, c, d] = address.octets();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(address: &str) -> String {
        AddressText(address.parse().expect("an address")).to_string()
    }

    /// Each as Python's `socket.inet_ntop` prints it, which is glibc's.
    #[test]
    fn ipv6_addresses_are_written_as_glibc_does() {
        for written in [
            "::",
            "::1",
            "::ffff",
            "::1.2.3.4",
            "::0.1.0.0",
            "::0.1.0.2",
            "::ffff:1.2.3.4",
            "::ffff:0.0.0.0",
            "::ffff:0:102:304",
            "::1:ffff:102:304",
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "2001::1:0:0:1",
            "1:2:3:4:5:6::",
            "1:2:3:4:5:6:7:0",
            "0:1:2:3:4:5:6:7",
            "::2:3:4:5:6:7",
            "64:ff9b::102:304",
        ] {
            assert_eq!(text(written), written);
        }
    }

    #[test]
    fn ipv4_addresses_are_dotted_decimals() {
        assert_eq!(text("192.168.0.1"), "192.168.0.1");
    }
}
