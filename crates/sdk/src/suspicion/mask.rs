//! What of an answer is withheld, so that the rest of it can be kept: whole texts, never a part of one.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use model::record::Syntax;
use model::{FILLER, TextAt, texts_of};

use super::known::{KnownSecrets, suspects_secret};
use super::{decode, signs};

/// Texts of one answer that are withheld one by one.
const MOST: usize = 65_536;
/// So often texts are looked for that are secrets because of others beside them.
const ROUNDS: usize = 4;
/// Letters of base64 in a line of a key that is not its last one. What anybody may write into a label is rarely followed by as many.
const KEY_LINE: usize = 40;

/// A text of an answer that is withheld: its bytes, each of which is [`FILLER`] now, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedText {
    pub at: u64,
    pub length: u64,
    pub syntax: Syntax,
    /// As a locator has it. Where the name of a member is withheld, the object around it.
    pub path: String,
}

/// The answer without the texts that seem to hold a secret. `None`: only the whole of it can be withheld. So is an answer that holds a
/// secret of ours: nobody else could have put it there to hide something.
pub(crate) fn mask(answer: &Bytes, known: &KnownSecrets) -> Option<(Bytes, Vec<MaskedText>)> {
    if decode::any(answer, &mut |view| known.appear_in(view)) {
        return None;
    }
    let mut found: BTreeMap<usize, (usize, String)> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut key = Key::No;
    let syntax = texts_of(answer, &mut |text| {
        let bytes = answer.get(text.bytes.clone()).unwrap_or_default();
        if suspects_secret(bytes, known) {
            if text.is_name {
                names.push(text.path.to_owned());
            }
            key = Key::after(bytes);
            insert(&mut found, &text);
        } else if !text.is_name && key.goes_on(bytes) {
            insert(&mut found, &text);
        }
    })?;
    if !names.is_empty() {
        // What is called by a secret belongs to it.
        texts_of(answer, &mut |text| {
            if names.iter().any(|name| model::places_touch(syntax, name, text.path) && text.path.len() >= name.len()) {
                insert(&mut found, &text);
            }
        })?;
        for (_, path) in found.values_mut() {
            let cut =
                names.iter().filter(|name| path.starts_with(name.as_str())).filter_map(|name| name.rfind('/')).min();
            path.truncate(cut.unwrap_or(path.len()));
        }
    }
    let mut masked = filled(answer, &found);
    for _ in 0..ROUNDS {
        if found.len() > MOST {
            return None;
        }
        if !found.is_empty() && !suspects_secret(&masked, known) {
            let texts = found.into_iter().map(|(at, (length, path))| MaskedText {
                at: at as u64,
                length: length as u64,
                syntax,
                path,
            });
            return Some((masked, texts.collect()));
        }
        // Secrets because of what stands beside them: the value of a member `password`.
        let values = signs::values_in(&masked);
        let before = found.len();
        texts_of(&masked, &mut |text| {
            if !text.is_name && values.iter().any(|value| value.start < text.bytes.end && text.bytes.start < value.end)
            {
                insert(&mut found, &text);
            }
        })?;
        if found.len() == before {
            return None;
        }
        masked = filled(answer, &found);
    }
    None
}

fn insert(found: &mut BTreeMap<usize, (usize, String)>, text: &TextAt<'_>) {
    if !text.bytes.is_empty() {
        found.entry(text.bytes.start).or_insert_with(|| (text.bytes.len(), text.path.to_owned()));
    }
}

fn filled(answer: &[u8], found: &BTreeMap<usize, (usize, String)>) -> Bytes {
    let mut masked = answer.to_vec();
    for (at, (length, _)) in found {
        if let Some(text) = masked.get_mut(*at..at + length) {
            text.fill(FILLER);
        }
    }
    masked.into()
}

/// A private key that is spread over several texts, a line each: only its first line looks like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    No,
    /// After the words that it begins with.
    Begun,
    /// After a whole line.
    Line,
}

