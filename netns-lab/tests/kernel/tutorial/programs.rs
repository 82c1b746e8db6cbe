//! `ab` and `nginx`: Debian's, installed or fetched.

use std::path::{Path, PathBuf};

use netns_lab::engine::{Continue, Package};
use netns_lab::guest::{ExtraFile, Extras};

use crate::skip::Skipped;

/// Where they lie in the guest.
pub const AB: &str = "/tutorial/ab";
pub const NGINX: &str = "/tutorial/nginx";

/// Debian 12's packages, with the libraries that not every system has; then those of Debian 13,
/// where libraries with 64-bit times have names of their own.
static PACKAGES: [Package; 2] = [
    Package {
        name: "nginx",
        with: &[
            "apache2-utils",
            "libapr1",
            "libaprutil1",
            "libexpat1",
            "libpcre2-8-0",
            "libssl3",
        ],
        file: "usr/bin/ab",
        remedy: "install nginx and apache2-utils",
    },
    Package {
        name: "nginx",
        with: &[
            "apache2-utils",
            "libapr1t64",
            "libaprutil1t64",
            "libexpat1",
            "libpcre2-8-0",
            "libssl3t64",
        ],
        file: "usr/bin/ab",
        remedy: "install nginx and apache2-utils",
    },
];
/// Where the programs lie, below the root of the system or of the packages.
const PLACES: [(&str, &str); 2] = [("usr/bin/ab", AB), ("usr/sbin/nginx", NGINX)];
/// Where the libraries lie below the packages' root.
const LIBRARIES: [&str; 2] = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

/// The users that nginx looks up: the guest has none.
const USERS: [&str; 2] = ["passwd", "group"];
/// Where they lie here.
const ETC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kernel/tutorial/etc");

/// The programs with all that they need.
pub fn required() -> Result<Extras, Skipped> {
    let root = find()?;
    let library_folders = LIBRARIES.map(|folder| root.join(folder));
    let mut extras = Extras::default();
    for (place, guest) in PLACES {
        let program = ExtraFile {
            host: root.join(place),
            guest: guest.into(),
        };
        extras
            .add_program(program, &library_folders)
            .map_err(|error| Skipped(format!("cannot take {place} along: {error}")))?;
    }
    extras.files.extend(USERS.map(|name| ExtraFile {
        host: Path::new(ETC).join(name),
        guest: Path::new("/etc").join(name),
    }));
    Ok(extras)
}

/// The root below which both programs are: the system's, or that of packages fetched as the guest
/// kernel is.
fn find() -> Result<PathBuf, Skipped> {
    let system = PathBuf::from("/");
    if PLACES.iter().all(|(place, _)| system.join(place).is_file()) {
        return Ok(system);
    }
    let mut refused = String::new();
    for package in &PACKAGES {
        match package.find_or_fetch(&mut |_| Continue::Yes) {
            Ok(root) => return Ok(root),
            Err(error) => refused = format!("{:#}", anyhow::Error::new(error)),
        }
    }
    Err(Skipped(refused))
}
