//! `director-setup export`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;

use super::CliFailure;
use crate::configuration::{self, Configuration, ConfigurationError, Problem};
use crate::{Client, Info};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The file to write; `-` is standard output. A file that is there is replaced only when the
    /// new one is complete.
    #[arg(default_value = "-")]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<(), CliFailure> {
    let mut client = Client::connect()?;
    let info = client.info()?;
    let configuration = configuration::read(&mut client)?;
    let text = document(&configuration, &origin(info));
    if arguments.file == Path::new("-") {
        out.write_all(text.as_bytes())?;
        return Ok(());
    }
    replace(&arguments.file, &text).map_err(|source| CliFailure::Replace {
        path: arguments.file.clone(),
        source,
    })
}

/// When and from what.
fn origin(info: Info) -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now());
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    format!("{now}, Linux {release}, IPVS {}", info.version)
}

/// The whole file.
fn document(configuration: &Configuration, origin: &str) -> String {
    let body = configuration.to_toml();
    let mut header = vec![
        format!("The virtual services of this network namespace: {origin}."),
        "`director-setup apply --prune FILE` sets them again. Not in here: sysctls and counters."
            .to_owned(),
        "Real servers stand in the order in which they were added: where they tie, schedulers take"
            .to_owned(),
        "the last added first.".to_owned(),
    ];
    let oddities = oddities(&body);
    // The lines that are pointed at stand below this header and an empty line.
    let below = header.len() + oddities.len() + 1;
    header.extend(oddities.iter().map(|(Problem { line, text }, what)| {
        let line = line + below;
        format!("Line {line}{what}: {text}")
    }));
    format!("# {}\n\n{body}", header.join("\n# "))
}

/// What `apply` would say to the file: other programs have told the kernel things that it does not
/// look at.
fn oddities(body: &str) -> Vec<(Problem, &'static str)> {
    match Configuration::parse("", body) {
        Ok(reviewed) => with(reviewed.warnings, " is odd"),
        Err(ConfigurationError::Meaning { problems, .. }) => {
            with(problems, ", which `apply` refuses")
        }
        Err(_) => Vec::new(),
    }
}

fn with(problems: Vec<Problem>, what: &'static str) -> Vec<(Problem, &'static str)> {
    problems
        .into_iter()
        .map(|problem| (problem, what))
        .collect()
}

/// Writes the file beside its place, and then there: a backup is never half a backup.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    match fs::canonicalize(path) {
        Ok(real) if real.is_file() => replace_file(&real, text),
        // A pipe or a terminal has nothing to lose.
        Ok(real) => fs::write(real, text),
        Err(_) => replace_file(path, text),
    }
}

fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(hidden);
    let written = File::create_new(&beside)
        .and_then(|mut file| {
            // Whoever was not to read the old file is not to read the new one.
            if let Ok(old) = fs::metadata(path) {
                file.set_permissions(old.permissions())?;
            }
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may not have been made at all; what is wrong is said by the error before.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::configuration::ConfiguredService;
    use crate::{Forwarding, RealServer, Scheduler, Service, ServiceFlags, ServiceKey, Weight};

    fn web(flags: ServiceFlags) -> Configuration {
        let key = ServiceKey::tcp(([192, 168, 0, 1], 80).into());
        let server =
            |last: u8, port| RealServer::new(([192, 168, 1, last], port).into(), Forwarding::Dr);
        Configuration {
            services: vec![ConfiguredService {
                service: Service::new(key, Scheduler::SourceHashing).with_flags(flags),
                servers: vec![server(2, 80).with_weight(Weight::from(4)), server(3, 8080)],
            }],
            ..Configuration::default()
        }
    }

    #[test]
    fn a_file_says_where_it_comes_from_and_what_is_odd_about_it() {
        let text = document(&web(ServiceFlags::SH_PORT), "today, IPVS 1.2.1");
        insta::assert_snapshot!(text, @r#"
        # The virtual services of this network namespace: today, IPVS 1.2.1.
        # `director-setup apply --prune FILE` sets them again. Not in here: sysctls and counters.
        # Real servers stand in the order in which they were added: where they tie, schedulers take
        # the last added first.
        # Line 14 is odd: with dr packets keep the port 80 of the service: write 192.168.1.3:80, or leave the port out

        [[service]]
        protocol = "tcp"
        address = "192.168.0.1:80"
        scheduler = "sh"
        flags = ["sh-port"]
        server = [
          { address = "192.168.1.2:80", forwarding = "dr", weight = 4 },
          { address = "192.168.1.3:8080", forwarding = "dr" },
        ]
        "#);
    }

    #[test]
    fn what_apply_would_refuse_is_said_with_its_line() {
        let text = document(&web(ServiceFlags::ONE_PACKET), "today, IPVS 1.2.1");
        let line = text
            .lines()
            .find(|line| line.contains("refuses"))
            .expect("it is refused");
        insta::assert_snapshot!(line, @"# Line 9, which `apply` refuses: one-packet is for udp: it would tear tcp connections apart");
        assert_eq!(text.lines().nth(8), Some("address = \"192.168.0.1:80\""));
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("there is room");
        let folder = folder.path();
        let path = folder.join("web.toml");
        replace(&path, "first").expect("the folder is ours");
        replace(&path, "second").expect("the folder is ours");
        assert_eq!(fs::read_to_string(&path).expect("it was written"), "second");
        assert_eq!(fs::read_dir(folder).expect("it is there").count(), 1);
    }

    #[test]
    fn a_file_that_others_cannot_read_stays_so() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("web.toml");
        replace(&path, "first").expect("the folder is ours");
        let secret = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, secret).expect("the file is ours");
        replace(&path, "second").expect("the folder is ours");
        let mode = fs::metadata(&path).expect("it is there").mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
