//! User-mode Linux: a kernel that runs as an ordinary process.

use std::fs::File;
use std::io::{self, BufWriter};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::extras::Extras;
use super::image;
use crate::cage::Walls;

/// A user-mode Linux kernel with its modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestKernel {
    /// The executable.
    pub executable: PathBuf,
    /// The folder with its release's `modules.dep`.
    pub modules: PathBuf,
}

/// The guest's memory in MiB; pages it never touches cost nothing.
const MEMORY_MIB: u64 = 448;

/// A private tmpfs where the cage has walls.
const PRIVATE: &str = "/dev/shm";

/// The folder that the guest makes for its state: its pid and a control socket.
const STATE: &str = "guest";

/// How often that folder is looked for.
const GLANCE: Duration = Duration::from_millis(20);

/// A kernel and what its guest is given, as arguments for [`play`].
pub fn arguments(kernel: &GuestKernel, extras: &Extras) -> io::Result<Vec<String>> {
    Ok(vec![
        kernel.executable.to_string_lossy().into_owned(),
        kernel.modules.to_string_lossy().into_owned(),
        serde_json::to_string(extras)?,
    ])
}

fn from_arguments(args: &[String]) -> io::Result<(GuestKernel, Extras)> {
    let [executable, modules, extras] = args else {
        let text = "started with wrong arguments";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    };
    let kernel = GuestKernel {
        executable: executable.into(),
        modules: modules.into(),
    };
    Ok((kernel, serde_json::from_str(extras)?))
}

/// Boots the kernel on this process's standard input and output and waits for its end.
pub fn play(walls: Walls, args: &[String]) -> io::Result<ExitStatus> {
    let (kernel, extras) = from_arguments(args)?;
    pin_to_one_cpu()?;
    let scratch = Scratch::new(walls)?;
    let initramfs = initramfs(&kernel.modules, &extras)?;
    let mut guest = boot(&kernel.executable, &scratch, &initramfs)?;
    if let Scratch::Shared { state, .. } = scratch {
        remove_early(state, &mut guest)?;
    }
    guest.wait()
}

/// The image, in memory that the guest inherits: a file would stay when this process is killed.
fn initramfs(modules: &Path, extras: &Extras) -> io::Result<File> {
    let file = File::from(memfd_create(c"initramfs", MFdFlags::empty())?);
    image::write(BufWriter::new(&file), modules, extras)?;
    Ok(file)
}

fn boot(executable: &Path, scratch: &Scratch, initramfs: &File) -> io::Result<Child> {
    Command::new(executable)
        .arg(format!("mem={MEMORY_MIB}M"))
        .arg(format!("initrd=/proc/self/fd/{}", initramfs.as_raw_fd()))
        // The console goes to standard error, the first serial line to standard input and output.
        .args(["con=null", "con0=null,fd:2", "ssl=null", "ssl0=fd:0,fd:1"])
        .arg(format!("uml_dir={}/", scratch.state().display()))
        .arg(format!("umid={STATE}"))
        .args(["quiet", "panic=-1", "noreboot"])
        // The memory's file is made in TMPDIR, and has no name there any more when it is filled.
        .env_clear()
        .env("TMPDIR", scratch.memory())
        .stderr(Stdio::inherit())
        .spawn()
}

/// Removes the guest's state as soon as its pid is there: the guest crashes if it cannot make the
/// folder, and needs nothing of it later. In the end this process is killed, and removes nothing.
fn remove_early(state: TempDir, guest: &mut Child) -> io::Result<()> {
    let pid = state.path().join(STATE).join("pid");
    while !pid.exists() && guest.try_wait()?.is_none() {
        thread::sleep(GLANCE);
    }
    state.close()
}

/// A second CPU only makes the host move the guest's threads to and fro: on one it is several
/// times faster.
fn pin_to_one_cpu() -> nix::Result<()> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let cpus: Vec<usize> = (0..CpuSet::count())
        .filter(|cpu| allowed.is_set(*cpu).unwrap_or(false))
        .collect();
    // Guests that run at the same time should not all meet on one CPU: the clock tells them apart.
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let Some(cpu) = cpus.get(now.subsec_micros() as usize % cpus.len().max(1)) else {
        return Ok(());
    };
    let mut one = CpuSet::new();
    one.set(*cpu)?;
    sched_setaffinity(this, &one)
}

/// Where the guest keeps its memory and its state.
enum Scratch {
    /// A tmpfs that vanishes with the cage.
    Private,
    /// Folders of the machine.
    Shared {
        /// With room; the guest takes the name from the memory's file at once.
        memory: PathBuf,
        /// Has to be removed.
        state: TempDir,
    },
}

impl Scratch {
    fn new(walls: Walls) -> io::Result<Self> {
        if walls == Walls::Namespaces && Path::new(PRIVATE).is_dir() {
            return Ok(Self::Private);
        }
        let memory = roomy_folder()?;
        let mut builder = tempfile::Builder::new();
        let state = builder.prefix("netns-lab-").tempdir_in(&memory)?;
        Ok(Self::Shared { memory, state })
    }

    fn memory(&self) -> &Path {
        match self {
            Self::Private => Path::new(PRIVATE),
            Self::Shared { memory, .. } => memory,
        }
    }

    fn state(&self) -> &Path {
        match self {
            Self::Private => Path::new(PRIVATE),
            Self::Shared { state, .. } => state.path(),
        }
    }
}

/// A folder with room for the guest's memory on a file system from which code may be run.
fn roomy_folder() -> io::Result<PathBuf> {
    let candidates = [std::env::temp_dir(), PRIVATE.into(), "/var/tmp".into()];
    candidates
        .into_iter()
        .find(|folder| has_room(folder))
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::StorageFull,
                format!(
                    "no temporary folder has {MEMORY_MIB} MiB and allows execution: \
                 set TMPDIR to one that does"
                ),
            )
        })
}

fn has_room(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|fs| {
        let free = fs.blocks_available() * fs.fragment_size();
        !fs.flags().contains(FsFlags::ST_NOEXEC) && free >= MEMORY_MIB << 20
    })
}
