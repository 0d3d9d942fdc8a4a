//! The catalogues of standards that lie beside a declaration, in the folders that it names.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use declaration::{Attachment, Loaded, Standard};
use diagnose::Diagnostic;
use diagnose::yaml::MAX_FILE;

/// What was found in the folders: catalogues, their bytes to be sealed, and what is wrong with them.
#[derive(Default)]
pub struct Catalogues {
    pub standards: Vec<Standard>,
    /// Path in the declaration's folder, and bytes.
    pub attached: Vec<(String, Vec<u8>)>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads every `.yaml` file of the folders that the declaration names under `catalogues`. `inside` finds the real place of a path, or
/// refuses what lies elsewhere; `shipped` are the standards that this program has.
pub fn read(loaded: &mut Loaded, shipped: &[Standard], inside: impl Fn(&Path) -> io::Result<PathBuf>) -> Catalogues {
    let mut found = Catalogues::default();
    for folder in loaded.catalogue_folders() {
        let files = match files_of(&folder, &inside) {
            Ok(files) => files,
            Err(error) => {
                let problem = format!("cannot read the folder of catalogues `{}`: {error}", folder.path);
                found.diagnostics.push(loaded.unreadable(folder.at, &problem));
                continue;
            }
        };
        for (name, bytes) in files {
            match loaded.catalogue(folder.at, &format!("{}/{name}", folder.shown), &bytes) {
                Ok(standard) => {
                    if shipped.iter().chain(&found.standards).any(|known| known.id == standard.id) {
                        let problem = format!("`{}/{name}` is a second catalogue of `{}`", folder.path, standard.id);
                        found.diagnostics.push(loaded.unreadable(folder.at, &problem));
                    } else {
                        found.standards.push(standard);
                    }
                }
                Err(faults) => found.diagnostics.extend(faults),
            }
            found.attached.push((format!("{}/{name}", folder.path), bytes));
        }
    }
    found
}

/// The catalogues of a folder, by name.
fn files_of(folder: &Attachment, inside: &impl Fn(&Path) -> io::Result<PathBuf>) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(inside(Path::new(&folder.shown))?)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(io::Error::other("a file's name is not UTF-8"));
        };
        if !name.ends_with(".yaml") && !name.ends_with(".yml") {
            continue;
        }
        // What is read here is sealed and handed around: not what a link leads to, and nothing that waits for a writer.
        if !entry.file_type()?.is_file() {
            return Err(io::Error::other(format!("`{name}` is no regular file")));
        }
        let mut bytes = Vec::new();
        fs::File::open(entry.path())?.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
        found.push((name, bytes));
    }
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no file in it ends in `.yaml`"));
    }
    found.sort();
    Ok(found)
}
