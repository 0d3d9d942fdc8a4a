//! Strict JSON (RFC 8259) as this format allows it: no duplicate member names, bounded nesting, no
//! lone surrogates, nothing before or after the one value.
//!
//! It only accepts or refuses; typed values are read afterwards by serde. It does not recurse, so
//! that hostile nesting cannot exhaust the stack, and it keeps nothing of the text.

/// How a text may be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One line without any white space between tokens, as this format writes.
    Compact,
    /// White space wherever JSON allows it: files a person may have edited.
    Free,
}

/// Which numbers a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Whole numbers from 0 to 2^53-1 without fraction, exponent or leading zeros.
    Whole,
    /// Any number JSON can write: values a source gave keep the source's spelling.
    Any,
}

/// What to hold a text against.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub layout: Layout,
    pub numbers: Numbers,
    /// How many arrays and objects may be open at once.
    pub depth: usize,
    /// How many members one object, and elements one array, may have.
    pub members: usize,
}

/// The largest integer that every JSON reader takes exactly: 2^53-1.
pub const MAX_WHOLE: u64 = (1 << 53) - 1;

/// Why a text is refused. Offsets count bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    #[error("the text is not UTF-8 at byte {at}")]
    NotUtf8 { at: usize },
    #[error("a control character at byte {at}")]
    Control { at: usize },
    #[error("the text ends too early")]
    Ends,
    #[error("the JSON is malformed at byte {at}")]
    Malformed { at: usize },
    #[error("white space between tokens at byte {at}")]
    Space { at: usize },
    #[error("duplicate key in an object, at byte {at}")]
    Duplicate { at: usize },
    #[error("arrays and objects are nested deeper than {limit} at byte {at}")]
    Deep { at: usize, limit: usize },
    #[error("an array or object has more than {limit} elements at byte {at}")]
    Wide { at: usize, limit: usize },
    #[error("a number at byte {at} is not a whole number from 0 to 2^53-1")]
    Number { at: usize },
    #[error("unexpected content after the end of the value, at byte {at}")]
    Trailing { at: usize },
}

/// Checks texts one after the other; its memory is reused.
#[derive(Debug, Default)]
pub struct Checker {
    frames: Vec<Frame>,
    keys: Vec<Key>,
    /// Names that were written with escapes, decoded.
    decoded: Vec<u8>,
    /// The names of the outermost object that was closed last.
    top: Vec<Key>,
}

/// An object or array that is still open, with where its names begin in `keys` and `decoded`.
#[derive(Debug, Clone, Copy)]
struct Frame {
    object: bool,
    keys: usize,
    decoded: usize,
    commas: usize,
}

/// A member name: a range of the text, or of `decoded`.
#[derive(Debug, Clone, Copy)]
struct Key {
    from: usize,
    to: usize,
    decoded: bool,
    /// Where it is in the text.
    at: usize,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    CommaOrEnd,
}

