//! From the words of a command line to experiments.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Experiment;
use super::builtin;
use super::file::ExperimentFile;
use super::flags::ExperimentFlags;
use super::problem::{self, Problem, Problems};
use super::spelling::{did_you_mean, quoted};
use super::written::Place;

/// The largest file that is read, in bytes: 1 MiB.
const LARGEST_FILE: u64 = 1 << 20;

/// The experiments that the words of a command line name, changed as the flags say; without any
/// word, the one experiment that the flags describe.
///
/// A word is the name of a built-in experiment, a file, or a folder whose `*.toml` files are meant.
/// What is wrong with any of them is reported together.
pub fn experiments(words: &[String], flags: &ExperimentFlags) -> Result<Vec<Experiment>, Problems> {
    if words.is_empty() {
        return Ok(vec![ExperimentFile::from(flags).parse()?]);
    }
    let named = problem::all(words.iter().map(|word| {
        problem::all(files(word)?.into_iter().map(|file| {
            let file = file.override_with(flags);
            Ok((file.parse()?, file))
        }))
    }))?;
    let (experiments, files): (Vec<_>, Vec<_>) = named.into_iter().flatten().unzip();
    names_are_unique(&experiments, &files)?;
    Ok(experiments)
}

/// What is written in the experiments that one word names.
pub fn files(word: &str) -> Result<Vec<ExperimentFile>, Problems> {
    if let Some(builtin) = builtin::find(word) {
        return Ok(vec![builtin.file()]);
    }
    let path = Path::new(word);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => folder(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !looks_like_a_path(word) => {
            Err(unknown(word))
        }
        _ => Ok(vec![file(path)?]),
    }
}

fn looks_like_a_path(word: &str) -> bool {
    word.contains('/') || Path::new(word).extension().is_some()
}

fn unknown(word: &str) -> Problems {
    let names = builtin::all().iter().map(|builtin| builtin.name);
    let fault = format!("there is no experiment {}", quoted(word));
    let remedy = format!(
        "{}`netns-lab list` shows the built-in experiments; a file or a folder works too",
        did_you_mean(word, names)
    );
    Problems::of_command_line(Problem::at(&Place::Whole, fault).remedy(remedy))
}

/// All `*.toml` files of a folder, sorted by name; folders in it are left alone.
fn folder(path: &Path) -> Result<Vec<ExperimentFile>, Problems> {
    let cannot = |error: io::Error| {
        let fault = format!("cannot read the folder: {error}");
        Problems::unreadable(&path.to_string_lossy(), fault)
    };
    let entries: Result<Vec<PathBuf>, io::Error> = fs::read_dir(path)
        .map_err(cannot)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut paths = entries.map_err(cannot)?;
    paths.retain(|path| path.extension().is_some_and(|it| it == "toml") && !path.is_dir());
    paths.sort();
    if paths.is_empty() {
        let fault = "the folder has no experiment: no file in it ends in .toml";
        return Err(Problems::unreadable(&path.to_string_lossy(), fault));
    }
    problem::all(paths.iter().map(|path| file(path)))
}

fn file(path: &Path) -> Result<ExperimentFile, Problems> {
    let name = path.to_string_lossy();
    let text = read(path).map_err(|fault| Problems::unreadable(&name, fault))?;
    Ok(ExperimentFile::read(&name, text))
}

/// The text of a file, never more of it than is allowed.
fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read the file: {error}"))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("the file is larger than 1 MiB: that is no experiment".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        format!("the file is not UTF-8 text from byte {good} on")
    })
}

/// Two experiments of one name would write to one folder.
fn names_are_unique(experiments: &[Experiment], files: &[ExperimentFile]) -> Result<(), Problems> {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    problem::all(experiments.iter().zip(files).map(|(experiment, file)| {
        let name = experiment.name.as_str();
        let Some(first) = seen.get(name) else {
            seen.insert(name, file.source_name().to_owned());
            return Ok(());
        };
        let place = file.name.as_ref().map_or(&Place::Whole, |name| &name.place);
        let fault = format!("the experiment of {first} is called `{name}` too");
        let problem = Problem::at(place, fault).remedy(
            "give each a `name` of its own, and name each only once on the command line: \
             their results would share a folder",
        );
        Err(Problems::new(file.source.clone(), vec![problem]))
    }))?;
    Ok(())
}
