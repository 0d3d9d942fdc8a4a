//! Ids that only a declaration has: checks, standards, requirements, ledgers.

use std::fmt;

use diagnose::{Form, form_schema, is_word};
use model::Digest;

form_schema!(CheckId, RequirementId, StandardId, Origin, Sha256);

/// The id of a check: `aws-kms/key-rotates`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(String);

impl CheckId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for CheckId {
    const NAME: &'static str = "CheckId";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
    const EXPECTED: &'static str = "the id of a check, written `collector/check`";

    fn read(text: &str) -> Option<Self> {
        let (collector, check) = text.split_once('/')?;
        (is_word(collector) && is_word(check)).then(|| Self(text.to_owned()))
    }
}

/// A standard and its version, `name-version`. The same ids mean other things in other versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StandardId(String);

impl StandardId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StandardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for StandardId {
    const NAME: &'static str = "StandardId";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)+$";
    const EXPECTED: &'static str = "a standard with its version, written `name-version`";

    fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        (is_word(text) && parts.len() > 1 && parts.iter().all(|p| !p.is_empty()) && !text.contains(':'))
            .then(|| Self(text.to_owned()))
    }
}

/// One item of a standard, always with the standard's version: `name-version:item`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId {
    pub standard: String,
    pub item: String,
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.standard, self.item)
    }
}

impl Form for RequirementId {
    const NAME: &'static str = "RequirementId";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)+:[A-Za-z0-9][A-Za-z0-9._-]*$";
    const EXPECTED: &'static str = "a requirement with its standard and version, written `name-version:item`";

    fn read(text: &str) -> Option<Self> {
        let (standard, item) = text.split_once(':')?;
        StandardId::read(standard)?;
        is_word(item).then(|| Self { standard: standard.to_owned(), item: item.to_owned() })
    }

    fn instead(text: &str) -> Option<String> {
        is_word(text).then(|| format!("write its standard before it, as `system.standard` names it: `STANDARD:{text}`"))
    }
}

/// SHA-256 of a file: 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sha256(Option<Digest>);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |digest| digest.fmt(f))
    }
}

impl Form for Sha256 {
    const NAME: &'static str = "Sha256";
    const PATTERN: &'static str = "^[0-9a-f]{64}$";
    const EXPECTED: &'static str = "a SHA-256, 64 hexadecimal digits in lower case";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(|digest| Self(Some(digest)))
    }
}

/// The name of a ledger as C2SP checkpoints carry it: one line without spaces and `+`, best a host and path that is yours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for Origin {
    const NAME: &'static str = "Origin";
    const PATTERN: &'static str = "^[^\\s+]{1,255}$";
    const EXPECTED: &'static str =
        "the name of a ledger: no spaces, no `+`, at most 255 bytes, for example `northbank.example/hot-wallet`";

    fn read(text: &str) -> Option<Self> {
        (text.len() <= 255
            && !text.is_empty()
            && text.chars().all(|c| !c.is_whitespace() && c != '+' && !c.is_control()))
        .then(|| Self(text.to_owned()))
    }
}
