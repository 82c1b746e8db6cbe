//! Every scheduler in a running lab.

use director_setup::Scheduler;

use super::kernel_connections;
use crate::command::Sandbox;
use crate::kernel;
use crate::skip::{Outcome, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "labs": every_scheduler_runs_with_weights_from_0_to_65535_and_picks_as_its_model
    ]
}

const REQUESTS: u64 = 200;

fn every_scheduler_runs_with_weights_from_0_to_65535_and_picks_as_its_model() -> Outcome {
    kernel::required()?;
    // The guest's kernel has no twos: another trial.
    let of_the_guest = |scheduler: &Scheduler| *scheduler != Scheduler::PowerOfTwo;
    let schedulers: Vec<_> = Scheduler::KNOWN.into_iter().filter(of_the_guest).collect();
    let sandbox = Sandbox::new();
    sandbox.make_folder("schedulers");
    for scheduler in &schedulers {
        sandbox.write(
            &format!("schedulers/{scheduler}.toml"),
            &experiment(scheduler),
        );
    }
    let finished = sandbox.run(&["schedulers", "--engine", "uml", "--format", "json"]);
    let records = finished.records();
    assert_eq!(records.len(), schedulers.len(), "{finished:?}");
    for record in &records {
        let name = &record.experiment;
        assert_eq!(
            (record.load.failed, kernel_connections(record)),
            (0, REQUESTS),
            "{name}"
        );
        let picks = record
            .pick_agreement
            .expect("the connection table names the servers");
        assert_eq!(
            (picks.compared, picks.agreed),
            (REQUESTS, REQUESTS),
            "{name}"
        );
        for server in &record.servers {
            let counts = [server.client_connections, server.server_connections];
            assert_eq!(counts, [server.kernel_connections; 2], "{name}: {server:?}");
        }
    }
    Ok(())
}

fn experiment(scheduler: &Scheduler) -> String {
    format!(
        "name = \"{scheduler}\"\n\
         [service]\nvip = \"192.168.0.1:80\"\nscheduler = \"{scheduler}\"\nforwarding = \"dr\"\n\
         [load]\nrequests = {REQUESTS}\n\
         [[server]]\naddress = \"192.168.1.2\"\nweight = 3\n\
         [[server]]\naddress = \"192.168.1.3\"\nweight = 0\n\
         [[server]]\naddress = \"192.168.1.4\"\nweight = 65535\n"
    )
}
