//! Runs that must not pass.

use analysis::judge::Finding;
use analysis::{Record, Verdict};
use netns_lab::exit;

use crate::command::{Finished, Sandbox};
use crate::kernel;
use crate::skip::{Outcome, Skipped, Test, named_tests};

pub fn tests() -> Vec<Test> {
    named_tests![
        "labs":
        a_silent_real_server_fails_and_is_named,
        a_refusing_real_server_fails_and_is_named,
        three_connections_pass_if_every_pick_is_the_models,
        a_load_that_its_time_limit_ends_is_inconclusive,
        a_scheduler_that_the_kernel_lacks_is_missing_and_named,
        a_failure_outweighs_the_experiments_that_pass,
        several_experiments_are_one_table_as_csv,
    ]
}

fn run(args: &[&str]) -> Result<Finished, Skipped> {
    kernel::required()?;
    let flags = ["--engine", "uml", "--format", "json"];
    Ok(Sandbox::new().run(&[args, &flags].concat()))
}

fn findings(record: &Record) -> impl Iterator<Item = &Finding> {
    record.reasons.iter().map(|reason| &reason.finding)
}

fn a_silent_real_server_fails_and_is_named() -> Outcome {
    let finished = run(&["--silent", "rs2", "--requests", "200"])?;
    assert_names_rs2(&finished);
    Ok(())
}

fn a_refusing_real_server_fails_and_is_named() -> Outcome {
    let finished = run(&["--refusing", "rs2", "--requests", "200"])?;
    assert_names_rs2(&finished);
    Ok(())
}

/// The run failed because rs2, and only that, gave no answer to the connections that it was sent.
fn assert_names_rs2(finished: &Finished) {
    finished.assert_said(exit::FAIL, &[]);
    let record = &finished.records()[0];
    assert_eq!(record.verdict, Verdict::Fail);
    let silent: Vec<_> = findings(record)
        .filter_map(|finding| match finding {
            Finding::SilentServer { server, kernel } => Some((server.as_str(), *kernel)),
            _ => None,
        })
        .collect();
    let sent = record.servers[1].kernel_connections;
    assert!(sent > 0, "{record:#?}");
    assert_eq!(silent, [("rs2", sent)], "{record:#?}");
    assert_eq!(record.servers[1].client_connections, 0);
    assert!(record.load.failed > 0 && record.servers[0].client_requests > 0);
}

fn three_connections_pass_if_every_pick_is_the_models() -> Outcome {
    let finished = run(&["--scheduler", "wrr", "--weights", "4,1", "--requests", "3"])?;
    finished.assert_said(exit::PASS, &[]);
    let picks = finished.records()[0]
        .pick_agreement
        .expect("the trace names the servers");
    assert_eq!((picks.compared, picks.agreed), (3, 3));
    Ok(())
}

fn a_load_that_its_time_limit_ends_is_inconclusive() -> Outcome {
    let finished = run(&["--requests", "100000000", "--time-limit", "300ms"])?;
    finished.assert_said(exit::INCONCLUSIVE, &[]);
    let record = &finished.records()[0];
    assert!(
        findings(record).any(|it| matches!(it, Finding::StoppedEarly { .. })),
        "{record:#?}"
    );
    Ok(())
}

fn a_scheduler_that_the_kernel_lacks_is_missing_and_named() -> Outcome {
    let finished = run(&["--scheduler", "twos", "--requests", "100"])?;
    // A guest kernel of another making may have it.
    if finished.stdout.is_empty() {
        finished.assert_said(exit::MISSING, &["no scheduler twos", "ip_vs_twos"]);
    }
    Ok(())
}

fn a_failure_outweighs_the_experiments_that_pass() -> Outcome {
    kernel::required()?;
    let sandbox = Sandbox::new();
    let experiment = |name: &str, answers: &str| {
        let text = format!(
            "name = \"{name}\"\n\
             [service]\nvip = \"192.168.0.1:80\"\nscheduler = \"rr\"\nforwarding = \"nat\"\n\
             [load]\nrequests = 100\n\
             [[server]]\naddress = \"192.168.1.2\"\n\
             [[server]]\naddress = \"192.168.1.3\"\nanswers = \"{answers}\"\n"
        );
        sandbox.write(&format!("{name}.toml"), &text);
    };
    experiment("bad", "refuses");
    experiment("good", "normally");
    let flags = ["--engine", "uml", "--format", "json"];
    let finished = sandbox.run(&[&["bad.toml", "good.toml"][..], &flags].concat());
    finished.assert_said(exit::FAIL, &[]);
    assert_eq!(finished.record("bad").verdict, Verdict::Fail);
    assert_eq!(finished.record("good").verdict, Verdict::Pass);
    Ok(())
}

fn several_experiments_are_one_table_as_csv() -> Outcome {
    kernel::required()?;
    let args = [
        "nat-wrr",
        "dr-wlc",
        "--requests",
        "100",
        "--engine",
        "uml",
        "--format",
        "csv",
    ];
    let finished = Sandbox::new().run(&args);
    finished.assert_said(exit::PASS, &[]);
    let experiments: Vec<_> = finished
        .stdout
        .lines()
        .map(|line| line.split(',').next().unwrap_or_default())
        .collect();
    assert_eq!(
        experiments,
        ["experiment", "nat-wrr", "nat-wrr", "dr-wlc", "dr-wlc"]
    );
    Ok(())
}
