//! What a handshake agreed on, as ab reports it.

use rustls::NamedGroup;
use rustls::pki_types::CertificateDer;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::super::wire::Wire;
use super::suites;

/// What a handshake agreed on. Displayed as in ab's line `SSL/TLS Protocol`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsParameters {
    /// `TLSv1.3`.
    pub version: String,
    /// OpenSSL's name of the cipher suite.
    pub suite: String,
    /// Bits of the key in the server's certificate; 0 if they are not known.
    pub key_bits: usize,
    /// Bits of the cipher's key.
    pub cipher_bits: u16,
    /// The server's temporary key, such as `X25519 253 bits`.
    pub temporary_key: Option<String>,
}

impl std::fmt::Display for TlsParameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            version,
            suite,
            key_bits,
            cipher_bits,
            ..
        } = self;
        write!(f, "{version},{suite},{key_bits},{cipher_bits}")
    }
}

impl TlsParameters {
    pub(crate) fn of(stream: &TlsStream<Wire>) -> Self {
        let connection = stream.get_ref().1;
        let version = connection.protocol_version();
        let suite = connection.negotiated_cipher_suite();
        let (suite, cipher_bits) = suite
            .map(|one| suites::describe(one.suite()))
            .unwrap_or_default();
        let group = connection.negotiated_key_exchange_group();
        let certificate = connection.peer_certificates().and_then(<[_]>::first);
        Self {
            version: version.map_or_else(String::new, |version| {
                format!("{version:?}").replace('_', ".")
            }),
            suite,
            key_bits: certificate.and_then(key_bits).unwrap_or_default(),
            cipher_bits,
            temporary_key: group.map(|group| temporary_key(group.name())),
        }
    }
}

/// As `EVP_PKEY_bits` counts them.
fn key_bits(certificate: &CertificateDer<'_>) -> Option<usize> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let key = certificate.public_key();
    match key.parsed().ok()? {
        PublicKey::RSA(key) => Some(key.key_size()),
        PublicKey::EC(point) => Some(point.key_size()),
        // The only other one that rustls takes is Ed25519, of which OpenSSL counts 253 bits.
        PublicKey::Unknown(_) => Some(253),
        _ => None,
    }
}

/// In ab's words.
fn temporary_key(group: NamedGroup) -> String {
    match group {
        NamedGroup::X25519 => "X25519 253 bits".to_owned(),
        NamedGroup::secp256r1 => "ECDH P-256 256 bits".to_owned(),
        NamedGroup::secp384r1 => "ECDH P-384 384 bits".to_owned(),
        other => format!("{other:?}"),
    }
}
