//! The texts of an answer, each with the place where it stands: what a bundle withholds one by one (`docs/spec/bundle.md`, `masked`).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use crate::record::Syntax;

/// Open arrays, objects and elements that are followed.
const DEPTH: usize = 128;

/// What stands in the place of each byte that is withheld.
pub const FILLER: u8 = b'*';

/// A text of an answer: what is between the quotes of a JSON string, or between two tags of XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextAt<'a> {
    /// The bytes that it takes up, escapes as they stand.
    pub bytes: Range<usize>,
    /// Where it stands, as a locator has it; of the name of a member, where that member stands.
    pub path: &'a str,
    /// It is the name of a member of an object.
    pub is_name: bool,
}

/// Hands every text of an answer to `take`, in their order. `None`: it is neither JSON nor XML, or not to its end, or very deep; what
/// was handed out until then counts for nothing.
pub fn texts_of(answer: &[u8], take: &mut dyn FnMut(TextAt<'_>)) -> Option<Syntax> {
    let mut walk = Walk { answer, at: 0, path: String::new(), take };
    walk.blank();
    if walk.peek() == Some(b'<') {
        walk.xml()?;
        return Some(Syntax::Xml);
    }
    walk.value(DEPTH)?;
    walk.blank();
    walk.peek().is_none().then_some(Syntax::Json)
}

/// Whether one of two places in an answer is the other, is in it, or is around it.
#[must_use]
pub fn places_touch(syntax: Syntax, one: &str, other: &str) -> bool {
    let mut steps = (steps(syntax, one), steps(syntax, other));
    loop {
        match (steps.0.next(), steps.1.next()) {
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) => return false,
            _ => return true,
        }
    }
}

fn steps(syntax: Syntax, path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1).map(move |step| match syntax {
        // The first needs no number.
        Syntax::Xml => step.strip_suffix("[1]").unwrap_or(step),
        Syntax::Json | Syntax::Csv => step,
    })
}

struct Walk<'a> {
    answer: &'a [u8],
    at: usize,
    path: String,
    take: &'a mut dyn FnMut(TextAt<'_>),
}

