//! Whether a backup lies elsewhere than its key.

use std::collections::BTreeSet;

use super::facts::BackupFacts;

/// Where a key of the inventory lies: as it says, and where it was found.
pub(super) struct Site {
    pub location: Option<String>,
    pub regions: BTreeSet<String>,
    pub tokens: BTreeSet<String>,
    /// Identities of what was found.
    pub keys: BTreeSet<String>,
}

impl Site {
    /// In words; `None`: nothing says where it lies. A token can be carried anywhere: only the inventory says where it is.
    fn words(&self) -> Option<String> {
        if let Some(location) = &self.location {
            return Some(location.clone());
        }
        let regions: Vec<&str> = self.regions.iter().map(String::as_str).collect();
        (!regions.is_empty()).then(|| regions.join(", "))
    }
}

pub(super) fn apart(id: &str, key: &Site, backup: &Site) -> BackupFacts {
    let fact = |apart: Option<bool>, because: String| BackupFacts { id: id.to_owned(), apart, because };
    if let Some(both) = key.keys.intersection(&backup.keys).next() {
        return fact(Some(false), format!("both are {both}"));
    }
    if let Some(token) = key.tokens.intersection(&backup.tokens).next() {
        return fact(Some(false), format!("both are on the token {token}"));
    }
    if let (Some(one), Some(other)) = (&key.location, &backup.location)
        && one.trim().eq_ignore_ascii_case(other.trim())
    {
        return fact(Some(false), format!("both are in `{}`", one.trim()));
    }
    // What is declared cannot move a key out of the region that it was found in.
    if let Some(region) = key.regions.intersection(&backup.regions).next() {
        return fact(Some(false), format!("both are in {region}"));
    }
    match (key.words(), backup.words()) {
        (Some(one), Some(other)) => fact(Some(true), format!("the key is in {one}, the backup in {other}")),
        (None, _) => fact(None, "nothing says where the key lies: `location`".to_owned()),
        (_, None) => fact(None, "nothing says where the backup lies: `location`".to_owned()),
    }
}
