//! What was there before, in a file.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::needs::{Device, Setting};
use super::{RealServerError, Vip};
use crate::network::fou::GuePort;

/// Where the state is kept; `/run` is as short-lived as what it records.
pub const DEFAULT_PATH: &str = "/run/director-setup/realserver.toml";

const FORMAT: u32 = 1;
/// Room for some 10 000 VIPs.
const MAX_BYTES: u64 = 1 << 20;

/// What `apply` did, and what it found before it did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// The VIPs for which the host is prepared.
    pub vips: Vec<RecordedVip>,
    /// The settings that were changed.
    pub settings: Vec<RecordedSetting>,
    /// The devices that were added or set up.
    pub devices: Vec<RecordedDevice>,
    /// The ports that were opened.
    pub ports: Vec<GuePort>,
}

/// A VIP and whether it is ours to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedVip {
    /// The VIP.
    #[serde(flatten)]
    pub vip: Vip,
    /// Who had put it on its interface.
    pub origin: Origin,
}

/// Who brought something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It was there before.
    Found,
    /// `apply` added it.
    Added,
}

/// A setting and its value before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSetting {
    /// The setting.
    #[serde(flatten)]
    pub setting: Setting,
    /// Its value before; of a device that was not there, the value that new ones get.
    pub original: i32,
}

/// A device that was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedDevice {
    /// The device.
    pub device: Device,
    /// Whether it was there, down, or had to be added.
    pub origin: Origin,
}

impl State {
    /// Whether there is nothing to undo.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The record of a VIP.
    pub fn vip(&self, address: IpAddr) -> Option<&RecordedVip> {
        self.vips.iter().find(|one| one.vip.address == address)
    }
}

/// For which running system a state was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot: String,
    /// Device and inode of the network namespace.
    pub namespace: String,
}

impl Place {
    /// This boot and the network namespace of the calling thread.
    pub fn here() -> io::Result<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        let namespace = fs::metadata("/proc/thread-self/ns/net")?;
        Ok(Self {
            boot: boot.trim_end().to_owned(),
            namespace: format!("{}:{}", namespace.dev(), namespace.ino()),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    place: Place,
    state: State,
}

/// The file, held by this process alone.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    place: Place,
    /// Locked as long as it is open.
    _folder: File,
}

impl StateFile {
    /// Makes the file's folder if need be and keeps every other process away from the file.
    pub fn lock(path: &Path, place: Place) -> Result<Self, RealServerError> {
        let failed = |source| RealServerError::state("write", path, source);
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(failed)?;
        let folder = File::open(folder).map_err(failed)?;
        match folder.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                place,
                _folder: folder,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(RealServerError::Busy(path.to_owned())),
            Err(fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The recorded state.
    pub fn read(&self) -> Result<State, RealServerError> {
        read(&self.path, &self.place)
    }

    /// Puts a state in place of the recorded one: wholly, or not at all. An empty one leaves no
    /// file.
    pub fn write(&self, state: &State) -> Result<(), RealServerError> {
        let failed = |source| RealServerError::state("write", &self.path, source);
        if state.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        let document = Document {
            format: FORMAT,
            place: self.place.clone(),
            state: state.clone(),
        };
        let text = toml::to_string(&document).map_err(|error| failed(io::Error::other(error)))?;
        replace(&self.path, text.as_bytes()).map_err(failed)
    }
}

/// The state in a file; an empty one if there is no file, or if it was written before the last
/// boot, which restored everything.
pub fn read(path: &Path, place: &Place) -> Result<State, RealServerError> {
    let text = File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match text {
        // What is not UTF-8 is not TOML either, and is refused as such.
        Ok(bytes) => parse(path, &String::from_utf8_lossy(&bytes), place),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
        Err(source) => Err(RealServerError::state("read", path, source)),
    }
}

fn parse(path: &Path, text: &str, place: &Place) -> Result<State, RealServerError> {
    let wrong = |reason: String| RealServerError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let document: Document =
        toml::from_str(text).map_err(|error| wrong(with_line(text, &error)))?;
    if document.format != FORMAT {
        return Err(wrong(format!(
            "its format is {}, not {FORMAT}",
            document.format
        )));
    }
    if document.place.boot != place.boot {
        return Ok(State::default());
    }
    if document.place.namespace != place.namespace {
        return Err(RealServerError::OtherNamespace(path.to_owned()));
    }
    Ok(document.state)
}

/// Without the line itself, which may be endless in a file that is something else.
fn with_line(text: &str, error: &toml::de::Error) -> String {
    let place = error.span().map_or(0, |span| span.start);
    let before = text.as_bytes().iter().take(place);
    let line = before.filter(|byte| **byte == b'\n').count() + 1;
    format!("line {line}: {}", error.message().trim_end())
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A reader sees the old bytes or the new ones, after a crash too.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests;
