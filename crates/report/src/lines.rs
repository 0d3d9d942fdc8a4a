//! Lines of declared files that facts point to, taken while a file streams by.

use std::collections::{BTreeMap, BTreeSet};

/// Bytes of one line that are kept.
const MOST_OF_LINE: usize = 4096;

/// Takes some lines out of a file. A line ends with LF; lines are counted from 1, columns too, in Unicode scalar values.
#[derive(Debug)]
pub struct Lines {
    wanted: BTreeSet<u64>,
    /// Line ends so far.
    ended: u64,
    /// The beginning of each wanted line, and whether it went on.
    found: BTreeMap<u64, (Vec<u8>, bool)>,
}

impl Lines {
    pub fn new(wanted: impl IntoIterator<Item = u64>) -> Self {
        Self { wanted: wanted.into_iter().collect(), ended: 0, found: BTreeMap::new() }
    }

    /// The next bytes of the file.
    pub fn take(&mut self, piece: &[u8]) {
        for (number, text) in piece.split(|byte| *byte == b'\n').enumerate() {
            self.ended += u64::from(number > 0);
            let line = self.ended + 1;
            if self.wanted.contains(&line) {
                let (kept, cut) = self.found.entry(line).or_default();
                let room = MOST_OF_LINE.saturating_sub(kept.len());
                kept.extend(text.iter().take(room));
                *cut |= text.len() > room;
            }
        }
    }

    /// The line of a place, for somebody who wants to see the words there: all of it, or, where it has more than `most` characters,
    /// that many from the column on. `Err` says why nothing can be shown.
    pub fn at(&self, line: u64, column: u64, most: usize) -> Result<String, &'static str> {
        const NOWHERE: &str = "the file has no such place";
        let (kept, cut) = self.found.get(&line).ok_or(NOWHERE)?;
        let text = match std::str::from_utf8(kept) {
            Ok(text) => text,
            // Cut in the middle of a character.
            Err(error) if *cut && error.error_len().is_none() => {
                std::str::from_utf8(kept.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
            }
            Err(_) => return Err("the line is no text in UTF-8"),
        };
        let before = column.checked_sub(1).and_then(|before| usize::try_from(before).ok()).ok_or(NOWHERE)?;
        let Some((from, _)) = text.char_indices().nth(before) else {
            return Err(if *cut { "the place is further to the right than is shown" } else { NOWHERE });
        };
        if !cut && text.chars().count() <= most {
            return Ok(text.trim_end_matches('\r').to_owned());
        }
        let shown: String = text.get(from..).unwrap_or_default().chars().take(most).collect();
        Ok(format!("{}{shown}…", if from > 0 { "…" } else { "" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_however_the_bytes_come() {
        let file = "first: é\r\n\nthird: ü".as_bytes();
        for size in 1..=file.len() {
            let mut lines = Lines::new([1, 2, 3, 4]);
            file.chunks(size).for_each(|piece| lines.take(piece));
            assert_eq!(lines.at(1, 8, 80).as_deref(), Ok("first: é"));
            assert_eq!(lines.at(3, 8, 80).as_deref(), Ok("third: ü"));
            assert_eq!(lines.at(3, 8, 5).as_deref(), Ok("…ü…"));
            for (line, column) in [(1, 10), (1, 0), (2, 1), (3, 9), (4, 1), (5, 1), (u64::MAX, u64::MAX)] {
                assert_eq!(lines.at(line, column, 80), Err("the file has no such place"), "{line}:{column}");
            }
        }
    }

    #[test]
    fn a_long_line_is_kept_in_part() {
        let mut lines = Lines::new([1]);
        lines.take("ü".repeat(MOST_OF_LINE).as_bytes());
        assert_eq!(lines.at(1, 1, 3).as_deref(), Ok("üüü…"));
        assert_eq!(lines.at(1, 3000, 3), Err("the place is further to the right than is shown"));
    }
}
