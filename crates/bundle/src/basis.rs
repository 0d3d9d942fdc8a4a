//! With what a run was judged, as five digests in its statement: so that whoever has the statements alone sees between which runs plan,
//! declaration, checks, parameters or targets changed. `docs/spec/bundle.md` §3.

use model::{Digest, RecordType};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The digests, in the order of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Of the resolved plan: that of the `run` record.
    pub plan: Digest,
    /// Of the declared files: names, sizes, digests.
    pub declaration: Digest,
    /// Of the texts that took part in judging.
    pub checks: Digest,
    /// Of the uses of checks: controls, targets, parameters.
    pub parameters: Digest,
    /// Of the ways to the sources.
    pub targets: Digest,
}

impl Basis {
    /// Each with its name.
    #[must_use]
    pub const fn members(&self) -> [(&'static str, Digest); 5] {
        [
            ("plan", self.plan),
            ("declaration", self.declaration),
            ("checks", self.checks),
            ("parameters", self.parameters),
            ("targets", self.targets),
        ]
    }
}

/// What of it the records themselves give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfRecords {
    pub declaration: Digest,
    pub checks: Digest,
    pub parameters: Digest,
    pub targets: Digest,
}

/// Takes the digests of record lines as they are written or read.
#[derive(Debug, Clone, Default)]
pub struct BasisHasher {
    declaration: Sha256,
    checks: Sha256,
    parameters: Sha256,
    targets: Sha256,
}

impl BasisHasher {
    /// The next line, without its LF. Of a withheld one nothing is taken.
    pub fn line(&mut self, kind: RecordType, line: &[u8]) {
        // What changes with every run is left out: the number of a raw file, and the time that a check sees.
        let (hasher, until) = match kind {
            RecordType::Declaration => (&mut self.declaration, Some(&b",\"raw\":"[..])),
            RecordType::Check => (&mut self.checks, None),
            RecordType::Assignment => (&mut self.parameters, Some(&b",\"now\":"[..])),
            RecordType::Route => (&mut self.targets, None),
            _ => return,
        };
        // `{"salt":"` and 22 characters, `","t":"`, the type, `",`.
        let Some(members) = line.get(9 + 22 + 7 + kind.as_str().len() + 2..) else { return };
        let end = until.and_then(|until| members.windows(until.len()).rposition(|window| window == until));
        hasher.update(members.get(..end.unwrap_or(members.len())).unwrap_or_default());
        hasher.update(b"\n");
    }

    /// The digests of all lines.
    #[must_use]
    pub fn finish(self) -> OfRecords {
        let digest = |hasher: Sha256| Digest::from_bytes(hasher.finalize().into());
        OfRecords {
            declaration: digest(self.declaration),
            checks: digest(self.checks),
            parameters: digest(self.parameters),
            targets: digest(self.targets),
        }
    }
}

impl OfRecords {
    /// With the digest of the plan that the run was made by.
    #[must_use]
    pub const fn with(self, plan: Digest) -> Basis {
        let Self { declaration, checks, parameters, targets } = self;
        Basis { plan, declaration, checks, parameters, targets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_with_every_run_is_left_out() {
        let of = |lines: &[(RecordType, &str)]| {
            let mut hasher = BasisHasher::default();
            lines.iter().for_each(|(kind, line)| hasher.line(*kind, line.as_bytes()));
            hasher.finish()
        };
        let assignment = |salt: &str, minimum: u64, now: &str| {
            format!(
                r#"{{"salt":"{}","t":"assignment","control":"c","parameters":{{"m":{minimum}}},"declared":{{}},"now":"{now}"}}"#,
                salt.repeat(22)
            )
        };
        let one = |line: String| of(&[(RecordType::Assignment, &line)]);
        let first = one(assignment("a", 1, "2026-01-01T00:00:00.000Z"));
        assert_eq!(first, one(assignment("b", 1, "2026-01-02T00:00:00.000Z")));
        assert_ne!(first.parameters, one(assignment("a", 2, "2026-01-01T00:00:00.000Z")).parameters);
        assert_eq!(first.parameters, Digest::of(b"\"control\":\"c\",\"parameters\":{\"m\":1},\"declared\":{}\n"));
        assert_eq!((first.checks, first.targets), (Digest::of(b""), Digest::of(b"")));
    }
}
