//! TLS by rustls, with ring.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::wire::Wire;
use crate::cause::Cause;
use crate::{ErrorClass, Protocol};

/// Which certificates of the server are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust<'a> {
    /// Those that Mozilla's list of authorities leads to.
    WebAuthorities,
    /// Those that the authorities of this PEM file lead to.
    Authorities(&'a Path),
    /// All. Whoever is on the way can be the server.
    Anything,
}

/// TLS that is ready to be spoken.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// TLS cannot be set up so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadTls {
    /// The file of authorities.
    #[error("cannot read certificates from {file}: {reason}")]
    Authorities {
        /// The file as it was named.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host's name.
    #[error("a certificate cannot be for this host name")]
    Name(#[from] InvalidDnsNameError),
    /// rustls.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

impl Tls {
    /// TLS towards the host of this name or address, which also is the SNI.
    pub fn new(host: &str, trust: Trust<'_>, protocol: Protocol) -> Result<Self, BadTls> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let mut config = match trust {
            Trust::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Unverified(provider)))
                .with_no_client_auth(),
            Trust::WebAuthorities => builder
                .with_root_certificates(web_authorities())
                .with_no_client_auth(),
            Trust::Authorities(file) => builder
                .with_root_certificates(authorities(file)?)
                .with_no_client_auth(),
        };
        config.alpn_protocols = match protocol {
            Protocol::Http2 => vec![b"h2".to_vec()],
            Protocol::Http11 => vec![b"http/1.1".to_vec()],
            Protocol::Http10 => Vec::new(),
        };
        let name = ServerName::try_from(host.to_owned())?;
        Ok(Self {
            config: Arc::new(config),
            name,
        })
    }

    pub(crate) async fn handshake(&self, wire: Wire) -> Result<TlsStream<Wire>, Cause> {
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector
            .connect(self.name.clone(), wire)
            .await
            .map_err(|error| match Cause::from(&error) {
                // Whoever ends a handshake, or answers it with something else, has no TLS for us.
                Cause::Closed | Cause::Malformed => Cause::Local(ErrorClass::Tls),
                cause => cause,
            })
    }
}

/// Version, cipher suite and key exchange of a connection.
pub(crate) fn parameters(stream: &TlsStream<Wire>) -> (String, String, String) {
    let connection = stream.get_ref().1;
    let version = connection.protocol_version();
    let suite = connection.negotiated_cipher_suite();
    let group = connection.negotiated_key_exchange_group();
    let or_unknown = |name: Option<String>| name.unwrap_or_else(|| "unknown".to_owned());
    (
        or_unknown(version.map(|version| format!("{version:?}").replace('_', "."))),
        or_unknown(suite.map(|suite| format!("{:?}", suite.suite()))),
        or_unknown(group.map(|group| format!("{:?}", group.name()))),
    )
}

fn web_authorities() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

fn authorities(file: &Path) -> Result<RootCertStore, BadTls> {
    let wrong = |reason: String| BadTls::Authorities {
        file: file.display().to_string(),
        reason,
    };
    let mut store = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("there is none in it".to_owned()));
    }
    Ok(store)
}

/// Accepts every certificate; that the server has its key is still checked.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