impl Walk<'_> {
    fn peek(&self) -> Option<u8> {
        self.answer.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.answer.get(self.at..).unwrap_or_default()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.blank();
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn hand_out(&mut self, bytes: Range<usize>, is_name: bool) {
        (self.take)(TextAt { bytes, path: &self.path, is_name });
    }

    /// A value of JSON (RFC 8259).
    fn value(&mut self, depth: usize) -> Option<()> {
        self.blank();
        match self.peek()? {
            b'"' => {
                let text = self.string()?;
                self.hand_out(text, false);
            }
            b'{' => self.members(depth.checked_sub(1)?)?,
            b'[' => self.elements(depth.checked_sub(1)?)?,
            _ => {
                let length =
                    self.rest().iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
                let length = length.count();
                self.at += length;
                (length > 0).then_some(())?;
            }
        }
        Some(())
    }

    fn members(&mut self, depth: usize) -> Option<()> {
        self.expect(b'{')?;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Some(());
        }
        let above = self.path.len();
        loop {
            self.blank();
            let name = self.string()?;
            let raw = self.answer.get(name.clone())?;
            let quoted = self.answer.get(name.start.checked_sub(1)?..name.end + 1)?;
            let decoded: String = if raw.contains(&b'\\') {
                serde_json::from_slice(quoted).ok()?
            } else {
                std::str::from_utf8(raw).ok()?.to_owned()
            };
            self.path.push('/');
            self.path.push_str(&decoded.replace('~', "~0").replace('/', "~1"));
            self.hand_out(name, true);
            self.expect(b':')?;
            self.value(depth)?;
            self.path.truncate(above);
            if self.ended(b'}')? {
                return Some(());
            }
        }
    }

    fn elements(&mut self, depth: usize) -> Option<()> {
        self.expect(b'[')?;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Some(());
        }
        let above = self.path.len();
        for number in 0_u64.. {
            write!(self.path, "/{number}").ok()?;
            self.value(depth)?;
            self.path.truncate(above);
            if self.ended(b']')? {
                break;
            }
        }
        Some(())
    }

    /// After a member or an element: whether it was the last.
    fn ended(&mut self, by: u8) -> Option<bool> {
        self.blank();
        let byte = self.peek()?;
        self.at += 1;
        (byte == by || byte == b',').then_some(byte == by)
    }

    /// What is between the quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        if self.peek()? != b'"' {
            return None;
        }
        let from = self.at + 1;
        let mut at = from;
        loop {
            match self.answer.get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Some(from..at)
    }

    /// Elements of XML 1.0, without a document type.
    fn xml(&mut self) -> Option<()> {
        /// An open element: how much of the path is without it, its name, and how often each name stood in it so far.
        type Open = (usize, Vec<u8>, HashMap<Vec<u8>, u64>);
        let mut open: Vec<Open> = Vec::new();
        let mut roots = 0_u64;
        while self.at < self.answer.len() {
            if self.peek() != Some(b'<') {
                let from = self.at;
                self.at += self.rest().iter().position(|byte| *byte == b'<').unwrap_or(self.rest().len());
                let text = self.answer.get(from..self.at)?;
                let blank = |byte: &&u8| byte.is_ascii_whitespace();
                let (before, after) =
                    (text.iter().take_while(blank).count(), text.iter().rev().take_while(blank).count());
                if before < text.len() {
                    // Between elements only white space may stand.
                    open.last()?;
                    self.hand_out(from + before..self.at - after, false);
                }
                continue;
            }
            if self.rest().starts_with(b"<?") {
                self.past(b"?>")?;
            } else if self.rest().starts_with(b"<!--") {
                self.past(b"-->")?;
            } else if self.rest().starts_with(b"<![CDATA[") {
                open.last()?;
                let from = self.at + 9;
                self.past(b"]]>")?;
                self.hand_out(from..self.at - 3, false);
            } else if self.rest().starts_with(b"</") {
                let from = self.at + 2;
                self.past(b">")?;
                let name = self.answer.get(from..self.at - 1)?.trim_ascii_end();
                let (above, opened, _) = open.pop()?;
                (opened == name).then_some(())?;
                self.path.truncate(above);
            } else {
                let from = self.at + 1;
                self.tag()?;
                let tag = self.answer.get(from..self.at - 1)?;
                let closed = tag.ends_with(b"/");
                let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next()?;
                (!name.is_empty() && !name.starts_with(b"!") && open.len() < DEPTH).then_some(())?;
                let number = match open.last_mut() {
                    Some((_, _, children)) => children.entry(name.to_vec()).or_default(),
                    None => &mut roots,
                };
                *number += 1;
                let (number, above) = (*number, self.path.len());
                (above > 0 || number == 1).then_some(())?;
                if !closed {
                    self.path.push('/');
                    self.path.push_str(std::str::from_utf8(name).ok()?);
                    if number > 1 {
                        write!(self.path, "[{number}]").ok()?;
                    }
                    open.push((above, name.to_vec(), HashMap::new()));
                }
            }
        }
        (open.is_empty() && roots == 1).then_some(())
    }

    /// Past the next of these bytes.
    fn past(&mut self, end: &[u8]) -> Option<()> {
        let at = self.rest().windows(end.len()).position(|window| window == end)?;
        self.at += at + end.len();
        Some(())
    }

    /// Past a tag, whose attributes may hold `>`.
    fn tag(&mut self) -> Option<()> {
        let mut quote = None;
        let length = self.rest().iter().position(|byte| {
            match quote {
                Some(by) if by == *byte => quote = None,
                None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
                _ => {}
            }
            quote.is_none() && *byte == b'>'
        })?;
        self.at += length + 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, its path, and whether it is a name.
    type Found = (String, String, bool);

    fn walked(answer: &str) -> Option<(Syntax, Vec<Found>)> {
        let mut found = Vec::new();
        let mut take = |text: TextAt<'_>| {
            found.push((answer[text.bytes.clone()].to_owned(), text.path.to_owned(), text.is_name));
        };
        texts_of(answer.as_bytes(), &mut take).map(|syntax| (syntax, found))
    }

    fn texts(answer: &str) -> Vec<(String, String)> {
        let (_, found) = walked(answer).unwrap();
        found.into_iter().filter(|(_, _, is_name)| !is_name).map(|(text, path, _)| (text, path)).collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(text, path)| ((*text).to_owned(), (*path).to_owned())).collect()
    }

    #[test]
    fn texts_of_json_have_their_pointer() {
        let answer = r#" {"a":"x\"y","b/~":[1,"z",{"c":""},[]],"d":{},"e\u0041":true,"f":-1.5e+3}"#;
        assert_eq!(texts(answer), pairs(&[("x\\\"y", "/a"), ("z", "/b~1~0/1"), ("", "/b~1~0/2/c")]));
        let parsed: serde_json::Value = serde_json::from_str(answer).unwrap();
        for (text, path) in texts(answer) {
            let decoded: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(parsed.pointer(&path).unwrap(), &decoded);
        }
        let names: Vec<_> =
            walked(answer).unwrap().1.into_iter().filter(|(_, _, name)| *name).map(|(_, p, _)| p).collect();
        assert_eq!(names, ["/a", "/b~1~0", "/b~1~0/2/c", "/d", "/eA", "/f"]);
        assert_eq!(texts("\"x\""), pairs(&[("x", "")]));
    }

    #[test]
    fn texts_of_xml_have_their_path() {
        let answer = "<?xml version=\"1.0\"?>\n<R xmlns='a>b'><!-- <x>no</x> --><U><N> a b </N><N/><N>c</N></U>\n <U><N>d</N></U ><D><![CDATA[<e>]]></D></R>\n";
        let expected = [("a b", "/R/U/N"), ("c", "/R/U/N[3]"), ("d", "/R/U[2]/N"), ("<e>", "/R/D")];
        assert_eq!(texts(answer), pairs(&expected));
        assert_eq!(walked(answer).unwrap().0, Syntax::Xml);
    }

    #[test]
    fn what_is_neither_is_not_taken_apart() {
        let deep = "[".repeat(129) + &"]".repeat(129);
        for answer in [
            "",
            "plain text",
            "{\"a\":1",
            "{\"a\" 1}",
            "[1 2]",
            "{\"a\":\"b}",
            "{} {}",
            "{\"a\\x\":1}",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a/>x",
            "<!DOCTYPE a><a/>",
            "<a b=\">",
            "user,arn\nx,y",
            "</a>",
            &deep,
        ] {
            assert_eq!(walked(answer), None, "{answer}");
        }
        assert!(walked(&("[".repeat(128) + &"]".repeat(128))).is_some());
    }

    #[test]
    fn places_touch_where_one_is_in_the_other() {
        let json = |a, b| places_touch(Syntax::Json, a, b);
        assert!(json("/a", "/a") && json("/a", "/a/b") && json("/a/b", "/a") && json("", "/a"));
        assert!(!json("/a", "/ab") && !json("/a/0", "/a/1"));
        let xml = |a, b| places_touch(Syntax::Xml, a, b);
        assert!(xml("/R/U[1]/N", "/R/U") && xml("/R/U[2]", "/R/U[2]/N[1]") && !xml("/R/U[2]", "/R/U"));
    }
}
