//! A bundle as a folder: in a store, or an unpacked export. Gives its files in the order of a tar.
//!
//! Links are never followed, and nothing may be in the folder that does not belong to a bundle.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::source::{Gate, Item, ReadError, Source};
use crate::layout::{self, Entry};
use crate::limits;

/// Reads a bundle from a folder.
#[derive(Debug)]
pub struct FolderSource {
    root: PathBuf,
    gate: Gate,
    listed: bool,
    /// Found, not yet given; the next one last.
    found: Vec<Entry>,
    /// Folders of raw files not yet looked into; the next one last.
    raw_folders: Vec<String>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: String,
    left: u64,
}

impl FolderSource {
    /// Nothing is looked at before the first file is asked for.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            gate: Gate::default(),
            listed: false,
            found: Vec::new(),
            raw_folders: Vec::new(),
            open: None,
        }
    }

    fn list_all(&mut self) -> Result<(), ReadError> {
        for (name, is_folder) in self.list("")? {
            match name.as_str() {
                layout::RAW if is_folder => {
                    let folders = self.list(layout::RAW)?;
                    if folders.is_empty() {
                        return Err(ReadError::Foreign { path: layout::RAW.to_owned() });
                    }
                    for (folder, is_folder) in folders {
                        let path = format!("{}/{folder}", layout::RAW);
                        if !is_folder {
                            return Err(ReadError::Foreign { path });
                        }
                        self.raw_folders.push(path);
                    }
                }
                layout::LEDGER | layout::ANCHORS if is_folder => self.walk(&name)?,
                _ => self.admit_name(&name, is_folder)?,
            }
        }
        // All that was found so far is before the raw files in a tar.
        self.found.sort_unstable_by(|a, b| b.cmp(a));
        self.raw_folders.sort_unstable_by(|a, b| b.cmp(a));
        self.listed = true;
        Ok(())
    }

    fn admit_name(&mut self, path: &str, is_folder: bool) -> Result<(), ReadError> {
        match Entry::parse(path) {
            Some(entry) if !is_folder => {
                self.found.push(entry);
                Ok(())
            }
            _ => Err(ReadError::Foreign { path: path.to_owned() }),
        }
    }

    /// Takes up all files below a folder; paths deeper than the format allows are refused by name.
    fn walk(&mut self, top: &str) -> Result<(), ReadError> {
        let mut folders = vec![top.to_owned()];
        while let Some(folder) = folders.pop() {
            let names = self.list(&folder)?;
            // A folder that holds no file of the format is none of the format either.
            if names.is_empty() {
                return Err(ReadError::Foreign { path: folder });
            }
            for (name, is_folder) in names {
                let path = format!("{folder}/{name}");
                if !is_folder {
                    self.admit_name(&path, false)?;
                } else if path.split('/').count() < limits::PATH_PARTS_MAX {
                    folders.push(path);
                } else {
                    return Err(ReadError::Foreign { path });
                }
            }
        }
        Ok(())
    }

    /// Names in a folder, and whether each is a folder itself.
    fn list(&self, folder: &str) -> Result<Vec<(String, bool)>, ReadError> {
        let io = |error| ReadError::Io { path: shown(&self.root, folder), error };
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join(folder)).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(io)?;
            if !kind.is_file() && !kind.is_dir() {
                return Err(ReadError::NotAFile { path: join(folder, &name) });
            }
            names.push((name, kind.is_dir()));
        }
        Ok(names)
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, ReadError> {
        loop {
            if let Some(entry) = self.found.pop() {
                return Ok(Some(entry));
            }
            let Some(folder) = self.raw_folders.pop() else {
                return Ok(None);
            };
            let names = self.list(&folder)?;
            if names.is_empty() {
                return Err(ReadError::Foreign { path: folder });
            }
            for (name, is_folder) in names {
                self.admit_name(&format!("{folder}/{name}"), is_folder)?;
            }
            self.found.sort_unstable_by(|a, b| b.cmp(a));
        }
    }
}

impl Source for FolderSource {
    fn next_item(&mut self) -> Result<Option<Item>, ReadError> {
        self.open = None;
        if !self.listed {
            self.list_all()?;
        }
        let Some(entry) = self.next_entry()? else {
            return Ok(None);
        };
        let path = entry.path();
        let full = self.root.join(&path);
        let io = |error| ReadError::Io { path: shown(&self.root, &path), error };
        // Asked without following a link; a pipe or device must not even be opened.
        let before = fs::symlink_metadata(&full).map_err(io)?;
        if !before.is_file() {
            return Err(ReadError::NotAFile { path });
        }
        let file = File::open(&full).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let item = self.gate.admit(entry, size)?;
        self.open = Some(Open { file, path, left: size });
        Ok(Some(item))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let Some(open) = &mut self.open else {
            return Ok(0);
        };
        let count = loop {
            match open.file.read(buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(ReadError::Io { path: shown(&self.root, &open.path), error });
                }
            }
        };
        // A file that grows or shrinks under our hands is not what was sealed.
        match open.left.checked_sub(count as u64) {
            Some(left) if count > 0 || left == 0 || buffer.is_empty() => {
                open.left = left;
                Ok(count)
            }
            _ => Err(ReadError::Changed { path: open.path.clone() }),
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn shown(root: &Path, path: &str) -> String {
    root.join(path).display().to_string()
}
