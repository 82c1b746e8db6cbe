//! Cipher suites by the names that OpenSSL and IANA give them.

use rustls::{CipherSuite, SupportedCipherSuite};
use thiserror::Error;

/// OpenSSL's name, IANA's name, and the bits of the cipher's key (openssl-ciphers(1), RFC 8446
/// B.4, RFC 5289, RFC 7905).
const NAMES: [(&str, &str, u16, CipherSuite); 9] = {
    use CipherSuite as C;
    [
        (
            "TLS_AES_256_GCM_SHA384",
            "TLS_AES_256_GCM_SHA384",
            256,
            C::TLS13_AES_256_GCM_SHA384,
        ),
        (
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_128_GCM_SHA256",
            128,
            C::TLS13_AES_128_GCM_SHA256,
        ),
        (
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_CHACHA20_POLY1305_SHA256",
            256,
            C::TLS13_CHACHA20_POLY1305_SHA256,
        ),
        (
            "ECDHE-ECDSA-AES256-GCM-SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            256,
            C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        ),
        (
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            128,
            C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        ),
        (
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            256,
            C::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
        (
            "ECDHE-RSA-AES256-GCM-SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            256,
            C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ),
        (
            "ECDHE-RSA-AES128-GCM-SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            128,
            C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ),
        (
            "ECDHE-RSA-CHACHA20-POLY1305",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            256,
            C::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
    ]
};

/// There is no such cipher suite here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown cipher suite '{name}'; there are {}", NAMES.map(|(name, ..)| name).join(", "))]
pub struct UnknownSuite {
    /// What was typed.
    pub name: String,
}

/// Leaves those that are named, in the order named. Of a version of which none is named, all stay,
/// as with OpenSSL's list of suites of TLS 1.2.
pub(super) fn choose(
    suites: &mut Vec<SupportedCipherSuite>,
    list: &str,
) -> Result<(), UnknownSuite> {
    let named = list
        .split(':')
        .map(by_name)
        .collect::<Result<Vec<_>, _>>()?;
    let place = |suite: &SupportedCipherSuite| named.iter().position(|n| *n == suite.suite());
    let is_named = |suite: &SupportedCipherSuite| place(suite).is_some();
    let chosen = suites.iter().filter(|suite| is_named(suite));
    let restricted: Vec<_> = chosen.map(SupportedCipherSuite::version).collect();
    suites.retain(|suite| is_named(suite) || !restricted.contains(&suite.version()));
    suites.sort_by_key(|suite| place(suite).unwrap_or(named.len()));
    Ok(())
}

fn by_name(name: &str) -> Result<CipherSuite, UnknownSuite> {
    let same = |other: &str| other.eq_ignore_ascii_case(name.trim());
    let found = NAMES
        .iter()
        .find(|(openssl, iana, ..)| same(openssl) || same(iana));
    found.map(|(.., suite)| *suite).ok_or_else(|| UnknownSuite {
        name: name.to_owned(),
    })
}

/// OpenSSL's name of a suite, and the bits of its cipher's key.
pub(super) fn describe(suite: CipherSuite) -> (String, u16) {
    let found = NAMES.iter().find(|(.., own)| *own == suite);
    found.map_or_else(
        || (format!("{suite:?}"), 0),
        |(name, _, bits, _)| ((*name).to_owned(), *bits),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(names: &str) -> Vec<String> {
        let mut suites = rustls::crypto::ring::ALL_CIPHER_SUITES.to_vec();
        choose(&mut suites, names).unwrap();
        suites
            .iter()
            .map(|suite| describe(suite.suite()).0)
            .collect()
    }

    #[test]
    fn every_suite_that_there_is_has_a_name() {
        let suites = rustls::crypto::ring::ALL_CIPHER_SUITES;
        assert_eq!(suites.len(), NAMES.len());
        for suite in suites {
            assert!(describe(suite.suite()).1 >= 128, "{suite:?}");
        }
    }

    #[test]
    fn suites_of_a_version_that_is_not_named_stay() {
        let one = left("ECDHE-RSA-AES128-GCM-SHA256");
        assert_eq!(one.len(), 4, "{one:?}");
        assert_eq!(one[0], "ECDHE-RSA-AES128-GCM-SHA256");
        let both = left("TLS_AES_128_GCM_SHA256:tls_ecdhe_rsa_with_aes_256_gcm_sha384");
        assert_eq!(
            both,
            ["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
        );
    }

    #[test]
    fn an_unknown_suite_is_named_with_those_that_there_are() {
        let error = choose(&mut Vec::new(), "RC4-MD5").unwrap_err().to_string();
        assert!(error.contains("'RC4-MD5'"), "{error}");
        assert!(error.contains("ECDHE-RSA-AES128-GCM-SHA256"), "{error}");
    }
}
