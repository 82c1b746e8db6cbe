//! Recordings of the real program, which are also their own scripts: a file holds commands, and
//! what came of them beside each. See `director-setup/tests/golden/README.md`.
//!
//! The tests compare what comes of the commands now with what the files say. To write the files
//! anew, after adding commands: `UPDATE_GOLDEN=1 cargo test -p netns-lab --test kernel -- golden`.

mod copies;
mod describe;
mod record;
mod script;

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use netns_lab::guest::ExtraFile;

use self::record::Detail;
use crate::guest::{Guest, Verdict, Work};
use crate::skip;

/// Where the recordings lie.
const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../director-setup/tests/golden"
);
/// How a recording begins that differs from run to run.
const ONCE: &str = "# Recorded once";
/// Set to have the files written anew.
const UPDATE: &str = "UPDATE_GOLDEN";

/// Where they lie in the guest.
const IN_GUEST: &str = "/golden";
/// The beginning of the cases' names.
const PREFIX: &str = "ipvsadm::golden::";

/// The folders, with what is written down in their files.
const KINDS: [(&str, Detail); 2] = [("text", Detail::Streams), ("netlink", Detail::Messages)];

/// The case that fills in a file.
pub fn find(name: &str) -> Option<Work> {
    let (folder, stem) = name.strip_prefix(PREFIX)?.split_once("::")?;
    let (_, detail) = *KINDS.iter().find(|(kind, _)| *kind == folder)?;
    let file = format!("{IN_GUEST}/{folder}/{stem}.txt");
    Some(Box::new(move |host| {
        let text = fs::read_to_string(&file).expect("it is packed into the guest");
        record::fill_in(host, &text, detail)
    }))
}

/// The files, for the guest.
pub fn files() -> Vec<ExtraFile> {
    let folders = KINDS.iter().map(|(folder, _)| folder);
    let files = folders.flat_map(|folder| files_of(folder).into_iter().zip(iter::repeat(folder)));
    let packed = |(host, folder): (PathBuf, &&str)| {
        let name = host.file_name().unwrap_or_default();
        let guest = Path::new(IN_GUEST).join(folder).join(name);
        ExtraFile { host, guest }
    };
    files.map(packed).collect()
}

/// A trial for each file.
pub fn trials(guest: &Arc<Guest>) -> Vec<Trial> {
    let of_kind = |(folder, _)| {
        files_of(folder).into_iter().map(move |file| {
            let guest = Arc::clone(guest);
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{PREFIX}{folder}::{stem}");
            Trial::ignorable_test(name.clone(), move || check(&guest, &name, &file))
        })
    };
    KINDS.into_iter().flat_map(of_kind).collect()
}

/// The recordings of a folder; in the guest there is none.
fn files_of(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(FOLDER).join(folder));
    let entries = entries.into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "txt"))
        .collect();
    files.sort();
    files
}

fn check(guest: &Guest, case: &str, file: &Path) -> Result<Completion, Failed> {
    let committed = fs::read_to_string(file)?;
    let now = match guest.run(case) {
        Verdict::Passed(text) => text,
        Verdict::Skipped(skipped) => return skip::conclude(Err(skipped)),
        Verdict::Failed(why) => return Err(Failed::from(why)),
    };
    if std::env::var_os(UPDATE).is_some() {
        fs::write(file, now)?;
    } else if now != committed && !committed.starts_with(ONCE) {
        return Err(Failed::from(format!(
            "the real ipvsadm does otherwise than {} says ({UPDATE}=1 writes it anew):\n{}",
            file.display(),
            super::difference::between(&committed, &now),
        )));
    }
    skip::conclude(Ok(()))
}
