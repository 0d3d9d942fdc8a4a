//! `ledger/consistency` of an exported bundle: the proof that the head which the bundle was sealed
//! under is a prefix of the newest head.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Digest;
use serde::Deserialize;

use crate::limits;

/// A consistency proof between two sizes of one ledger, `older < newer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    pub older: u64,
    pub newer: u64,
    pub proof: Vec<Digest>,
}

/// The file is not a consistency proof in its one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`ledger/consistency` is not a consistency proof as the format demands")]
pub struct ConsistencyError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileJson {
    hashes: Vec<String>,
    newer: u64,
    older: u64,
}

impl Consistency {
    /// The file's one spelling: one JSON object with sorted keys, and LF.
    #[must_use]
    pub fn render(&self) -> String {
        let hashes: Vec<String> = self
            .proof
            .iter()
            .map(|hash| format!("\"{}\"", STANDARD.encode(hash.as_bytes())))
            .collect();
        format!(
            "{{\"hashes\":[{}],\"newer\":{},\"older\":{}}}\n",
            hashes.join(","),
            self.newer,
            self.older
        )
    }

    /// Reads the file; the proof is not verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConsistencyError> {
        if bytes.len() as u64 > limits::CHECKPOINT_MAX {
            return Err(ConsistencyError);
        }
        let file: FileJson = serde_json::from_slice(bytes).map_err(|_| ConsistencyError)?;
        let proof = file
            .hashes
            .iter()
            .map(|hash| {
                let bytes = STANDARD.decode(hash).map_err(|_| ConsistencyError)?;
                bytes
                    .try_into()
                    .map(Digest::from_bytes)
                    .map_err(|_| ConsistencyError)
            })
            .collect::<Result<_, _>>()?;
        let consistency = Self {
            older: file.older,
            newer: file.newer,
            proof,
        };
        let fits = consistency.older > 0
            && consistency.older < consistency.newer
            && consistency.newer <= limits::LEDGER_MAX;
        if fits && consistency.render().as_bytes() == bytes {
            Ok(consistency)
        } else {
            Err(ConsistencyError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling() {
        let good = Consistency {
            older: 3,
            newer: 7,
            proof: vec![Digest::of(b"a"), Digest::of(b"b")],
        };
        let text = good.render();
        assert_eq!(Consistency::parse(text.as_bytes()), Ok(good));
        for bad in [
            text.trim_end().to_owned(),
            text.replace(',', ", "),
            text.replace("\"older\":3", "\"older\":7"),
            text.replace("\"older\":3", "\"older\":0"),
            text.replace("\"older\":3", "\"older\":3,\"older\":3"),
            text.replace("\"older\":3", "\"older\":3,\"x\":3"),
        ] {
            assert_eq!(
                Consistency::parse(bad.as_bytes()),
                Err(ConsistencyError),
                "{bad}"
            );
        }
    }
}
