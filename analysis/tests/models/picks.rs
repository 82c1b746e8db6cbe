//! Every pick of a model is the kernel's.

use fastrand::Rng;
use proptest::prelude::*;

use crate::comparison::Pair;
use crate::sequence::{Sequence, Server, Step, any_sequence};

fn run(scheduler: &str, sequence: &Sequence) {
    let mut pair = Pair::new(scheduler, sequence);
    for &step in &sequence.steps {
        pair.take(step);
    }
}

macro_rules! compared {
    ($($test:ident: $scheduler:literal,)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(2_000))]
            $(
                #[test]
                fn $test(sequence in any_sequence($scheduler)) {
                    run($scheduler, &sequence);
                }
            )*
        }
    };
}

compared! {
    rr_picks_as_the_kernels_loops: "rr",
    wrr_picks_as_the_kernels_loops: "wrr",
    lc_picks_as_the_kernels_loops: "lc",
    wlc_picks_as_the_kernels_loops: "wlc",
    sed_picks_as_the_kernels_loops: "sed",
    nq_picks_as_the_kernels_loops: "nq",
    fo_picks_as_the_kernels_loops: "fo",
    ovf_picks_as_the_kernels_loops: "ovf",
    dh_picks_as_the_kernels_loops: "dh",
    sh_picks_as_the_kernels_loops: "sh",
    mh_picks_as_the_kernels_loops: "mh",
    lblc_picks_as_the_kernels_loops: "lblc",
    lblcr_picks_as_the_kernels_loops: "lblcr",
}

/// More destinations than the caches of lblc and lblcr hold, over hours.
#[test]
fn caches_that_overflow_are_collected_alike() {
    for (scheduler, newer_kernel) in [
        ("lblc", false),
        ("lblc", true),
        ("lblcr", false),
        ("lblcr", true),
    ] {
        let sequence = Sequence {
            newer_kernel,
            fallback: false,
            port: false,
            mh_index: 8,
            steps: Vec::new(),
        };
        let mut pair = Pair::new(scheduler, &sequence);
        for (server, weight) in [4, 3, 2].into_iter().enumerate() {
            let settings = Server {
                weight,
                upper: 0,
                lower: 0,
            };
            pair.take(Step::Configure(server, settings));
        }
        let mut random = Rng::with_seed(4);
        for _ in 0..120_000 {
            let wait = u64::from(random.u8(..6) == 0);
            pair.take(Step::Connect {
                client: 0,
                port: 1024,
                destination: random.u32(..40_000),
                wait,
                becomes_active: random.bool(),
            });
            // Few stay open, so that servers now exceed their weight and now have room.
            while pair.connections() > random.usize(4..16) {
                pair.take(Step::Forget(random.usize(..)));
            }
        }
    }
}
