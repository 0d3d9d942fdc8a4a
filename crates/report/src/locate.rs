//! Finds in an answer the bytes that a locator names, to show them beside what was made of them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::record::{Decode, InAnswer, Syntax};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::value::RawValue;

/// The text at the locator's place; `None` where the answer has no such place.
pub fn locate(answer: &[u8], locator: &InAnswer) -> Option<String> {
    let mut found = at(answer, locator.syntax, &locator.path)?;
    for step in &locator.decode {
        // What is in an XML element is read without its tags before it is decoded.
        let plain = content(&found);
        found = match step {
            Decode::Percent => percent_encoding::percent_decode_str(plain).decode_utf8().ok()?.into_owned(),
            Decode::Base64 => {
                let plain: String = plain.chars().filter(|c| !c.is_ascii_whitespace()).collect();
                String::from_utf8(STANDARD.decode(plain).ok()?).ok()?
            }
        };
    }
    match &locator.inner {
        Some((syntax, path)) => at(found.as_bytes(), *syntax, path),
        None => Some(found),
    }
}

fn at(text: &[u8], syntax: Syntax, path: &str) -> Option<String> {
    match syntax {
        Syntax::Json => json(std::str::from_utf8(text).ok()?, path),
        Syntax::Xml => xml(std::str::from_utf8(text).ok()?, path),
        Syntax::Csv => csv_row(text, path),
    }
}

/// The JSON value at a pointer, as it is written.
pub fn json(text: &str, pointer: &str) -> Option<String> {
    let mut value: Box<RawValue> = serde_json::from_str(text).ok()?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        value = if value.get().starts_with('[') {
            let items: Vec<Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
            items.into_iter().nth(token.parse().ok()?)?
        } else {
            let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
            members.remove(&token)?
        };
    }
    Some(value.get().to_owned())
}

/// One step of an XML path: the name, and which of the siblings of that name.
fn step(text: &str) -> Option<(&str, usize)> {
    match text.strip_suffix(']').and_then(|t| t.split_once('[')) {
        Some((name, number)) => Some((name, number.parse().ok()?)),
        None => Some((text, 1)),
    }
}

