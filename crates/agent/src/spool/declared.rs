//! The declared files as places: whether there is a character at a line and column.

use std::collections::BTreeMap;

use sdk::DeclaredPlace;

/// The declared files in the order in which they are sealed, by path.
#[derive(Debug, Default)]
pub struct DeclaredFiles(BTreeMap<String, Extent>);

#[derive(Debug)]
struct Extent {
    /// Of its `declaration` record.
    ordinal: u64,
    /// Unicode scalar values of each line, without the LF that ends it. `None`: not UTF-8, so without lines and columns.
    lines: Option<Vec<u32>>,
}

impl DeclaredFiles {
    /// `files`: path and bytes of each, in the order in which they are sealed.
    #[must_use]
    pub fn new<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Self {
        let mut by_path = BTreeMap::new();
        for (ordinal, (path, bytes)) in (0..).zip(files) {
            let count = |line: &str| u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
            let lines = std::str::from_utf8(bytes).ok().map(|text| text.split('\n').map(count).collect());
            // A file may be named twice; its bytes are the same.
            by_path.entry(path.to_owned()).or_insert(Extent { ordinal, lines });
        }
        Self(by_path)
    }

    /// The ordinal of the file's `declaration` record; `Err` says why there is no such place.
    pub(super) fn find(&self, at: &DeclaredPlace) -> Result<u64, String> {
        let DeclaredPlace { path, line, column } = at;
        let named =
            |why: &str| Err(format!("said to stand in `{}`, line {line}, column {column}: {why}", path.escape_debug()));
        let Some(extent) = self.0.get(path) else {
            return named("no file of that name is declared");
        };
        let Some(lines) = &extent.lines else {
            return named("the file is no text in UTF-8");
        };
        let index = line.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        match index.and_then(|index| lines.get(index)) {
            Some(length) if (1..=u64::from(*length)).contains(column) => Ok(extent.ordinal),
            _ => named("the file has no character there"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_where_a_character_stands() {
        let files = DeclaredFiles::new([
            ("a.yaml", "é: ü\n\nlast".as_bytes()),
            ("b.pdf", b"\xff\n".as_slice()),
            ("c/d.yaml", b"x\n".as_slice()),
        ]);
        let find = |path: &str, line, column| files.find(&DeclaredPlace { path: path.to_owned(), line, column });
        assert_eq!(find("a.yaml", 1, 1), Ok(0));
        assert_eq!(find("a.yaml", 1, 4), Ok(0));
        assert_eq!(find("a.yaml", 3, 4), Ok(0));
        assert_eq!(find("c/d.yaml", 1, 1), Ok(2));
        for (path, line, column) in [
            ("a.yaml", 1, 5),
            ("a.yaml", 1, 0),
            ("a.yaml", 0, 1),
            ("a.yaml", 2, 1),
            ("a.yaml", 4, 1),
            ("a.yaml", u64::MAX, u64::MAX),
            ("b.pdf", 1, 1),
            ("c/d.yaml", 2, 1),
            ("d.yaml", 1, 1),
        ] {
            let problem = find(path, line, column).unwrap_err();
            assert!(problem.contains(path), "{problem}");
        }
    }
}
