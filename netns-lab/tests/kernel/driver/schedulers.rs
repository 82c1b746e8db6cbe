//! The schedulers of the kernel.

use director_setup::{Errno, Scheduler, Service};
use netns_lab::namespace::HostNetwork;

use super::{Case, named_cases, on_director, only_service, web};

/// Debian builds user-mode Linux without it.
const MAY_BE_MISSING: [Scheduler; 1] = [Scheduler::PowerOfTwo];

pub fn cases() -> Vec<(&'static str, Case)> {
    named_cases!["driver":
        every_known_scheduler_is_there_and_comes_back,
        a_service_can_change_from_each_scheduler_to_the_next,
        a_missing_scheduler_is_enoent_and_named_with_its_module,
        a_missing_persistence_engine_is_enoent_and_thought_of,
        the_scheduler_none_refuses_everything_and_comes_back,
    ]
}

fn present() -> impl Iterator<Item = Scheduler> {
    Scheduler::KNOWN
        .into_iter()
        .filter(|scheduler| !MAY_BE_MISSING.contains(scheduler))
}

fn every_known_scheduler_is_there_and_comes_back(host: HostNetwork) {
    on_director(host, |ipvs| {
        for scheduler in present() {
            let desired = Service::new(web().key, scheduler);
            ipvs.add_service(&desired).unwrap();
            assert_eq!(only_service(ipvs), desired);
            ipvs.delete_service(&desired.key).unwrap();
        }
    });
}

fn a_service_can_change_from_each_scheduler_to_the_next(host: HostNetwork) {
    on_director(host, |ipvs| {
        ipvs.add_service(&web()).unwrap();
        for scheduler in present() {
            let desired = Service::new(web().key, scheduler);
            ipvs.edit_service(&desired).unwrap();
            assert_eq!(only_service(ipvs), desired);
        }
    });
}

fn a_missing_scheduler_is_enoent_and_named_with_its_module(host: HostNetwork) {
    on_director(host, |ipvs| {
        for scheduler in [Scheduler::PowerOfTwo, Scheduler::from("nosuch")] {
            let service = Service::new(web().key, scheduler.clone());
            let Err(error) = ipvs.add_service(&service) else {
                // A guest kernel of another making may have it.
                assert!(MAY_BE_MISSING.contains(&scheduler), "{scheduler}");
                ipvs.delete_service(&service.key).unwrap();
                continue;
            };
            assert_eq!(error.errno(), Some(Errno::ENOENT));
            let text = error.to_string();
            let module = format!("module ip_vs_{scheduler}");
            for part in ["add service tcp 192.168.0.1:80", "ENOENT", &module] {
                assert!(text.contains(part), "{part:?} is not in: {text}");
            }
            assert_eq!(ipvs.services().unwrap(), []);
        }
    });
}

fn a_missing_persistence_engine_is_enoent_and_thought_of(host: HostNetwork) {
    let mut service = web().persistent(60);
    service.engine = Some("nosuch".to_owned());
    on_director(host, |ipvs| {
        let error = ipvs.add_service(&service).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOENT));
        assert!(error.to_string().contains("persistence engine"), "{error}");
        assert_eq!(ipvs.services().unwrap(), []);
    });
}

fn the_scheduler_none_refuses_everything_and_comes_back(host: HostNetwork) {
    on_director(host, |ipvs| {
        let desired = Service::new(web().key, Scheduler::from("none"));
        ipvs.add_service(&desired).unwrap();
        assert_eq!(only_service(ipvs), desired);
    });
}
