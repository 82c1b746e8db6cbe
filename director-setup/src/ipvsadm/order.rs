//! The order of a sorted listing, to the last detail that of ipvsadm 1.31.
//!
//! It compares by subtracting unsigned 32-bit numbers and reading the difference as a signed one.
//! That is no order at all once values lie 2^31 or further apart: 0.0.0.1 comes before 100.0.0.1,
//! that before 200.0.0.1, and that again before 0.0.0.1. What such a comparison makes of a list
//! depends on the algorithm, so std's sorts, which may panic on it, will not do. ipvsadm calls
//! glibc's `qsort`, a merge sort from the top down as long as the list takes less than a quarter of
//! the memory (`stdlib/msort.c`, glibc 2.36), and so does this module.

use std::net::{IpAddr, SocketAddr};

use crate::{AddressFamily, RealServerEntry, ServiceEntry, ServiceKey};

use super::style::Order;

/// The services in this order.
pub(super) fn services(entries: &[ServiceEntry], order: Order) -> Vec<&ServiceEntry> {
    in_order(entries, order, |a, b| {
        compare_services(&a.service.key, &b.service.key)
    })
}

/// The real servers of a service in this order.
pub(super) fn servers(entries: &[RealServerEntry], order: Order) -> Vec<&RealServerEntry> {
    in_order(entries, order, |a, b| {
        compare_servers(a.server.address, b.server.address)
    })
}

fn in_order<T>(entries: &[T], order: Order, compare: impl Fn(&T, &T) -> i32) -> Vec<&T> {
    let mut entries: Vec<&T> = entries.iter().collect();
    if order == Order::Sorted {
        let mut scratch = Vec::with_capacity(entries.len());
        merge_sort(&mut entries, &mut scratch, &|a, b| compare(a, b));
    }
    entries
}

/// Which halves there are and which one is taken from when both are alike decides over the result,
/// see the module's text.
fn merge_sort<T: Copy>(items: &mut [T], scratch: &mut Vec<T>, compare: &impl Fn(T, T) -> i32) {
    if items.len() < 2 {
        return;
    }
    let (first, second) = items.split_at_mut(items.len() / 2);
    merge_sort(first, scratch, compare);
    merge_sort(second, scratch, compare);

    scratch.clear();
    let (mut left, mut right) = (0, 0);
    while left < first.len() && right < second.len() {
        if compare(first[left], second[right]) <= 0 {
            scratch.push(first[left]);
            left += 1;
        } else {
            scratch.push(second[right]);
            right += 1;
        }
    }
    // What remains of the second half is in its place already.
    scratch.extend_from_slice(&first[left..]);
    items[..scratch.len()].copy_from_slice(scratch);
}

/// By firewall mark, 0 for none; then family, protocol, address, port.
fn compare_services(a: &ServiceKey, b: &ServiceKey) -> i32 {
    first_difference([
        difference(mark(a), mark(b)),
        difference(family(a.family()), family(b.family())),
    ])
    .unwrap_or_else(|| match (a, b) {
        (
            ServiceKey::Address { protocol, address },
            ServiceKey::Address {
                protocol: other_protocol,
                address: other_address,
            },
        ) => match i32::from(protocol.number()) - i32::from(other_protocol.number()) {
            0 => compare_servers(*address, *other_address),
            unlike => unlike,
        },
        _ => 0,
    })
}

/// By address, then port. The first one's family decides how much of the addresses is compared;
/// what an IPv4 address lacks counts as zero.
fn compare_servers(a: SocketAddr, b: SocketAddr) -> i32 {
    let compared = if a.is_ipv6() { 4 } else { 1 };
    let (words, other_words) = (words(a.ip()), words(b.ip()));
    let differences = words.into_iter().zip(other_words).take(compared);
    first_difference(differences.map(|(word, other)| difference(word, other)))
        .unwrap_or_else(|| i32::from(a.port()) - i32::from(b.port()))
}

fn first_difference(differences: impl IntoIterator<Item = i32>) -> Option<i32> {
    differences.into_iter().find(|&difference| difference != 0)
}

