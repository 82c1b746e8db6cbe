//! Init of a guest: prepares the kernel, runs a lab on the serial line, and powers off.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use nix::kmod::{ModuleInitFlags, finit_module};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};

use crate::cage::{Cage, Part, Streams};
use crate::engine::lab_arguments;

/// Path of this executable in the guest, which the kernel runs as PID 1.
pub const INIT: &str = "/init";
/// Folder of the modules; their names sort in the order of loading.
pub const MODULES: &str = "/modules";
/// The line to the host.
const SERIAL: &str = "/dev/ttyS0";

/// Whether this process is the init of a guest.
pub fn is_init() -> bool {
    std::process::id() == 1 && std::env::args_os().next().is_some_and(|name| name == INIT)
}

/// Runs the guest to its end; the kernel halts.
pub fn run() {
    if let Err(error) = live() {
        eprintln!("init: {error:#}");
    }
    // Returns only to say why it could not.
    let Err(error) = reboot(RebootMode::RB_POWER_OFF);
    eprintln!("init: cannot power off: {error}");
}

/// Prepares the kernel; the lab is a native one on the serial line.
fn live() -> anyhow::Result<()> {
    mount_all().context("cannot mount the kernel's file systems")?;
    load_modules()?;
    make_room()?;
    let serial = open_serial().with_context(|| format!("cannot open {SERIAL}"))?;
    let streams = Streams {
        input: serial.try_clone()?.into(),
        output: serial.into(),
        console: Stdio::inherit(),
    };
    let mut lab =
        Cage::start(Part::Lab, &lab_arguments()?, streams).context("cannot start the lab")?;
    let status = lab.wait()?;
    anyhow::ensure!(status.success(), "the lab ended with {status}");
    Ok(())
}

fn mount_all() -> nix::Result<()> {
    let none = None::<&str>;
    for (kind, target) in [
        ("devtmpfs", "/dev"),
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("tmpfs", "/tmp"),
    ] {
        mount(Some(kind), target, Some(kind), MsFlags::empty(), none)?;
    }
    Ok(())
}

fn load_modules() -> anyhow::Result<()> {
    let mut modules = fs::read_dir(MODULES)
        .and_then(|folder| {
            folder
                .map(|entry| Ok(entry?.path()))
                .collect::<io::Result<Vec<_>>>()
        })
        .with_context(|| format!("cannot read {MODULES}"))?;
    modules.sort();
    modules.iter().try_for_each(|module| {
        load(module).with_context(|| format!("cannot load {}", module.display()))
    })
}

fn load(module: &Path) -> io::Result<()> {
    let file = File::open(module)?;
    Ok(finit_module(&file, c"", ModuleInitFlags::empty())?)
}

/// Limits that all namespaces share and only the first can raise, which is the guest's own here.
///
/// - Neighbour entries, by default 1024 (`neigh_sysctl_register` in `net/core/neighbour.c`, Linux
///   6.1): each real server takes two or three.
/// - Frames that wait for the CPU, by default 1000: a broadcast is one for each port of a switch.
const ROOM: [(&str, &str); 4] = [
    ("/proc/sys/net/ipv4/neigh/default/gc_thresh3", "16384"),
    ("/proc/sys/net/ipv4/neigh/default/gc_thresh2", "16384"),
    ("/proc/sys/net/ipv4/neigh/default/gc_thresh1", "16384"),
    ("/proc/sys/net/core/netdev_max_backlog", "16384"),
];

fn make_room() -> anyhow::Result<()> {
    ROOM.iter().try_for_each(|(setting, value)| {
        fs::write(setting, value).with_context(|| format!("cannot set {setting}"))
    })
}

/// Opens the serial line without the terminal's editing, echo and translation.
fn open_serial() -> io::Result<File> {
    let serial = File::options().read(true).write(true).open(SERIAL)?;
    let mut settings = tcgetattr(serial.as_fd())?;
    cfmakeraw(&mut settings);
    tcsetattr(serial.as_fd(), SetArg::TCSANOW, &settings)?;
    Ok(serial)
}
