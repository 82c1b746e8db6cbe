//! Random changes of a configuration, not all of them possible.

use fastrand::Rng;

use super::configuration::{Configuration, Server, Service};

/// Words that do not fit everywhere.
const STRAY: [&str; 24] = [
    "-n",
    "-c",
    "-m",
    "-g",
    "-i",
    "-o",
    "-6",
    "-p",
    "-X",
    "-q",
    "--nosuch",
    "--stats",
    "--sort",
    "--tun-csum",
    "--tun-type",
    "-w -1",
    "-w x",
    "-x 5",
    "-y 5",
    "-M 64",
    "-b sh-port",
    "-s nosuch",
    "--syncid 3",
    "extra",
];

/// Commands that the program accepts, and the kernel mostly.
pub fn batch(configuration: &Configuration, rng: &mut Rng, count: usize) -> Vec<String> {
    (0..count).map(|_| one(configuration, rng)).collect()
}

/// One command as words, perhaps with one that does not belong there.
pub fn single(configuration: &Configuration, rng: &mut Rng) -> Vec<String> {
    let mut command = one(configuration, rng);
    if rng.usize(..3) > 0 {
        command.push(' ');
        command.push_str(STRAY[rng.usize(..STRAY.len())]);
    }
    command.split_whitespace().map(str::to_owned).collect()
}

fn one(configuration: &Configuration, rng: &mut Rng) -> String {
    let Some(service) = rng.choice(&configuration.services) else {
        return "-Z".to_owned();
    };
    let Service { key, .. } = service;
    let stranger = Server::random(service.family, rng);
    let server = rng.choice(&service.servers).unwrap_or(&stranger).clone();
    match rng.usize(..12) {
        0 => format!("-D {key}"),
        // It may be there or not.
        1 => format!("-A {key} {}", service.other_options(rng)),
        2 | 3 => format!("-E {key} {}", service.other_options(rng)),
        4 => format!("-Z {key}"),
        5 => format!(
            "--set {} {} {}",
            rng.u32(0..1000),
            rng.u32(0..1000),
            rng.u32(0..1000)
        ),
        6 | 7 => format!("-a {key} {} {}", stranger.key, stranger.options),
        8 => format!(
            "-d {key} {}",
            server.key.rsplit_once(' ').map_or("", |(it, _)| it)
        ),
        _ => format!("-e {key} {} {}", server.key, server.other_options(rng)),
    }
}
