//! Tables of known sizes and weights that do or do not fit them.

use super::super::super::testing::{assert_is, names, only, server, service, snapshot};
use super::*;
use crate::Forwarding;

fn configured(scheduler: Scheduler, weights: &[u32]) -> ConfiguredService {
    let servers = (2..).zip(weights);
    let servers = servers.map(|(last, weight)| server(last, Forwarding::Dr, *weight));
    service(scheduler, servers.collect())
}

fn found(scheduler: Scheduler, weights: &[u32]) -> Vec<Finding> {
    find(&snapshot(vec![configured(scheduler, weights)]))
}

#[test]
fn servers_behind_the_256th_bucket_starve() {
    let finding = only(found(Scheduler::SourceHashing, &[300, 200, 100]));
    assert_is(&finding, "sh-weights-exceed-table", Severity::Error);
    assert!(
        finding
            .explanation
            .contains("10.0.1.3:80, 10.0.1.4:80 gets no client")
    );
    let remedy = finding.remedy.unwrap();
    assert!(remedy.contains("10.0.1.2:80 -g -w 3 && "), "{remedy}");
    let finding = only(found(Scheduler::SourceHashing, &[200, 57]));
    assert_is(&finding, "sh-weights-exceed-table", Severity::Warning);
    assert_eq!(found(Scheduler::SourceHashing, &[200, 56]), []);
}

#[test]
fn the_weights_of_the_remedy_fit_the_table() {
    for weights in [
        &[65_535, 1, 7][..],
        &[129, 127, 1],
        &[1_000_000, 999_999],
        &[257],
    ] {
        let fitted = fitting(&configured(Scheduler::SourceHashing, weights).servers);
        assert!(
            fitted.iter().map(buckets).sum::<u64>() <= SH_BUCKETS,
            "{weights:?}"
        );
        assert!(
            fitted.iter().all(|one| one.weight > Weight::ZERO),
            "{weights:?}"
        );
    }
}

#[test]
fn more_servers_than_buckets_are_mended_by_a_greater_table() {
    let one = server(2, Forwarding::Dr, 1);
    let mut many = service(Scheduler::SourceHashing, vec![one; 257]);
    many.service.flags = ServiceFlags::SH_PORT;
    let finding = only(find(&snapshot(vec![many])));
    assert_is(&finding, "sh-weights-exceed-table", Severity::Error);
    let remedy = finding.remedy.unwrap();
    assert!(remedy.ends_with("-s mh -b mh-port"), "{remedy}");
}

#[test]
fn quiesced_servers_count_among_the_buckets_of_the_remedy() {
    let mut weights = vec![20_000, 5_000];
    weights.extend([0; 50]);
    let fitted = fitting(&configured(Scheduler::SourceHashing, &weights).servers);
    assert!(fitted.iter().map(buckets).sum::<u64>() <= SH_BUCKETS);
    assert_eq!(fitted[2].weight, Weight::ZERO);
}

#[test]
fn a_maglev_ratio_beyond_63_is_clamped() {
    let finding = only(found(Scheduler::MaglevHashing, &[1000, 1, 500]));
    assert_is(&finding, "mh-ratio-clamped", Severity::Warning);
    assert!(
        finding.explanation.contains("1000, 1, 500 as 62, 1, 31"),
        "{finding}"
    );
    assert_eq!(found(Scheduler::MaglevHashing, &[63, 1]), []);
    assert_eq!(found(Scheduler::MaglevHashing, &[6400, 3200]), []);
}

#[test]
fn more_servers_than_maglev_has_places_is_an_error() {
    let one = server(2, Forwarding::Dr, 1);
    let many = |count| service(Scheduler::MaglevHashing, vec![one.clone(); count]);
    let findings = find(&snapshot(vec![many(MH_BUCKETS + 1)]));
    assert_eq!(names(&findings), ["mh-servers-exceed-table"]);
    assert_eq!(find(&snapshot(vec![many(MH_BUCKETS)])), []);
}

#[test]
fn destination_hashing_on_one_address_chooses_one_server() {
    let finding = only(found(Scheduler::DestinationHashing, &[1, 1]));
    assert_is(&finding, "dh-on-one-vip", Severity::Warning);
    assert_eq!(found(Scheduler::DestinationHashing, &[1]), []);
}

#[test]
fn a_quiesced_server_refuses_its_clients_unless_there_is_a_fallback() {
    let finding = only(found(Scheduler::SourceHashing, &[1, 0]));
    assert_is(&finding, "hashed-to-quiesced-server", Severity::Warning);
    assert!(finding.remedy.unwrap().ends_with("-s sh -b sh-fallback"));
    let mut web = configured(Scheduler::MaglevHashing, &[1, 0]);
    web.service.flags = ServiceFlags::MH_FALLBACK;
    assert_eq!(find(&snapshot(vec![web])), []);
}
