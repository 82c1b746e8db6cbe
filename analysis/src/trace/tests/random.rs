//! Traces that nobody wrote.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use director_setup::{Netmask, Persistence, Protocol, Scheduler, ServiceFlags, Thresholds, Weight};
use proptest::prelude::*;

use crate::model::{MAGLEV_TABLE_SIZES, MaglevTableSize, ServerSettings};
use crate::replay::{Flow, Origin, Replies};
use crate::trace::header::FLAGS;
use crate::trace::*;

/// What may be drawn for any event.
#[derive(Debug, Clone)]
struct Draw {
    kind: u8,
    wait: u64,
    client: u8,
    destination: u8,
    server: u8,
    weight: u32,
    thresholds: (u32, u32),
    from_client: bool,
}

fn any_draw() -> impl Strategy<Value = Draw> {
    let weight = prop_oneof![0u32..5, 0u32..=Weight::MAX.get()];
    let thresholds = prop_oneof![3 => Just((0, 0)), 1 => (0u32..4, 0u32..4)];
    (
        0u8..8,
        0u64..20_000_000,
        0u8..5,
        0u8..3,
        0u8..4,
        weight,
        thresholds,
        any::<bool>(),
    )
        .prop_map(
            |(kind, wait, client, destination, server, weight, thresholds, from_client)| Draw {
                kind,
                wait,
                client,
                destination,
                server,
                weight,
                thresholds,
                from_client,
            },
        )
}

impl Draw {
    fn event(&self, header: &Header) -> Event {
        let server = SocketAddr::from(([10, 1, 0, self.server], 8080));
        let settings = ServerSettings {
            weight: Weight::try_from(self.weight).unwrap(),
            thresholds: Thresholds {
                upper: self.thresholds.0,
                lower: self.thresholds.1,
            },
        };
        let any = IpAddr::from([10, 32, 0, self.destination]);
        let flow = Flow {
            client: SocketAddr::from(([10, 64, 0, self.client], 1024)),
            destination: header.destination().unwrap_or(any),
        };
        let from = if self.from_client {
            Origin::Client
        } else {
            Origin::Server
        };
        match self.kind {
            0 => Event::Add { server, settings },
            1 => Event::Edit { server, settings },
            2 => Event::Remove(server),
            3 => Event::Fin { flow, from },
            4 => Event::Rst { flow, from },
            5 => Event::Gone(flow),
            6 => Event::Count {
                server,
                active: self.weight,
                inactive: self.thresholds.0,
            },
            _ if self.server == 0 => Event::Open {
                flow,
                decision: Decision::Refused,
            },
            _ => Event::Open {
                flow,
                decision: Decision::Server(server),
            },
        }
    }
}

fn any_header() -> impl Strategy<Value = Header> {
    let target = prop_oneof![
        Just(Target::Address(SocketAddr::from(([10, 0, 0, 1], 80)))),
        (1u32..).prop_map(|mark| Target::FirewallMark(mark.try_into().unwrap())),
    ];
    let persistence =
        prop::option::of(
            (1u32.., any::<u32>()).prop_map(|(seconds, mask)| Persistence {
                timeout_seconds: seconds,
                netmask: Netmask::Ipv4(Ipv4Addr::from_bits(mask)),
            }),
        );
    (
        prop::sample::select(vec![Protocol::Tcp, Protocol::Udp]),
        target,
        prop::sample::select(Scheduler::KNOWN.to_vec()),
        prop::sample::subsequence((0..FLAGS.len()).collect::<Vec<_>>(), 0..FLAGS.len()),
        persistence,
        any::<bool>(),
        prop::sample::select(MAGLEV_TABLE_SIZES[..5].to_vec()),
        prop::sample::select(vec!["6.1.176", "6.12.113+deb13", "7.2.7"]),
    )
        .prop_map(
            |(protocol, target, scheduler, flags, persistence, bypass, table, kernel)| {
                let mut all = ServiceFlags::NONE;
                for index in flags {
                    if FLAGS[index].is_of(&scheduler) {
                        all |= FLAGS[index].flag;
                    }
                }
                Header {
                    kernel: kernel.to_owned(),
                    protocol,
                    target,
                    scheduler,
                    flags: all,
                    persistence,
                    replies: if bypass {
                        Replies::BypassDirector
                    } else {
                        Replies::PassDirector
                    },
                    maglev_table: MaglevTableSize::of(table).unwrap(),
                }
            },
        )
}

fn any_trace() -> impl Strategy<Value = Trace> {
    (any_header(), prop::collection::vec(any_draw(), 0..120)).prop_map(|(header, draws)| {
        let mut recorder = Recorder::new(header.clone());
        let mut at = Duration::ZERO;
        for draw in draws {
            at += Duration::from_micros(draw.wait);
            // What cannot have happened is left out.
            let _ = recorder.record(at, draw.event(&header));
        }
        recorder.finish()
    })
}

proptest! {
    #[test]
    fn every_trace_comes_back(trace in any_trace()) {
        prop_assert_eq!(trace.to_string().parse::<Trace>(), Ok(trace));
    }

    #[test]
    fn every_trace_is_compared_without_a_panic(trace in any_trace()) {
        let opened = trace.events().iter().filter(|one| matches!(one.event, Event::Open { .. }));
        match conform(&trace) {
            Ok(conformance) => prop_assert_eq!(conformance.picks.compared, opened.count() as u64),
            Err(error) => prop_assert!(matches!(error, ConformError::Chance(_))),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(ipvs trace 1\n)?[a-z0-9.: \n]*") {
        let _ = text.parse::<Trace>();
    }
}