impl Key {
    fn after(text: &[u8]) -> Self {
        if is_key_line(text) {
            Self::Line
        } else if decode::any(text, &mut signs::begins_key) {
            Self::Begun
        } else {
            Self::No
        }
    }

    /// Whether the next text belongs to it.
    fn goes_on(&mut self, text: &[u8]) -> bool {
        let whole = is_key_line(text);
        let goes_on = whole && *self != Self::No || *self == Self::Line && is_base64(text);
        *self = if goes_on && whole { Self::Line } else { Self::No };
        goes_on
    }
}

fn is_key_line(text: &[u8]) -> bool {
    text.len() >= KEY_LINE && is_base64(text)
}

fn is_base64(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}

/// Why texts that another process withheld are not what it says they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMask {
    #[error("its masked texts are not in order, not inside of it, or none")]
    Order,
    #[error("it has more than {MOST} masked texts")]
    TooMany,
    #[error("a masked text is not made of `*`")]
    Filler,
}

/// Where texts of an answer stand that another process withheld. What is no whole text may be anything: then it stands everywhere.
///
/// # Errors
/// When they cannot be texts of this answer that were withheld.
pub fn masked_texts(answer: &[u8], spans: &[Range<u64>]) -> Result<Vec<MaskedText>, BadMask> {
    if spans.len() > MOST {
        return Err(BadMask::TooMany);
    }
    let (mut end, mut ranges) = (None, Vec::with_capacity(spans.len()));
    for span in spans {
        let range = usize::try_from(span.start).ok().zip(usize::try_from(span.end).ok()).map(|(from, to)| from..to);
        let range = range.filter(|range| !range.is_empty() && end.is_none_or(|end| range.start > end));
        let range = range.ok_or(BadMask::Order)?;
        let bytes = answer.get(range.clone()).ok_or(BadMask::Order)?;
        bytes.iter().all(|byte| *byte == FILLER).then_some(()).ok_or(BadMask::Filler)?;
        end = Some(range.end);
        ranges.push(range);
    }
    if ranges.is_empty() {
        return Err(BadMask::Order);
    }
    let mut places: BTreeMap<usize, (Range<usize>, String)> = BTreeMap::new();
    let syntax = texts_of(answer, &mut |text| {
        if ranges.binary_search_by_key(&text.bytes.start, |range| range.start).is_ok() {
            let above = if text.is_name { text.path.rfind('/').unwrap_or_default() } else { text.path.len() };
            places
                .insert(text.bytes.start, (text.bytes.clone(), text.path.get(..above).unwrap_or_default().to_owned()));
        }
    });
    Ok(ranges
        .into_iter()
        .map(|range| {
            let place = places.remove(&range.start).filter(|(whole, _)| syntax.is_some() && *whole == range);
            MaskedText {
                at: range.start as u64,
                length: range.len() as u64,
                syntax: syntax.unwrap_or(Syntax::Json),
                path: place.map(|(_, path)| path).unwrap_or_default(),
            }
        })
        .collect())
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "one text that is masked, from here to there")]
mod tests {
    use model::Secret;

    use super::*;

    fn masked(answer: &str) -> Option<(String, Vec<String>)> {
        let known = KnownSecrets::default();
        known.add(Secret::new("canary-4711".into()));
        let (bytes, texts) = mask(&Bytes::copy_from_slice(answer.as_bytes()), &known)?;
        assert_eq!(bytes.len(), answer.len());
        assert!(!suspects_secret(&bytes, &known));
        let spans: Vec<Range<u64>> = texts.iter().map(|text| text.at..text.at + text.length).collect();
        // Under a masked name another process finds the mask; the collector's own places leave it out.
        let located = masked_texts(&bytes, &spans).unwrap();
        let same = |one: &MaskedText, other: &MaskedText| {
            (one.at, one.length, one.syntax) == (other.at, other.length, other.syntax)
                && other.path.starts_with(&one.path)
        };
        assert!(
            texts.len() == located.len() && texts.iter().zip(&located).all(|(one, other)| same(one, other)),
            "{answer}"
        );
        Some((String::from_utf8(bytes.to_vec()).unwrap(), texts.into_iter().map(|text| text.path).collect()))
    }

