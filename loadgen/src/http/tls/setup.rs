//! How TLS is to be spoken, as it was asked for.

use std::path::Path;
use std::sync::Arc;

use rustls::client::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ConfigBuilder, RootCertStore, SupportedProtocolVersion, WantsVerifier};

use super::suites::{self, UnknownSuite};
use super::trust::Unverified;
use super::{Tls, Trust};
use crate::Protocol;

/// Versions of TLS that are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    All,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
}

impl TlsVersions {
    fn supported(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Self::All => vec![&TLS13, &TLS12],
            Self::Tls12 => vec![&TLS12],
            Self::Tls13 => vec![&TLS13],
        }
    }
}

/// What can be chosen of TLS.
#[derive(Clone, Copy, Debug)]
pub struct TlsSetup<'a> {
    /// Which certificates of the server are accepted.
    pub trust: Trust<'a>,
    /// Versions that are offered.
    pub versions: TlsVersions,
    /// Names of cipher suites, IANA's or OpenSSL's, separated by colons. Of a version of which none
    /// is named, all are offered.
    pub suites: Option<&'a str>,
    /// A PEM file with the client's chain of certificates and its key.
    pub certificate: Option<&'a Path>,
    /// Do not name the host in the handshake.
    pub omit_server_name: bool,
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
    /// The file of the client's certificate and key.
    #[error(
        "cannot use the client certificate {file}: {reason}; write a PEM file with the chain of \
         certificates and the private key"
    )]
    Certificate {
        /// The file as it was named.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A cipher suite.
    #[error(transparent)]
    Suite(#[from] UnknownSuite),
    /// The host's name.
    #[error("a certificate cannot be for this host name")]
    Name(#[from] InvalidDnsNameError),
    /// rustls.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

impl<'a> TlsSetup<'a> {
    /// Every version and suite, no client certificate, and the host's name in the handshake.
    pub fn new(trust: Trust<'a>) -> Self {
        Self {
            trust,
            versions: TlsVersions::All,
            suites: None,
            certificate: None,
            omit_server_name: false,
        }
    }

    /// Reads the files. `host` is the name or address in the certificate, and in the handshake.
    pub fn build(&self, host: &str, protocol: Protocol) -> Result<Tls, BadTls> {
        let mut provider = ring::default_provider();
        if let Some(names) = self.suites {
            suites::choose(&mut provider.cipher_suites, names)?;
        }
        let provider = Arc::new(provider);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.versions.supported())?;
        let mut config = self.config(builder, provider)?;
        config.enable_sni = !self.omit_server_name;
        config.alpn_protocols = match protocol {
            Protocol::Http2 => vec![b"h2".to_vec()],
            Protocol::Http11 => vec![b"http/1.1".to_vec()],
            Protocol::Http10 => Vec::new(),
        };
        Ok(Tls {
            name: ServerName::try_from(host.to_owned())?,
            config: Arc::new(config),
        })
    }

    fn config(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
        provider: Arc<CryptoProvider>,
    ) -> Result<ClientConfig, BadTls> {
        let builder = match self.trust {
            Trust::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Unverified(provider))),
            Trust::WebAuthorities => builder.with_root_certificates(web_authorities()),
            Trust::Authorities(file) => builder.with_root_certificates(authorities(file)?),
        };
        let Some(file) = self.certificate else {
            return Ok(builder.with_no_client_auth());
        };
        let wrong = |reason: String| BadTls::Certificate {
            file: file.display().to_string(),
            reason,
        };
        let chain = certificates(file).map_err(wrong)?;
        let key = PrivateKeyDer::from_pem_file(file).map_err(|error| wrong(error.to_string()))?;
        let config = builder.with_client_auth_cert(chain, key);
        config.map_err(|error| wrong(error.to_string()))
    }
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
    for certificate in certificates(file).map_err(wrong)? {
        store
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(store)
}

/// The certificates of a PEM file, at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let all = CertificateDer::pem_file_iter(file).map_err(|error| error.to_string())?;
    let all: Vec<_> = all
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    if all.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(all)
}
