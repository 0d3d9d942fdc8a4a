//! The plainest spelling of the records that are most of a bundle, read by hand.
//!
//! A record has one spelling, so one that is read here member by member, in its order and without escapes, need not be written
//! again to be compared. Whatever else stands in a line gives `None`, and is then read the long way, which alone refuses.

use std::collections::BTreeMap;

use model::record::{Decode, InAnswer, Locator, Resource, Syntax};
use model::{RecordRef, RecordType};
use serde_json::value::RawValue;

use super::json::special;
use super::record::Record;

/// `members` is what follows the type of a line: `,"target":…}`.
pub(super) fn record(kind: RecordType, members: &str) -> Option<Record> {
    match kind {
        RecordType::Resource => resource(members).map(Record::Resource),
        _ => None,
    }
}

fn resource(members: &str) -> Option<Resource> {
    let mut text = Plain(members);
    let [target, collector, population, kind, id] =
        [",\"target\":", ",\"collector\":", ",\"population\":", ",\"kind\":", ",\"id\":"].map(|name| {
            text.take(name)?;
            text.string()
        });
    text.take(",\"parts\":{")?;
    let mut parts = BTreeMap::new();
    while !text.ends('}') {
        if !parts.is_empty() {
            text.take(",")?;
        }
        let part = text.string()?;
        text.take(":[")?;
        let mut locators = Vec::new();
        while !text.ends(']') {
            if !locators.is_empty() {
                text.take(",")?;
            }
            locators.push(text.locator()?);
        }
        // In ascending order, each once.
        if parts.last_key_value().is_some_and(|(last, _): (&String, _)| last.as_str() >= part) {
            return None;
        }
        parts.insert(part.to_owned(), locators);
    }
    text.take(",\"facts\":")?;
    let value = text.0.strip_suffix('}')?;
    let facts: Box<RawValue> = serde_json::from_str(value).ok()?;
    // White space around it is left away.
    if facts.get().len() != value.len() {
        return None;
    }
    Some(Resource {
        target: target?.to_owned(),
        collector: collector?.to_owned(),
        population: population?.to_owned(),
        kind: kind?.to_owned(),
        id: id?.to_owned(),
        parts,
        facts,
    })
}

/// What of a line is not read yet.
struct Plain<'t>(&'t str);

impl<'t> Plain<'t> {
    fn take(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Whether this character is next; it is taken then.
    fn ends(&mut self, with: char) -> bool {
        match self.0.strip_prefix(with) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// A string without escapes. One that needs none has no other spelling.
    fn string(&mut self) -> Option<&'t str> {
        let rest = self.0.strip_prefix('"')?;
        let (text, rest) = rest.split_at_checked(special(rest.as_bytes())?)?;
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }

    fn syntax(&mut self) -> Option<Syntax> {
        match self.string()? {
            "json" => Some(Syntax::Json),
            "xml" => Some(Syntax::Xml),
            "csv" => Some(Syntax::Csv),
            _ => None,
        }
    }

    /// A place in an answer.
    fn locator(&mut self) -> Option<Locator> {
        self.take("{\"exchange\":")?;
        let exchange: RecordRef = self.string()?.parse().ok()?;
        self.take(",\"syntax\":")?;
        let syntax = self.syntax()?;
        self.take(",\"path\":")?;
        let path = self.string()?.to_owned();
        let mut decode = Vec::new();
        if self.take(",\"decode\":[").is_some() {
            loop {
                decode.push(match self.string()? {
                    "percent" => Decode::Percent,
                    "base64" => Decode::Base64,
                    _ => return None,
                });
                if self.ends(']') {
                    break;
                }
                self.take(",")?;
            }
        }
        let mut inner = None;
        if self.take(",\"inner\":[").is_some() {
            let syntax = self.syntax()?;
            self.take(",")?;
            inner = Some((syntax, self.string()?.to_owned()));
            self.take("]")?;
        }
        self.take("}")?;
        Some(Locator::Answer(InAnswer { exchange, syntax, path, decode, inner }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOURCE: &str = r#","target":"t","collector":"c","population":"c/k@r","kind":"c/k","id":"é 1","parts":{"a":[{"exchange":"exchange:0","syntax":"json","path":"/A"}],"b":[{"exchange":"exchange:1","syntax":"xml","path":"/R/m[2]","decode":["percent","base64"],"inner":["json","/x"]},{"exchange":"exchange:12","syntax":"csv","path":"/7"}]},"facts":{"a":1,"b":{"c":["d"]}}}"#;

    /// As the long way reads it.
    fn long(members: &str) -> Option<Resource> {
        serde_json::from_str(&format!("{{{}", members.strip_prefix(',')?)).ok()
    }

    fn spelled(resource: &Resource) -> String {
        serde_json::to_string(resource).unwrap().replacen('{', ",", 1)
    }

    #[test]
    fn a_plain_resource_is_read_as_the_long_way_reads_it() {
        let read = resource(RESOURCE).unwrap();
        assert_eq!(spelled(&read), RESOURCE);
        assert_eq!(format!("{read:?}"), format!("{:?}", long(RESOURCE).unwrap()));
        let bare = r#","target":"","collector":"","population":"","kind":"","id":"","parts":{},"facts":{}}"#;
        assert_eq!(spelled(&resource(bare).unwrap()), bare);
    }

    /// Every text made of this one by leaving out, doubling or replacing one character is read as the long way reads it, and is its own
    /// spelling, or is left to the long way.
    #[test]
    fn nothing_is_read_here_that_is_not_its_own_spelling() {
        let (mut tried, mut taken) = (0, 0);
        let mut hold = |text: &str| {
            tried += 1;
            let Some(read) = resource(text) else { return };
            taken += 1;
            assert_eq!(spelled(&read), text);
            let known = long(text).unwrap_or_else(|| panic!("the long way refuses {text}"));
            assert_eq!(format!("{read:?}"), format!("{known:?}"));
        };
        for (at, character) in RESOURCE.char_indices() {
            let (before, after) = (&RESOURCE[..at], &RESOURCE[at + character.len_utf8()..]);
            hold(&format!("{before}{after}"));
            hold(&format!("{before}{character}{character}{after}"));
            for other in
                [' ', '"', '\\', ',', ':', '0', '1', 'a', 'b', '{', '}', '[', ']', '/', 'é', '\u{1}', '\u{7f}', '\n']
            {
                hold(&format!("{before}{other}{after}"));
                hold(&format!("{before}{other}{character}{after}"));
            }
        }
        assert!(tried > 10_000 && taken > 1_000 && taken < tried, "{taken} of {tried}");
    }
}