    #[test]
    fn a_text_is_withheld_and_the_rest_is_kept() {
        for (answer, kept, paths) in [
            (
                r#"{"Roles":[{"Name":"a","Tags":[{"Key":"note","Value":"login with password=see-vault-path"}]},{"Name":"b"}]}"#,
                r#"{"Roles":[{"Name":"a","Tags":[{"Key":"note","Value":"**********************************"}]},{"Name":"b"}]}"#,
                vec!["/Roles/0/Tags/0/Value"],
            ),
            (
                "<R><T><Key>password</Key><Value>hunter2</Value></T><N>x</N></R>",
                "<R><T><Key>password</Key><Value>*******</Value></T><N>x</N></R>",
                vec!["/R/T/Value"],
            ),
            (r#"{"password":"hunter2","n":1}"#, r#"{"password":"*******","n":1}"#, vec!["/password"]),
            (
                r#"{"t":{"password=hunter2-x":{"x":"y","z":2}},"b":"c"}"#,
                r#"{"t":{"******************":{"*":"*","*":2}},"b":"c"}"#,
                vec!["/t", "/t", "/t", "/t"],
            ),
        ] {
            let (text, found) = masked(answer).unwrap_or_default();
            assert_eq!((text.as_str(), found.iter().map(String::as_str).collect::<Vec<_>>()), (kept, paths));
        }
    }

    #[test]
    fn a_key_in_several_texts_is_withheld_to_its_end() {
        let line = "z0".repeat(32);
        for (begin, end) in [
            ("-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"),
            ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDC0000000000", "end"),
        ] {
            let answer = format!(r#"["{begin}","{line}","{line}","z0z0=","{end}","AROAZZZZZZZZZZZZZZZZZ"]"#);
            let (text, paths) = masked(&answer).unwrap();
            assert!(!text.contains("z0") && text.contains(end) && text.contains("AROAZ"), "{text}");
            assert_eq!(paths, ["/0", "/1", "/2", "/3"]);
        }
        // The words alone, in a label, cost nothing else.
        let (_, paths) = masked(r#"["-----BEGIN PRIVATE KEY-----","AROAZZZZZZZZZZZZZZZZZ","x"]"#).unwrap();
        assert_eq!(paths, ["/0"]);
    }

    #[test]
    fn what_cannot_be_taken_out_costs_the_whole_answer() {
        for answer in [
            // Neither JSON nor XML, or not to its end.
            "user,note\na,password=hunter2-x\n",
            r#"{"a":"password=hunter2-x""#,
            // One of ours.
            r#"{"a":"x canary-4711","b":"y"}"#,
            // The value is no text, or the name is written in escapes.
            r#"{"SecretAccessKey":["x"]}"#,
            r#"{"SecretAccessKey":"zzzz0000zzzz"}"#,
            r#"{"pass\u0077ord":"hunter2"}"#,
        ] {
            assert_eq!(masked(answer), None, "{answer}");
        }
    }

    #[test]
    fn another_process_is_held_to_what_it_says() {
        let answer = br#"{"a":"***","b":"x"}"#;
        let texts = masked_texts(answer, &[6..9]).unwrap();
        assert_eq!((texts[0].path.as_str(), texts[0].at, texts[0].length), ("/a", 6, 3));
        assert_eq!(masked_texts(answer, &[7..9]).unwrap()[0].path, "");
        assert_eq!(masked_texts(b"*** x", &[0..3]).unwrap()[0].path, "");
        for (spans, problem) in [
            (vec![], BadMask::Order),
            (vec![6..6], BadMask::Order),
            (vec![6..8, 8..9], BadMask::Order),
            (vec![8..9, 6..7], BadMask::Order),
            (vec![6..900], BadMask::Order),
            (vec![6..10], BadMask::Filler),
        ] {
            assert_eq!(masked_texts(answer, &spans), Err(problem));
        }
    }
}
