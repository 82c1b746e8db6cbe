//! What is on the wire, seen by a raw client over loopback, through both engines.

mod behaviours;
mod conformance;
mod counts;
mod drain;
mod http2;
mod limits;
mod metrics;
mod odd;
mod raw;
mod served;
mod udp;

/// Makes two tests of each function: one for each engine.
macro_rules! by_both_engines {
    ($($name:ident),* $(,)?) => {
        mod by_lean {
            $(#[tokio::test]
            async fn $name() {
                super::$name(backend::Engine::Lean).await;
            })*
        }
        mod by_hyper {
            $(#[tokio::test]
            async fn $name() {
                super::$name(backend::Engine::Hyper).await;
            })*
        }
    };
}
pub(crate) use by_both_engines;
