//! Names and paths: what is where in a bundle, in an exported tar and in a store.

use crate::limits;

pub const STATEMENT: &str = "statement.sigstore.json";
pub const REDACTION: &str = "redaction.sigstore.json";
pub const LEAVES: &str = "leaves.txt";
pub const RECORDS: &str = "records.jsonl";
/// Folder of the exact answer bodies.
pub const RAW: &str = "raw";

/// In a store and in a tar: the C2SP checkpoint of the newest head.
pub const CHECKPOINT: &str = "ledger/checkpoint";
/// In a tar: the proof from the bundle's head to the newest one.
pub const CONSISTENCY: &str = "ledger/consistency";
/// In a tar: the proof from a head that somebody saw before to the newest one.
pub const SINCE: &str = "ledger/since";
/// In a store and in a tar: prefix of tiles. `ledger::Tile::path` is relative to `ledger/`.
pub const LEDGER: &str = "ledger";
/// In a store: prefix of the bundles, one file each.
pub const BUNDLES: &str = "bundles";
pub const ANCHORS: &str = "anchors";
/// In a store: intents and signed statements not yet appended.
pub const PENDING: &str = "pending";

/// What a path inside a bundle or tar names. Nothing else may be there. Ascending order is that of
/// an exported tar: one pass verifies the stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    Statement,
    Redaction,
    Leaves,
    /// `ledger/checkpoint`
    Checkpoint,
    /// `ledger/consistency`
    Consistency,
    /// `ledger/since`
    Since,
    /// `ledger/tile/…`; the path relative to `ledger/`
    Tile(String),
    /// `ledger/statements/<index>.json`
    LedgerStatement(u64),
    /// `ledger/controls/<index>.txt`
    LedgerControls(u64),
    /// `anchors/<tree size>/<name>`
    Anchor(u64, String),
    Records,
    /// `raw/<thousands>/<ordinal>`
    Raw(u64),
}

/// `raw/000/000000000`: the folder is the ordinal's first three digits of nine.
#[must_use]
pub fn raw(ordinal: u64) -> String {
    format!("{RAW}/{:03}/{ordinal:09}", ordinal / 1_000_000)
}

/// `ledger/statements/<index>.json`, relative to the store or tar.
#[must_use]
pub fn ledger_statement(index: u64) -> String {
    format!("{LEDGER}/statements/{index}.json")
}

/// `ledger/controls/<index>.txt`, relative to the tar.
#[must_use]
pub fn ledger_controls(index: u64) -> String {
    format!("{LEDGER}/controls/{index}.txt")
}

/// `ledger/<tile path>`, relative to the store or tar.
#[must_use]
pub fn tile(path: &str) -> String {
    format!("{LEDGER}/{path}")
}

/// `bundles/<index>.tar.zst`, relative to the store.
#[must_use]
pub fn bundle(index: u64) -> String {
    format!("{BUNDLES}/{index}{PACKED}")
}

/// The index of a bundle by its name below [`BUNDLES`]; `None` for any other name.
#[must_use]
pub fn bundle_index(name: &str) -> Option<u64> {
    let index: u64 = name.strip_suffix(PACKED)?.parse().ok()?;
    (bundle(index).strip_prefix(BUNDLES)?.strip_prefix('/')? == name).then_some(index)
}

const PACKED: &str = ".tar.zst";

impl Entry {
    /// Reads a path inside a bundle or tar; `None` for any name that is not of this format.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        if path.len() > limits::PATH_MAX || path.split('/').count() > limits::PATH_PARTS_MAX {
            return None;
        }
        let entry = match path {
            STATEMENT => Self::Statement,
            REDACTION => Self::Redaction,
            LEAVES => Self::Leaves,
            RECORDS => Self::Records,
            CHECKPOINT => Self::Checkpoint,
            CONSISTENCY => Self::Consistency,
            SINCE => Self::Since,
            _ => Self::parse_numbered(path)?,
        };
        // One name, one spelling: no leading zeros, no `.`, no doubled slash.
        (entry.path() == path).then_some(entry)
    }

    fn parse_numbered(path: &str) -> Option<Self> {
        let (folder, rest) = path.split_once('/')?;
        match folder {
            RAW => {
                let ordinal: u64 = rest.split_once('/')?.1.parse().ok()?;
                (ordinal < limits::RAW_FILES_MAX).then_some(Self::Raw(ordinal))
            }
            ANCHORS => {
                let (size, name) = rest.split_once('/')?;
                valid_file_name(name).then_some(Self::Anchor(size.parse().ok()?, name.to_owned()))
            }
            LEDGER => {
                if let Some(index) = rest.strip_prefix("statements/") {
                    return Some(Self::LedgerStatement(index.strip_suffix(".json")?.parse().ok()?));
                }
                if let Some(index) = rest.strip_prefix("controls/") {
                    return Some(Self::LedgerControls(index.strip_suffix(".txt")?.parse().ok()?));
                }
                valid_tile_path(rest).then(|| Self::Tile(rest.to_owned()))
            }
            _ => None,
        }
    }

    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Statement => STATEMENT.to_owned(),
            Self::Redaction => REDACTION.to_owned(),
            Self::Leaves => LEAVES.to_owned(),
            Self::Checkpoint => CHECKPOINT.to_owned(),
            Self::Consistency => CONSISTENCY.to_owned(),
            Self::Since => SINCE.to_owned(),
            Self::Tile(tile_path) => tile(tile_path),
            Self::LedgerStatement(index) => ledger_statement(*index),
            Self::LedgerControls(index) => ledger_controls(*index),
            Self::Anchor(size, name) => format!("{ANCHORS}/{size}/{name}"),
            Self::Records => RECORDS.to_owned(),
            Self::Raw(ordinal) => raw(*ordinal),
        }
    }
}