const fn difference(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

fn mark(key: &ServiceKey) -> u32 {
    match key {
        ServiceKey::Address { .. } => 0,
        ServiceKey::FirewallMark { mark, .. } => mark.get(),
    }
}

/// `AF_INET` or `AF_INET6` (`include/linux/socket.h`).
const fn family(family: AddressFamily) -> u32 {
    match family {
        AddressFamily::Ipv4 => 2,
        AddressFamily::Ipv6 => 10,
    }
}

fn words(address: IpAddr) -> [u32; 4] {
    match address {
        IpAddr::V4(address) => [address.to_bits(), 0, 0, 0],
        IpAddr::V6(address) => {
            let segments = address.segments().map(u32::from);
            [0, 2, 4, 6].map(|place| segments[place] << 16 | segments[place + 1])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Forwarding, RealServer};

    fn sorted_servers(addresses: &[&str]) -> Vec<String> {
        let entries: Vec<_> = addresses
            .iter()
            .map(|address| RealServerEntry {
                server: RealServer::new(address.parse().expect("an address"), Forwarding::Nat),
                connections: crate::ConnectionCounts::default(),
                statistics: crate::Statistics::default(),
            })
            .collect();
        let sorted = servers(&entries, Order::Sorted);
        sorted
            .iter()
            .map(|entry| entry.server.address.to_string())
            .collect()
    }

    fn sorted_services(keys: &[&str]) -> Vec<String> {
        let entries: Vec<_> = keys
            .iter()
            .map(|key| ServiceEntry {
                service: crate::Service::new(
                    key.parse().expect("a key"),
                    crate::Scheduler::RoundRobin,
                ),
                statistics: crate::Statistics::default(),
            })
            .collect();
        let sorted = services(&entries, Order::Sorted);
        sorted
            .iter()
            .map(|entry| entry.service.key.to_string())
            .collect()
    }

    #[test]
    fn servers_are_ordered_by_address_then_port() {
        assert_eq!(
            sorted_servers(&["10.0.0.2:80", "10.0.0.1:81", "10.0.0.1:80", "9.0.0.1:99"]),
            ["9.0.0.1:99", "10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80"]
        );
        assert_eq!(
            sorted_servers(&[
                "[2001:db8::2]:80",
                "[2001:db8::1]:81",
                "[2001:db8:0:1::]:80"
            ]),
            [
                "[2001:db8::1]:81",
                "[2001:db8::2]:80",
                "[2001:db8:0:1::]:80"
            ]
        );
    }

    /// What ipvsadm 1.31 with glibc 2.36 makes of these addresses in this order.
    #[test]
    fn addresses_far_apart_come_out_as_the_original_has_them() {
        assert_eq!(
            sorted_servers(&[
                "200.0.0.1:80",
                "100.0.0.1:80",
                "0.0.0.1:80",
                "127.0.0.1:80",
                "255.0.0.1:80",
                "130.0.0.1:80",
                "1.0.0.1:80",
            ]),
            [
                "127.0.0.1:80",
                "130.0.0.1:80",
                "200.0.0.1:80",
                "255.0.0.1:80",
                "0.0.0.1:80",
                "1.0.0.1:80",
                "100.0.0.1:80",
            ]
        );
    }

    #[test]
    fn services_are_ordered_by_mark_family_protocol_address_and_port() {
        assert_eq!(
            sorted_services(&[
                "fwmark 7 ipv4",
                "fwmark 4294967295 ipv6",
                "fwmark 5 ipv6",
                "fwmark 5 ipv4",
                "tcp [2001:db8::1]:80",
                "sctp 192.0.2.1:80",
                "udp 192.0.2.1:53",
                "tcp 192.0.2.1:443",
                "tcp 192.0.2.1:80",
                "tcp 191.0.2.1:80",
            ]),
            [
                "fwmark 4294967295 ipv6",
                "tcp 191.0.2.1:80",
                "tcp 192.0.2.1:80",
                "tcp 192.0.2.1:443",
                "udp 192.0.2.1:53",
                "sctp 192.0.2.1:80",
                "tcp [2001:db8::1]:80",
                "fwmark 5 ipv4",
                "fwmark 5 ipv6",
                "fwmark 7 ipv4",
            ]
        );
    }

    #[test]
    fn equals_keep_the_kernels_order() {
        let numbers = [3, 1, 2, 1, 3, 2, 1];
        let mut places: Vec<usize> = (0..numbers.len()).collect();
        merge_sort(&mut places, &mut Vec::new(), &|a, b| {
            numbers[a] - numbers[b]
        });
        assert_eq!(places, [1, 3, 6, 2, 5, 0, 4]);
    }
}