impl Checker {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the text back if it is exactly one value that keeps the rules.
    pub fn check<'t>(&mut self, bytes: &'t [u8], rules: Rules) -> Result<&'t str, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8 { at: error.valid_up_to() })?;
        self.check_text(text, rules)?;
        Ok(text)
    }

    /// The same of bytes that are known to be UTF-8.
    pub fn check_text(&mut self, text: &str, rules: Rules) -> Result<(), JsonError> {
        let bytes = text.as_bytes();
        self.frames.clear();
        self.keys.clear();
        self.decoded.clear();
        self.top.clear();
        let mut cursor = Cursor { text: bytes, at: 0, rules };
        self.value(&mut cursor)?;
        cursor.space()?;
        if cursor.at < bytes.len() {
            return Err(JsonError::Trailing { at: cursor.at });
        }
        Ok(())
    }

    /// The member names of the object that was checked last, which `text` is, in no order. None of anything else.
    pub fn members<'t>(&'t self, text: &'t str) -> impl ExactSizeIterator<Item = &'t [u8]> {
        self.top.iter().map(move |key| {
            let from = if key.decoded { self.decoded.as_slice() } else { text.as_bytes() };
            from.get(key.from..key.to).unwrap_or_default()
        })
    }

    fn value(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let mut expect = Expect::Value;
        loop {
            cursor.space()?;
            let at = cursor.at;
            let byte = cursor.peek().ok_or(JsonError::Ends)?;
            let mut complete = false;
            match (expect, byte) {
                (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                    if self.frames.len() >= cursor.rules.depth {
                        return Err(JsonError::Deep { at, limit: cursor.rules.depth });
                    }
                    cursor.at += 1;
                    let object = byte == b'{';
                    self.frames.push(Frame { object, keys: self.keys.len(), decoded: self.decoded.len(), commas: 0 });
                    expect = if object { Expect::NameOrEnd } else { Expect::ValueOrEnd };
                }
                (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') if !self.in_object() => {
                    cursor.at += 1;
                    self.frames.pop();
                    complete = true;
                }
                (Expect::NameOrEnd | Expect::CommaOrEnd, b'}') if self.in_object() => {
                    cursor.at += 1;
                    self.close_object(cursor.text)?;
                    complete = true;
                }
                (Expect::CommaOrEnd, b',') => {
                    cursor.at += 1;
                    self.count(at, cursor.rules.members)?;
                    expect = if self.in_object() { Expect::Name } else { Expect::Value };
                }
                (Expect::Name | Expect::NameOrEnd, b'"') => {
                    self.name(cursor)?;
                    cursor.space()?;
                    cursor.take(b':')?;
                    expect = Expect::Value;
                }
                (Expect::Value | Expect::ValueOrEnd, b'"') => {
                    cursor.string()?;
                    complete = true;
                }
                (Expect::Value | Expect::ValueOrEnd, b'-' | b'0'..=b'9') => {
                    cursor.number()?;
                    complete = true;
                }
                (Expect::Value | Expect::ValueOrEnd, b't') => {
                    cursor.word(b"true")?;
                    complete = true;
                }
                (Expect::Value | Expect::ValueOrEnd, b'f') => {
                    cursor.word(b"false")?;
                    complete = true;
                }
                (Expect::Value | Expect::ValueOrEnd, b'n') => {
                    cursor.word(b"null")?;
                    complete = true;
                }
                _ => return Err(JsonError::Malformed { at }),
            }
            if complete {
                if self.frames.is_empty() {
                    return Ok(());
                }
                expect = Expect::CommaOrEnd;
            }
        }
    }

    fn count(&mut self, at: usize, limit: usize) -> Result<(), JsonError> {
        if let Some(frame) = self.frames.last_mut() {
            frame.commas += 1;
            if frame.commas >= limit {
                return Err(JsonError::Wide { at, limit });
            }
        }
        Ok(())
    }

    fn in_object(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.object)
    }

    fn name(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let at = cursor.at;
        let escaped = cursor.string()?;
        let (from, to) = (at + 1, cursor.at - 1);
        let key = if escaped {
            let start = self.decoded.len();
            unescape(cursor.text.get(from..to).unwrap_or_default(), &mut self.decoded);
            Key { from: start, to: self.decoded.len(), decoded: true, at }
        } else {
            Key { from, to, decoded: false, at }
        };
        self.keys.push(key);
        Ok(())
    }

    fn close_object(&mut self, text: &[u8]) -> Result<(), JsonError> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let decoded = &self.decoded;
        let bytes = |key: &Key| -> &[u8] {
            let from = if key.decoded { decoded.as_slice() } else { text };
            from.get(key.from..key.to).unwrap_or_default()
        };
        let keys = self.keys.get_mut(frame.keys..).unwrap_or_default();
        // Almost all objects are small; there comparing pairs is cheaper than sorting.
        let twin = if keys.len() <= 12 {
            keys.iter().enumerate().find_map(|(index, key)| {
                let earlier = keys.get(..index).unwrap_or_default();
                let name = bytes(key);
                earlier.iter().any(|other| bytes(other) == name).then_some(key.at)
            })
        } else {
            keys.sort_unstable_by(|a, b| bytes(a).cmp(bytes(b)).then(a.at.cmp(&b.at)));
            keys.windows(2)
                .filter_map(|pair| match pair {
                    [a, b] if bytes(a) == bytes(b) => Some(b.at),
                    _ => None,
                })
                .min()
        };
        if self.frames.is_empty() {
            // What stays of it: `members` gives it away.
            self.top.clear();
            self.top.extend_from_slice(self.keys.get(frame.keys..).unwrap_or_default());
        } else {
            self.decoded.truncate(frame.decoded);
        }
        self.keys.truncate(frame.keys);
        match twin {
            Some(at) => Err(JsonError::Duplicate { at }),
            None => Ok(()),
        }
    }
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    rules: Rules,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, byte: u8) -> Result<(), JsonError> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(JsonError::Malformed { at: self.at }),
            None => Err(JsonError::Ends),
        }
    }

    fn space(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b' ' | b'\t' | b'\n' | b'\r') => {}
            _ => return Ok(()),
        }
        if self.rules.layout == Layout::Compact {
            return Err(JsonError::Space { at: self.at });
        }
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), JsonError> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(JsonError::Malformed { at: self.at })
        }
    }

    /// Reads a string with its quotes; says whether it holds escapes.
    fn string(&mut self) -> Result<bool, JsonError> {
        self.at += 1;
        let mut escaped = false;
        loop {
            let rest = self.rest();
            let stop = special(rest).ok_or(JsonError::Ends)?;
            self.at += stop;
            match rest.get(stop) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(JsonError::Control { at: self.at }),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let at = self.at;
        let rest = self.rest();
        match rest.get(1) {
            None => Err(JsonError::Ends),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let unit = hex4(rest, 2).ok_or(JsonError::Malformed { at })?;
                match unit {
                    0xd800..=0xdbff => {
                        let low = match (rest.get(6), rest.get(7)) {
                            (Some(b'\\'), Some(b'u')) => hex4(rest, 8),
                            _ => None,
                        };
                        if !matches!(low, Some(0xdc00..=0xdfff)) {
                            return Err(JsonError::Malformed { at });
                        }
                        self.at += 12;
                    }
                    0xdc00..=0xdfff => return Err(JsonError::Malformed { at }),
                    _ => self.at += 6,
                }
                Ok(())
            }
            Some(_) => Err(JsonError::Malformed { at }),
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let at = self.at;
        let minus = self.peek() == Some(b'-');
        if minus {
            self.at += 1;
        }
        let whole_from = self.at;
        let whole_to = self.digits()?;
        if whole_to - whole_from > 1 && self.text.get(whole_from) == Some(&b'0') {
            return Err(JsonError::Malformed { at });
        }
        let mut whole = !minus;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.rules.numbers == Numbers::Whole {
            let digits = self.text.get(whole_from..whole_to).unwrap_or_default();
            let value = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u64>().ok());
            if !whole || value.is_none_or(|value| value > MAX_WHOLE) {
                return Err(JsonError::Number { at });
            }
        }
        Ok(())
    }

    /// At least one digit; gives where they end.
    fn digits(&mut self) -> Result<usize, JsonError> {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == from {
            return Err(match self.peek() {
                Some(_) => JsonError::Malformed { at: from },
                None => JsonError::Ends,
            });
        }
        Ok(self.at)
    }
}

