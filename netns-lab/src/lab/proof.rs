//! Proofs that the lab is what it claims to be: shares mean nothing if packets took another way.

use analysis::observation::Proof;
use director_setup::{Forwarding, Totals};

use super::director::Director;
use super::observe::LabError;
use crate::experiment::Experiment;
use crate::namespace::{Lab, neighbour_mac};
use crate::topology::{Mac, Topology};

/// Gathers the proofs that hold for every topology and those of this forwarding method.
pub fn gather(
    experiment: &Experiment,
    topology: &Topology,
    lab: &mut Lab,
    director: &mut Director,
) -> Result<Vec<Proof>, LabError> {
    let vip = *experiment.service.vip.ip();
    let found = neighbour_mac(&mut lab.client.rtnetlink, vip).map_err(LabError::Proof)?;
    let totals = director
        .count()?
        .into_values()
        .fold(Totals::default(), |sum, totals| Totals {
            packets_in: sum.packets_in + totals.packets_in,
            packets_out: sum.packets_out + totals.packets_out,
            ..sum
        });
    let passage = match experiment.service.forwarding {
        Forwarding::Nat => both_ways(totals),
        _ => one_way(totals),
    };
    Ok(vec![
        director_answered_for_the_vip(topology.vip_mac(), found),
        passage,
    ])
}

/// With the ARP problem a real server answers for the VIP, and all traffic passes the director by.
fn director_answered_for_the_vip(expected: Option<Mac>, found: Option<Mac>) -> Proof {
    let name = |mac: Option<Mac>| mac.map_or_else(|| "no MAC address".to_owned(), spell);
    Proof {
        claim: format!(
            "the client finds the VIP at the director's MAC address {}",
            name(expected)
        ),
        holds: found.is_some() && found == expected,
        seen: format!("its neighbour table has {}", name(found)),
    }
}

fn both_ways(totals: Totals) -> Proof {
    Proof {
        claim: "requests and replies pass the director".to_owned(),
        holds: totals.packets_in > 0 && totals.packets_out > 0,
        seen: seen(totals),
    }
}

fn one_way(totals: Totals) -> Proof {
    Proof {
        claim: "requests pass the director and replies bypass it".to_owned(),
        holds: totals.packets_in > 0 && totals.packets_out == 0,
        seen: seen(totals),
    }
}

fn seen(totals: Totals) -> String {
    format!(
        "IPVS counted {} packets in and {} out",
        totals.packets_in, totals.packets_out
    )
}

fn spell(mac: Mac) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
