//! The environment, as collectors read it: credentials and proxies are found as the tools of a source find them. Nothing else in a run
//! depends on it, and no one beside the command line reads it elsewhere (`clippy.toml`).

use std::ffi::OsString;

/// The first of these variables that is set and not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place in which collectors read the environment")]
pub fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// Those of these variables that are set, with their values, to be given to a process.
#[expect(clippy::disallowed_methods, reason = "the one place in which collectors read the environment")]
pub fn variables<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<(OsString, OsString)> {
    names.into_iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?))).collect()
}

/// The names of all variables, for a process that is to be given only some.
#[expect(clippy::disallowed_methods, reason = "the one place in which collectors read the environment")]
pub fn variable_names() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_cargo_sets() {
        let name = "CARGO_PKG_NAME";
        assert_eq!(variable(&["WITNESSMARK_NOT_SET", name]).as_deref(), Some("witnessmark-sdk"));
        assert_eq!(variable(&["WITNESSMARK_NOT_SET"]), None);
        assert_eq!(variables([name, "WITNESSMARK_NOT_SET"]), [(name.into(), "witnessmark-sdk".into())]);
        assert!(variable_names().any(|found| found == name));
    }
}