/// Where the first quote, backslash or control character stands. Eight bytes at a time: most of a
/// record is strings.
pub(super) fn special(text: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // High bits of the bytes that are below `limit`; above the first such byte it may err.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let found = quote | backslash | below(word, 0x20);
        if found != 0 {
            return usize::try_from(found.trailing_zeros() / 8).ok().map(|byte| index * 8 + byte);
        }
    }
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).map(|at| words.len() * 8 + at)
}

fn hex4(text: &[u8], from: usize) -> Option<u32> {
    text.get(from..from + 4)?
        .iter()
        .try_fold(0, |value, byte| char::from(*byte).to_digit(16).map(|digit| (value << 4) | digit))
}

/// Decodes the inside of a string whose escapes were checked before.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'\\' {
            out.push(byte);
            rest = tail;
            continue;
        }
        let mut length = 2;
        let plain = match rest.get(1) {
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let mut code = hex4(rest, 2).unwrap_or_default();
                length = 6;
                if (0xd800..0xdc00).contains(&code) {
                    let low = hex4(rest, 8).unwrap_or(0xdc00);
                    code = 0x1_0000 + ((code - 0xd800) << 10) + low.saturating_sub(0xdc00);
                    length = 12;
                }
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            Some(other) => *other,
            None => return,
        };
        out.push(plain);
        rest = rest.get(length..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPACT: Rules = Rules { layout: Layout::Compact, numbers: Numbers::Any, depth: 8, members: 100 };

    fn check(text: &str, rules: Rules) -> Result<(), JsonError> {
        Checker::new().check(text.as_bytes(), rules).map(|checked| assert_eq!(checked, text))
    }

    #[test]
    fn finds_what_ends_a_string_wherever_it_stands() {
        for length in 0..40 {
            for byte in [b'"', b'\\', 0, 0x1f] {
                for filler in [b'a', 0x20, 0x80, 0xff, b'!', b'#', b'[', b']'] {
                    let mut text = vec![filler; length];
                    assert_eq!(special(&text), None);
                    text.push(byte);
                    text.extend_from_slice(b"\"\\\0\"\"\"\"\"\"");
                    assert_eq!(special(&text), Some(length), "{filler} {byte}");
                }
            }
        }
    }

    #[test]
    fn takes_what_json_allows() {
        for good in [
            "{}",
            "[]",
            "0",
            "-0.5e+10",
            "\"\"",
            "true",
            "null",
            r#"{"a":1,"b":[1,2,{"a":false}],"c":{}}"#,
            r#"{"a":{"a":{"a":1}},"b":"\ud83d\ude00\u00e4 é"}"#,
            "12345678901234567890123",
        ] {
            assert_eq!(check(good, COMPACT), Ok(()), "{good}");
        }
        let free = Rules { layout: Layout::Free, ..COMPACT };
        assert_eq!(check(" {\n\t\"a\" : [ 1 , 2 ] }\r\n", free), Ok(()));
    }

    #[test]
    fn refuses_what_json_does_not_allow() {
        for bad in [
            "",
            "{",
            "[",
            "{]",
            "[}",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{1:2}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "nul",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\\u12g4\"",
            "\"abc",
            "\"\\",
            "1 2",
            "{}x",
            "[1 2]",
            "\u{feff}{}",
            "'a'",
            "NaN",
            "{\"a\":1 }",
            "\"\u{1}\"",
        ] {
            assert!(check(bad, COMPACT).is_err(), "{bad}");
        }
        assert_eq!(Checker::new().check(b"\"\xff\"", COMPACT), Err(JsonError::NotUtf8 { at: 1 }));
    }

    #[test]
    fn refuses_a_name_twice_however_it_is_written() {
        assert_eq!(check(r#"{"a":1,"\u0061":2}"#, COMPACT), Err(JsonError::Duplicate { at: 7 }));
        assert_eq!(check(r#"[{"b":{"\ud83d\ude00":1,"😀":2}}]"#, COMPACT), Err(JsonError::Duplicate { at: 24 }));
        let many = |last: &str| {
            let members: Vec<String> =
                (0..40).map(|n| format!("\"k{n}\":{n}")).chain([format!("\"{last}\":0")]).collect();
            format!("{{{}}}", members.join(","))
        };
        assert_eq!(check(&many("k40"), COMPACT), Ok(()));
        assert!(matches!(check(&many("k7"), COMPACT), Err(JsonError::Duplicate { .. })));
        assert!(matches!(check(&many("k\\u0037"), COMPACT), Err(JsonError::Duplicate { .. })));
    }

    #[test]
    fn holds_depth_and_whole_numbers() {
        assert_eq!(check(&("[".repeat(8) + &"]".repeat(8)), COMPACT), Ok(()));
        assert_eq!(check(&("[".repeat(9) + &"]".repeat(9)), COMPACT), Err(JsonError::Deep { at: 8, limit: 8 }));
        let hundred = format!("[{}0]", "0,".repeat(99));
        assert_eq!(check(&hundred, COMPACT), Ok(()));
        assert!(matches!(check(&format!("[{}0]", "0,".repeat(100)), COMPACT), Err(JsonError::Wide { limit: 100, .. })));
        let whole = Rules { numbers: Numbers::Whole, ..COMPACT };
        assert_eq!(check("9007199254740991", whole), Ok(()));
        for bad in ["9007199254740992", "-1", "1.0", "1e2", "99999999999999999999"] {
            assert_eq!(check(bad, whole), Err(JsonError::Number { at: 0 }), "{bad}");
        }
    }
}
