//! Looks for the ids of withheld objects in what is shown. Only as they are written: a name without its ARN, or one that is encoded, is
//! another text.

use std::collections::BTreeSet;
use std::io::{self, Read};

use regex::bytes::{Regex, RegexBuilder};

/// So many ids are searched for at once.
const MOST: usize = 20_000;
/// Memory of what searches for them, in bytes.
const SIZE: usize = 256 * 1024 * 1024;
/// In which files are read, in bytes.
const PIECE: usize = 256 * 1024;

/// Ids of the objects that are withheld.
#[derive(Debug)]
pub(super) struct Names {
    /// Absent where nothing is searched for.
    search: Option<Searched>,
}

#[derive(Debug)]
struct Searched {
    /// As they stand in files.
    plain: Regex,
    /// As they stand in the text of a JSON string.
    escaped: Regex,
    /// Bytes of the longest one.
    longest: usize,
}

impl Names {
    /// `None` where they are too many to be searched for.
    pub(super) fn of(ids: &BTreeSet<String>) -> Option<Self> {
        if ids.is_empty() {
            return Some(Self { search: None });
        }
        if ids.len() > MOST {
            return None;
        }
        let regex = |spell: fn(&str) -> String| {
            let any: Vec<String> = ids.iter().map(|id| regex::escape(&spell(id))).collect();
            RegexBuilder::new(&any.join("|")).size_limit(SIZE).build().ok()
        };
        let plain = regex(str::to_owned)?;
        let escaped = regex(|id| {
            let text = serde_json::Value::from(id).to_string();
            text.trim_start_matches('"').strip_suffix('"').unwrap_or(&text).to_owned()
        })?;
        let longest = ids.iter().map(String::len).max().unwrap_or_default();
        Some(Self { search: Some(Searched { plain, escaped, longest }) })
    }

    /// Whether one of them is in the text of a record.
    pub(super) fn are_written_in(&self, line: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.escaped.is_match(line))
    }

    /// Whether one of them is in a file, which is read to its end.
    pub(super) fn are_in(&self, mut content: impl Read) -> io::Result<bool> {
        let Some(search) = &self.search else { return Ok(false) };
        let mut found = false;
        // The end of the piece before, in which one may begin.
        let mut held = Vec::new();
        let mut piece = vec![0; PIECE];
        loop {
            let count = match content.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if count == 0 {
                return Ok(found);
            }
            held.extend_from_slice(piece.get(..count).unwrap_or_default());
            found = found || search.plain.is_match(&held) || search.escaped.is_match(&held);
            // Escapes make a text six times as long at most.
            let kept = held.len().min(search.longest.saturating_mul(6));
            held.drain(..held.len() - kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ids: &[&str]) -> Names {
        Names::of(&ids.iter().map(ToString::to_string).collect()).unwrap()
    }

    #[test]
    fn ids_are_found_as_they_are_written() {
        let found = names(&["arn:aws:iam::1:user/a.b", "say \"hi\""]);
        assert!(found.are_written_in(br#"{"id":"arn:aws:iam::1:user/a.b"}"#));
        assert!(found.are_written_in(br#"{"id":"say \"hi\""}"#));
        assert!(!found.are_written_in(br#"{"id":"arn:aws:iam::1:user/aXb"}"#), "a dot is a dot");
        assert!(!names(&[]).are_written_in(b"anything"));
    }

    #[test]
    fn an_id_over_the_end_of_a_piece_is_found() {
        let id = "arn:aws:iam::111122223333:user/alice";
        for before in [0, 10, PIECE - 20, PIECE - 1, PIECE, 2 * PIECE - 5] {
            let text = [vec![b'x'; before], id.as_bytes().to_vec(), vec![b'y'; 100]].concat();
            assert!(names(&[id]).are_in(text.as_slice()).unwrap(), "{before}");
            assert!(!names(&["alicia"]).are_in(text.as_slice()).unwrap());
        }
    }

    #[test]
    fn too_many_ids_are_said() {
        assert!(Names::of(&(0..=MOST).map(|n| format!("id-{n}")).collect()).is_none());
        assert!(
            Names::of(&(0..2_000).map(|n| format!("arn:aws:iam::111122223333:user/person-{n}")).collect()).is_some()
        );
    }
}
