//! The kernel's hashes.

use std::net::IpAddr;

/// `GOLDEN_RATIO_32` in `include/linux/hash.h`, Linux 4.7 and later.
const GOLDEN_RATIO_32: u32 = 0x61C8_8647;

/// `hash_32` of `include/linux/hash.h`: the top `bits` of the product, 1 to 32.
pub(super) const fn hash_32(value: u32, bits: u32) -> u32 {
    value.wrapping_mul(GOLDEN_RATIO_32) >> (u32::BITS - bits)
}

/// An address as the hashing schedulers see it: the words of IPv6 are folded by XOR.
pub(super) fn fold(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let word = |shift: u32| u32::try_from(bits >> shift & 0xFFFF_FFFF).unwrap_or_default();
            // The kernel folds the words in network order and converts the result.
            word(0) ^ word(32) ^ word(64) ^ word(96)
        }
    }
}

/// `hsiphash` of a `u32` on a 64-bit little-endian kernel: SipHash-1-3 cut to 32 bits
/// (`__hsiphash_unaligned` in `lib/siphash.c`, Linux 6.1). Both halves of mh's keys are alike.
pub(super) const fn hsiphash(value: u32, key: u64) -> u32 {
    // `SIPHASH_CONST_0` to `_3`: "somepseudorandomlygeneratedbytes".
    let mut v = [
        0x736f_6d65_7073_6575 ^ key,
        0x646f_7261_6e64_6f6d ^ key,
        0x6c79_6765_6e65_7261 ^ key,
        0x7465_6462_7974_6573 ^ key,
    ];
    let block = 4 << 56 | value as u64;
    v[3] ^= block;
    v = round(v);
    v[0] ^= block;
    v[2] ^= 0xff;
    v = round(round(round(v)));
    let mixed = v[0] ^ v[1] ^ v[2] ^ v[3];
    #[expect(
        clippy::cast_possible_truncation,
        reason = "hsiphash is the lower half"
    )]
    let half = mixed as u32;
    half
}

/// `SIPROUND` of `include/linux/siphash.h`.
const fn round([mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
    a = a.wrapping_add(b);
    b = b.rotate_left(13) ^ a;
    a = a.rotate_left(32);
    c = c.wrapping_add(d);
    d = d.rotate_left(16) ^ c;
    a = a.wrapping_add(d);
    d = d.rotate_left(21) ^ a;
    c = c.wrapping_add(b);
    b = b.rotate_left(17) ^ c;
    c = c.rotate_left(32);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn hash_32_takes_the_top_bits() {
        assert_eq!(hash_32(1, 8), 0x61);
        assert_eq!(hash_32(0xFFFF_FFFF, 8), 0x9E);
        assert_eq!(hash_32(0, 10), 0);
    }

    #[test]
    fn the_words_of_ipv6_are_folded() {
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 0x42);
        assert_eq!(fold(address.into()), 0x2001_0db8 ^ 1 ^ 0x42);
        assert_eq!(fold(Ipv4Addr::new(192, 168, 0, 1).into()), 0xC0A8_0001);
    }
}