/// The element with its tags, as it is in the text.
fn xml(text: &str, path: &str) -> Option<String> {
    let wanted: Vec<(&str, usize)> = path.split('/').skip(1).map(step).collect::<Option<_>>()?;
    let mut reader = Reader::from_str(text);
    // How many children of each name the open elements have had; `matched` of them are on the path.
    let mut open: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new()];
    let mut matched = 0;
    let mut found: Option<usize> = None;
    loop {
        let before = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let after = usize::try_from(reader.buffer_position()).ok()?;
        match event {
            Event::Start(start) => {
                if enter(&mut open, &start, &wanted, &mut matched) && matched == wanted.len() {
                    found.get_or_insert(before);
                }
                open.push(BTreeMap::new());
            }
            Event::Empty(empty) => {
                let depth = matched;
                if enter(&mut open, &empty, &wanted, &mut matched) && matched == wanted.len() && found.is_none() {
                    return text.get(before..after).map(str::to_owned);
                }
                matched = depth;
            }
            Event::End(_) => {
                open.pop();
                let depth = open.len();
                if depth == matched {
                    if let (Some(start), true) = (found, matched == wanted.len()) {
                        return text.get(start..after).map(str::to_owned);
                    }
                    matched = matched.saturating_sub(1);
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Counts one child of the innermost open element; whether it is the next step of the path.
fn enter(
    open: &mut [BTreeMap<String, usize>],
    start: &quick_xml::events::BytesStart<'_>,
    wanted: &[(&str, usize)],
    matched: &mut usize,
) -> bool {
    let depth = open.len().saturating_sub(1);
    let name = String::from_utf8_lossy(start.local_name().as_ref().as_ref()).into_owned();
    let Some(counts) = open.last_mut() else { return false };
    let count = counts.entry(name.clone()).or_default();
    *count += 1;
    let next = depth == *matched && wanted.get(depth).is_some_and(|(n, i)| *n == name && *i == *count);
    *matched += usize::from(next);
    next
}

/// The header and the row, or one field of it.
fn csv_row(text: &[u8], path: &str) -> Option<String> {
    let mut parts = path.split('/').skip(1);
    let number: usize = parts.next()?.parse().ok()?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = reader.headers().ok()?.clone();
    let row = reader.records().nth(number.checked_sub(1)?)?.ok()?;
    let column = parts.next();
    let lines: Vec<String> = header
        .iter()
        .zip(row.iter())
        .filter(|(name, _)| column.is_none_or(|wanted| wanted == *name))
        .map(|(name, field)| format!("{name}: {field}"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The text of an element that holds nothing but text; any other text as it is.
fn content(text: &str) -> &str {
    let inner = text.strip_prefix('<').and_then(|t| t.split_once('>')).and_then(|(_, t)| t.rsplit_once("</"));
    inner.map_or_else(|| text.trim_matches('"'), |(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use model::{RecordRef, RecordType};

    use super::*;

    fn locator(syntax: Syntax, path: &str) -> InAnswer {
        let exchange = RecordRef::new(RecordType::Exchange, 0);
        InAnswer { exchange, syntax, path: path.to_owned(), decode: Vec::new(), inner: None }
    }

    #[test]
    fn finds_a_json_value_as_it_is_written() {
        let answer = br#"{"Keys":[{"Id":"a"},{"Id" : "b/c", "n~/":1.50}]}"#;
        let at = |path| locate(answer, &locator(Syntax::Json, path));
        assert_eq!(at("/Keys/1").as_deref(), Some(r#"{"Id" : "b/c", "n~/":1.50}"#));
        assert_eq!(at("/Keys/1/n~0~1").as_deref(), Some("1.50"));
        assert_eq!(at("/Keys/2"), None);
        assert_eq!(at("/Other"), None);
    }

    #[test]
    fn counts_xml_members_among_siblings_of_that_name() {
        let answer = b"<R><other><m>x</m></other><L><m>1</m><n>no</n><m><k>2</k></m><m/></L><T/></R>";
        let at = |path| locate(answer, &locator(Syntax::Xml, path));
        assert_eq!(at("/R/L/m[2]").as_deref(), Some("<m><k>2</k></m>"));
        assert_eq!(at("/R/L/m[2]/k").as_deref(), Some("<k>2</k>"));
        assert_eq!(at("/R/L/m[3]").as_deref(), Some("<m/>"));
        assert_eq!(at("/R/T").as_deref(), Some("<T/>"));
        assert_eq!(at("/R/L/m[4]"), None);
        assert_eq!(at("/R/m"), None);
        assert_eq!(locate(b"<R><L>", &locator(Syntax::Xml, "/R/L")), None);
    }

    #[test]
    fn decodes_before_it_looks_inside() {
        let mut inside = locator(Syntax::Xml, "/R/P");
        inside.decode = vec![Decode::Percent];
        inside.inner = Some((Syntax::Json, "/a".to_owned()));
        assert_eq!(locate(b"<R><P>%7B%22a%22%3A%5B1%5D%7D</P></R>", &inside).as_deref(), Some("[1]"));

        let mut report = locator(Syntax::Xml, "/R/C");
        report.decode = vec![Decode::Base64];
        report.inner = Some((Syntax::Csv, "/2".to_owned()));
        let answer = format!("<R><C>{}</C></R>", STANDARD.encode("user,mfa\na,true\nb,false\n"));
        assert_eq!(locate(answer.as_bytes(), &report).as_deref(), Some("user: b\nmfa: false"));
        report.inner = Some((Syntax::Csv, "/1/mfa".to_owned()));
        assert_eq!(locate(answer.as_bytes(), &report).as_deref(), Some("mfa: true"));
    }
}
