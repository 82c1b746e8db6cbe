//! `include/linux/hash.h` and `lib/siphash.c` on a 64-bit machine.

use std::net::IpAddr;

/// `hash_32`.
pub fn hash_32(val: u32, bits: u32) -> usize {
    (val.wrapping_mul(0x61C8_8647) >> (32 - bits)) as usize
}

/// `ntohl(addr_fold)`.
pub fn addr_fold(addr: IpAddr) -> u32 {
    match addr {
        IpAddr::V4(addr) => u32::from_be_bytes(addr.octets()),
        IpAddr::V6(addr) => {
            let octets = addr.octets();
            let words = octets.chunks(4).map(|word| {
                let word: [u8; 4] = word.try_into().expect("16 octets are four words");
                u32::from_be_bytes(word)
            });
            words.fold(0, |fold, word| fold ^ word)
        }
    }
}

/// `hsiphash_1u32` with both halves of the key alike.
pub fn hsiphash_1u32(first: u32, key: u64) -> u32 {
    let mut v0 = 0x736f_6d65_7073_6575_u64 ^ key;
    let mut v1 = 0x646f_7261_6e64_6f6d_u64 ^ key;
    let mut v2 = 0x6c79_6765_6e65_7261_u64 ^ key;
    let mut v3 = 0x7465_6462_7974_6573_u64 ^ key;
    let b = (4_u64 << 56) | u64::from(first);
    v3 ^= b;
    for round in 0..4 {
        if round == 1 {
            v0 ^= b;
            v2 ^= 0xff;
        }
        v0 = v0.wrapping_add(v1);
        v1 = v1.rotate_left(13);
        v1 ^= v0;
        v0 = v0.rotate_left(32);
        v2 = v2.wrapping_add(v3);
        v3 = v3.rotate_left(16);
        v3 ^= v2;
        v0 = v0.wrapping_add(v3);
        v3 = v3.rotate_left(21);
        v3 ^= v0;
        v2 = v2.wrapping_add(v1);
        v1 = v1.rotate_left(17);
        v1 ^= v2;
        v2 = v2.rotate_left(32);
    }
    let bytes = (v0 ^ v1 ^ v2 ^ v3).to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
