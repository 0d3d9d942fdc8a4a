//! `ledger/consistency` of an exported bundle: the proof that the head which the bundle was sealed
//! under is a prefix of the newest head. Both sizes are known from elsewhere, so the file is only
//! the hashes: one line each, 64 lower-case hexadecimal digits and LF.

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
}
