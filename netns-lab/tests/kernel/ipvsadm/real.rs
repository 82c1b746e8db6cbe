//! The real `ipvsadm`: Debian's, installed or fetched.

use std::path::{Path, PathBuf};

use director_setup::ipvsadm::NAME;
use netns_lab::engine::{Continue, Package};
use netns_lab::guest::{ExtraFile, Extras};

use crate::skip::Skipped;

/// Where it lies in the guest.
pub const IN_GUEST: &str = "/real/ipvsadm";

/// Debian's package, with the libraries that not every system has.
static PACKAGE: Package = Package {
    name: "ipvsadm",
    with: &["libpopt0", "libnl-3-200", "libnl-genl-3-200"],
    file: "usr/share/doc/ipvsadm/copyright",
    remedy: "install ipvsadm",
};
/// Where the program lies below the package's root, in Debian 13 and before.
const PROGRAMS: [&str; 2] = ["usr/sbin/ipvsadm", "sbin/ipvsadm"];
/// Where the libraries lie below the package's root.
const LIBRARIES: [&str; 2] = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/// The names that the programs look up, and where: not those of this machine, which differ.
const NAMES: [&str; 4] = ["hosts", "nsswitch.conf", "protocols", "services"];
/// Where they lie here.
const ETC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kernel/ipvsadm/etc");

/// The program with all that it needs.
pub fn required() -> Result<Extras, Skipped> {
    let (program, library_folders) = find()?;
    let mut extras = Extras::default();
    let file = ExtraFile {
        host: program,
        guest: IN_GUEST.into(),
    };
    extras
        .add_program(file, &library_folders)
        .map_err(|error| Skipped(format!("cannot take ipvsadm along: {error}")))?;
    extras.files.extend(NAMES.map(|name| ExtraFile {
        host: Path::new(ETC).join(name),
        guest: Path::new("/etc").join(name),
    }));
    Ok(extras)
}

/// The program and the folders with its libraries: installed, or fetched as the guest kernel is.
fn find() -> Result<(PathBuf, Vec<PathBuf>), Skipped> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let installed = std::env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(NAME))
        .find(|place| place.is_file());
    if let Some(program) = installed {
        return Ok((program, vec![]));
    }
    let root = PACKAGE
        .find_or_fetch(&mut |_| Continue::Yes)
        .map_err(|error| Skipped(format!("{:#}", anyhow::Error::new(error))))?;
    let libraries = LIBRARIES.map(|folder| root.join(folder)).to_vec();
    let mut places = PROGRAMS.map(|place| root.join(place)).into_iter();
    let program = places.find(|place| place.is_file());
    program
        .map(|program| (program, libraries))
        .ok_or_else(|| Skipped("Debian's ipvsadm has no ipvsadm".to_owned()))
}
