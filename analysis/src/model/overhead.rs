//! The load that lc and wlc compare.

use super::Candidate;

/// How a kernel weighs open against closed connections (`ip_vs_dest_conn_overhead` in
/// `include/net/ip_vs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overhead {
    /// `active * 256 + inactive`: Linux 6.1 and before.
    ActiveAndInactive,
    /// `active * 256 + (active + inactive)`: seen in Linux 6.12 and 7.2. Which release between 6.1
    /// and 6.12 changed it is not established; [`Overhead::of_kernel`] takes 6.12.
    ActiveAndTotal,
}

impl Overhead {
    /// The formula of a kernel release, for instance `6.1.176` or `6.12.101+deb13`.
    ///
    /// A release that does not begin with two numbers counts as 6.1, the lab's reference. The two
    /// formulas order servers alike in nearly all cases.
    pub fn of_kernel(release: &str) -> Self {
        if version(release) >= Some((6, 12)) {
            Self::ActiveAndTotal
        } else {
            Self::ActiveAndInactive
        }
    }

    /// What an open connection weighs when a closed one weighs 1.
    pub const fn of_open_connection(self) -> u64 {
        match self {
            Self::ActiveAndInactive => 256,
            Self::ActiveAndTotal => 257,
        }
    }

    /// The load of one real server.
    pub(super) fn of(self, server: &Candidate) -> u64 {
        self.of_open_connection() * u64::from(server.active) + u64::from(server.inactive)
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_from_6_12_on_count_the_open_connection_twice() {
        for (release, weight) in [
            ("5.10.0-30-amd64", 256),
            ("6.1.176", 256),
            ("6.12.101+deb13", 257),
            ("7.2", 257),
            ("unknown", 256),
            ("", 256),
        ] {
            let overhead = Overhead::of_kernel(release);
            assert_eq!(overhead.of_open_connection(), weight, "{release}");
        }
    }
}