/// Lower-case letters, digits, `-` and `.`, not starting with a dot, 1 to 64 bytes.
fn valid_file_name(name: &str) -> bool {
    !name.starts_with('.')
        && (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
}

/// The shape of C2SP tile paths; that exactly the tiles of the tree are there is checked with the
/// tree's size.
fn valid_tile_path(path: &str) -> bool {
    let Some((level, index)) = path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let (index, width) = match index.split_once(".p/") {
        Some((index, width)) => (index, Some(width)),
        None => (index, None),
    };
    let three_digits = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    // A number has one spelling: no group of zeros before its first digit.
    let first_is_good = !index.starts_with("x000/");
    let mut parts = index.split('/').rev();
    let last_is_good = parts.next().is_some_and(three_digits);
    let rest_is_good = parts.all(|part| part.strip_prefix('x').is_some_and(three_digits));
    let width_is_good = width.is_none_or(|width| width.parse().is_ok_and(|n: u8| n > 0 && n.to_string() == width));
    let level_is_good = level == "entries" || level.parse().is_ok_and(|n: u8| n < 8 && n.to_string() == level);
    first_is_good && last_is_good && rest_is_good && width_is_good && level_is_good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for path in [
            "statement.sigstore.json",
            "redaction.sigstore.json",
            "leaves.txt",
            "records.jsonl",
            "ledger/checkpoint",
            "ledger/consistency",
            "ledger/since",
            "ledger/tile/0/000.p/3",
            "ledger/tile/1/x001/x234/067",
            "ledger/tile/0/x001/x000/067",
            "ledger/tile/entries/x001/067.p/255",
            "ledger/statements/0.json",
            "ledger/statements/120.json",
            "ledger/controls/0.txt",
            "ledger/controls/120.txt",
            "anchors/12/token.tsr",
            "raw/000/000000000",
            "raw/999/999999999",
        ] {
            assert_eq!(Entry::parse(path).map(|entry| entry.path()).as_deref(), Some(path));
        }
        assert_eq!(raw(1_234_567), "raw/001/001234567");
        assert_eq!(bundle(12), "bundles/12.tar.zst");
        assert_eq!(bundle_index("12.tar.zst"), Some(12));
        for name in
            ["12", "012.tar.zst", "+1.tar.zst", "12.tar", "12.tar.zst.tmp", ".tar.zst", "18446744073709551616.tar.zst"]
        {
            assert_eq!(bundle_index(name), None, "{name}");
        }
    }

    #[test]
    fn other_names_are_not_of_the_format() {
        for path in [
            "",
            "/",
            "other",
            "./leaves.txt",
            "leaves.txt/",
            "raw/000/000000001/",
            "raw/001/000000001",
            "raw/000/1",
            "raw/000/+00000001",
            "raw/1000/1000000000",
            "ledger/tile/8/000",
            "ledger/tile/00/000",
            "ledger/tile/0/00",
            "ledger/tile/0/000.p/256",
            "ledger/tile/0/000.p/0",
            "ledger/tile/0/000.p/01",
            "ledger/tile/0/001/067",
            "ledger/tile/0/x000/067",
            "ledger/tile/entries/x000/x001/067",
            "ledger/tile/0/../067",
            "ledger/statements/00.json",
            "ledger/statements/x.json",
            "ledger/controls/01.txt",
            "ledger/controls/1.json",
            "ledger/controls/+1.txt",
            "anchors/1/../a",
            "anchors/1/.a",
            "anchors/1/a/b",
            "anchors/01/a",
            "../leaves.txt",
        ] {
            assert_eq!(Entry::parse(path), None, "{path}");
        }
    }
}
