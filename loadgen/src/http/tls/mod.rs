//! TLS by rustls, with ring.

mod parameters;
mod setup;
mod suites;
mod trust;

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::wire::Wire;
use crate::cause::Cause;
use crate::{ErrorClass, Protocol};

pub use parameters::TlsParameters;
pub use setup::{BadTls, TlsSetup, TlsVersions};
pub use suites::UnknownSuite;
pub use trust::Trust;

/// TLS that is ready to be spoken.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// TLS towards the host of this name or address, which also is the SNI.
    pub fn new(host: &str, trust: Trust<'_>, protocol: Protocol) -> Result<Self, BadTls> {
        TlsSetup::new(trust).build(host, protocol)
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
