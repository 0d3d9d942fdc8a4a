//! `ledger/consistency` of an exported bundle: the proof that the head which the bundle was sealed
//! under is a prefix of the newest head. Both sizes are known from elsewhere, so the file is only
//! the hashes: one line each, 64 lower-case hexadecimal digits and LF.
//!
//! `ledger/since`: the same proof from a head that whoever asked for the export saw before. Its size and root are the first line, so that
//! also whoever saw another head can tell whether the file is right.

use std::fmt::Write as _;

use model::Digest;

/// The file is not one hash a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`ledger/consistency` is not one hash a line")]
pub struct ConsistencyError;

/// The file's text.
#[must_use]
pub fn render(proof: &[Digest]) -> String {
    let mut text = String::new();
    for hash in proof {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{hash}");
    }
    text
}

/// Reads the file; the proof is not verified.
pub fn parse(bytes: &[u8]) -> Result<Vec<Digest>, ConsistencyError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ConsistencyError)?;
    let proof = text
        .split_inclusive('\n')
        .take(ledger::max_proof_length() + 1)
        .map(|line| line.strip_suffix('\n').and_then(|hash| hash.parse().ok()).ok_or(ConsistencyError))
        .collect::<Result<Vec<Digest>, _>>()?;
    if proof.len() > ledger::max_proof_length() {
        return Err(ConsistencyError);
    }
    Ok(proof)
}

/// What `ledger/since` says: the newest head continues the tree of `size` entries with this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// At least 1.
    pub size: u64,
    pub root: Digest,
    pub proof: Vec<Digest>,
}

/// The file is not a size with its root, and one hash a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`ledger/since` is not a size with its root, and then one hash a line")]
pub struct SinceError;

impl Since {
    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        format!("{} {}\n{}", self.size, self.root, render(&self.proof))
    }

    /// Reads the file; the proof is not verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, SinceError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SinceError)?;
        let (first, rest) = text.split_once('\n').ok_or(SinceError)?;
        let (number, root) = first.split_once(' ').ok_or(SinceError)?;
        let size: u64 = number.parse().map_err(|_| SinceError)?;
        // One spelling: no sign, no leading zeros.
        if size == 0 || size > crate::limits::LEDGER_MAX || size.to_string() != number {
            return Err(SinceError);
        }
        let root = root.parse().map_err(|_| SinceError)?;
        Ok(Self { size, root, proof: parse(rest.as_bytes()).map_err(|_| SinceError)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling() {
        let proof = vec![Digest::of(b"a"), Digest::of(b"b")];
        let text = render(&proof);
        assert_eq!(text.len(), 130);
        assert_eq!(parse(text.as_bytes()), Ok(proof));
        assert_eq!(parse(b""), Ok(vec![]));
        for bad in [
            text.trim_end().to_owned(),
            text.to_uppercase(),
            format!("{text}\n"),
            text.replace('\n', "\r\n"),
            format!(" {text}"),
            text.repeat(33),
        ] {
            assert_eq!(parse(bad.as_bytes()), Err(ConsistencyError), "{bad}");
        }
    }

    #[test]
    fn what_was_seen_has_one_spelling() {
        let since = Since { size: 12, root: Digest::of(b"r"), proof: vec![Digest::of(b"a"), Digest::of(b"b")] };
        let text = since.render();
        assert_eq!(Since::parse(text.as_bytes()), Ok(since));
        let one = Since { size: 1, root: Digest::of(b"r"), proof: Vec::new() };
        assert_eq!(Since::parse(one.render().as_bytes()), Ok(one));
        for bad in [
            String::new(),
            "12\n".to_owned(),
            text.replacen("12", "012", 1),
            text.replacen("12", "+12", 1),
            text.replacen("12", "0", 1),
            text.replacen("12", "1099511627777", 1),
            text.replacen(' ', "  ", 1),
            text.to_uppercase(),
            text.trim_end().to_owned(),
            format!("{text}\n"),
        ] {
            assert_eq!(Since::parse(bad.as_bytes()), Err(SinceError), "{bad}");
        }
    }
}
