//! Telling of every response, for `-v`.

use std::fmt;
use std::sync::Arc;

/// Is told of every complete response: its status, and what came up to the end of its header with
/// what came at once with that. It is called by the threads of the load, so it slows the load down.
#[derive(Clone)]
pub struct Log(Arc<Tell>);

type Tell = dyn Fn(u16, &[u8]) + Send + Sync;

impl Log {
    /// Tells this function.
    pub fn new(tell: impl Fn(u16, &[u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(crate) fn tell(&self, status: u16, received: &[u8]) {
        (self.0)(status, received);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
