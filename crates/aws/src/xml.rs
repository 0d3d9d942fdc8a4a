//! XML answers, of IAM or S3, and where in them a fact stands.
//!
//! Facts are read from the answer itself and not from the SDK's types, which fill in `false`, empty texts and empty lists
//! where the answer says nothing.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use sdk::{ExchangeId, Source};

use crate::moment::Moment;

/// Deeper than any answer. The tree is dropped recursively.
const DEEPEST: usize = 64;

/// Why an answer does not have the documented form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedAnswer {
    #[error("the answer is not UTF-8")]
    NotText,
    #[error("the answer is not XML: {0}")]
    NotXml(quick_xml::Error),
    #[error("the answer is cut or nested too deeply")]
    Unbalanced,
    #[error("the answer has no `{0}`")]
    Missing(String),
    #[error("`{path}` of the answer is no {expected}")]
    Value { path: String, expected: &'static str },
}

/// An answer as a tree.
#[derive(Debug)]
pub struct Document<'a> {
    root: Element<'a>,
    exchange: ExchangeId,
}

#[derive(Debug, Default)]
struct Element<'a> {
    name: Box<str>,
    text: Cow<'a, str>,
    children: Vec<Element<'a>>,
}

/// A place in an answer.
#[derive(Clone, Debug)]
pub struct Node<'d> {
    element: &'d Element<'d>,
    exchange: ExchangeId,
    path: String,
}

impl<'a> Document<'a> {
    /// Reads an answer. Names lose their namespace prefix.
    pub fn parse(body: &'a [u8], exchange: ExchangeId) -> Result<Self, MalformedAnswer> {
        let text = std::str::from_utf8(body).map_err(|_| MalformedAnswer::NotText)?;
        let mut reader = Reader::from_str(text);
        // The elements that are open; the first one stands for the document itself.
        let mut open = vec![Element::default()];
        loop {
            match reader.read_event().map_err(MalformedAnswer::NotXml)? {
                Event::Start(start) => {
                    if open.len() > DEEPEST {
                        return Err(MalformedAnswer::Unbalanced);
                    }
                    open.push(Element { name: start.local_name().as_ref().into(), ..Element::default() });
                }
                Event::Empty(start) => {
                    let element = Element { name: start.local_name().as_ref().into(), ..Element::default() };
                    close(&mut open, element)?;
                }
                Event::End(_) => {
                    let element = open.pop().ok_or(MalformedAnswer::Unbalanced)?;
                    close(&mut open, element)?;
                }
                Event::Text(text) => append(&mut open, text.xml10_content()),
                Event::CData(text) => append(&mut open, text.xml10_content()),
                Event::GeneralRef(reference) => append(&mut open, resolve(&reference)?),
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
            }
        }
        let mut document = open.pop().ok_or(MalformedAnswer::Unbalanced)?;
        match (open.is_empty(), document.children.pop(), document.children.is_empty()) {
            (true, Some(root), true) => Ok(Self { root, exchange }),
            _ => Err(MalformedAnswer::Unbalanced),
        }
    }

    /// The element at a path of names: `/ListUsersResponse/ListUsersResult`.
    pub fn at(&self, path: &str) -> Result<Node<'_>, MalformedAnswer> {
        let missing = || MalformedAnswer::Missing(path.to_owned());
        let mut names = path.split('/').skip(1);
        let root = names.next().ok_or_else(missing)?;
        if *self.root.name != *root {
            return Err(missing());
        }
        let mut node = Node { element: &self.root, exchange: self.exchange, path: format!("/{root}") };
        for name in names {
            node = node.child(name).ok_or_else(missing)?;
        }
        Ok(node)
    }
}

impl<'d> Node<'d> {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<Self> {
        let element = self.element.children.iter().find(|c| *c.name == *name)?;
        Some(Self { element, exchange: self.exchange, path: format!("{}/{name}", self.path) })
    }

    /// The child of this name, or this element itself where the child is left out: the absence stands here.
    pub fn child_or_self(&self, name: &str) -> Self {
        self.child(name).unwrap_or_else(|| self.clone())
    }

    /// The members of a list that is a child of this name; a list that is left out is empty.
    pub fn list(&self, name: &str) -> Vec<Self> {
        self.child(name).map(|list| list.each("member").collect()).unwrap_or_default()
    }

    /// All children of this name, in order.
    pub fn each(&self, name: &'static str) -> impl Iterator<Item = Self> + use<'d> {
        let (exchange, path) = (self.exchange, self.path.clone());
        self.element
            .children
            .iter()
            .filter(move |child| *child.name == *name)
            .zip(1_u64..)
            .map(move |(element, number)| Self { element, exchange, path: format!("{path}/{name}[{number}]") })
    }

    /// This element's own text.
    pub fn text(&self) -> &'d str {
        &self.element.text
    }

    /// The text of a child; `None` where it is left out or empty.
    pub fn value(&self, name: &str) -> Option<&'d str> {
        let child = self.element.children.iter().find(|c| *c.name == *name)?;
        (!child.text.is_empty()).then(|| &*child.text)
    }

    /// The text of a child that must be there.
    pub fn required(&self, name: &str) -> Result<&'d str, MalformedAnswer> {
        self.value(name).ok_or_else(|| MalformedAnswer::Missing(format!("{}/{name}", self.path)))
    }

    /// The text of a child that must be there and may be empty.
    pub fn text_of(&self, name: &str) -> Result<&'d str, MalformedAnswer> {
        let child = self.element.children.iter().find(|c| *c.name == *name);
        child.map(|c| &*c.text).ok_or_else(|| MalformedAnswer::Missing(format!("{}/{name}", self.path)))
    }

    /// A child that is `true` or `false`.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, MalformedAnswer> {
        match self.value(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.wrong(name, "boolean")),
        }
    }

    /// A child that is an integer.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, MalformedAnswer> {
        self.value(name).map(|text| text.parse().map_err(|_| self.wrong(name, "integer"))).transpose()
    }

    /// A child that is a time.
    pub fn moment(&self, name: &str) -> Result<Option<Moment>, MalformedAnswer> {
        self.value(name).map(|text| Moment::from_rfc3339(text).ok_or_else(|| self.wrong(name, "time"))).transpose()
    }

    /// Where this element stands.
    pub fn source(&self) -> Source {
        Source::xml(self.exchange, self.path.clone())
    }

    /// The exchange of the answer.
    pub fn exchange(&self) -> ExchangeId {
        self.exchange
    }

    /// The path of this element.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn wrong(&self, name: &str, expected: &'static str) -> MalformedAnswer {
        MalformedAnswer::Value { path: format!("{}/{name}", self.path), expected }
    }
}

fn close<'a>(open: &mut [Element<'a>], mut element: Element<'a>) -> Result<(), MalformedAnswer> {
    if !element.children.is_empty() {
        // Indentation is no content.
        element.text = Cow::Borrowed("");
        element.children.shrink_to_fit();
    }
    let parent = open.last_mut().ok_or(MalformedAnswer::Unbalanced)?;
    parent.children.push(element);
    Ok(())
}

fn append<'a>(open: &mut [Element<'a>], text: Cow<'a, str>) {
    if let Some(element) = open.last_mut() {
        if element.text.is_empty() {
            element.text = text;
        } else {
            element.text.to_mut().push_str(&text);
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, MalformedAnswer> {
    if let Some(character) = reference.resolve_char_ref().map_err(MalformedAnswer::NotXml)? {
        return Ok(Cow::Owned(character.to_string()));
    }
    resolve_predefined_entity(reference).map(Cow::Borrowed).ok_or(MalformedAnswer::Unbalanced)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?>
<R xmlns="x">
  <Result>
    <List>
      <member><Name>a &amp; &#98;</Name><On>true</On><Count>3</Count><At>2026-11-21T10:00:00Z</At></member>
      <member><Name/><On>yes</On><Count>x</Count><At>now</At></member>
    </List>
    <Empty/>
  </Result>
</R>"#;

    #[test]
    fn reads_values_and_says_where_they_stand() {
        let document = Document::parse(ANSWER.as_bytes(), ExchangeId(3)).unwrap();
        let result = document.at("/R/Result").unwrap();
        let members = result.list("List");
        assert_eq!(members[0].value("Name"), Some("a & b"));
        assert_eq!(members[0].boolean("On").unwrap(), Some(true));
        assert_eq!(members[0].integer("Count").unwrap(), Some(3));
        assert_eq!(members[0].moment("At").unwrap().unwrap().epoch, 1_795_255_200);
        assert_eq!(members[1].value("Name"), None);
        assert_eq!(
            members[1].required("Name").unwrap_err().to_string(),
            "the answer has no `/R/Result/List/member[2]/Name`"
        );
        for error in [
            members[1].boolean("On").unwrap_err(),
            members[1].integer("Count").unwrap_err(),
            members[1].moment("At").unwrap_err(),
        ] {
            assert!(matches!(error, MalformedAnswer::Value { .. }), "{error}");
        }
        assert_eq!(members[1].source(), Source::xml(ExchangeId(3), "/R/Result/List/member[2]"));
        assert!(result.list("Empty").is_empty() && result.list("None").is_empty());
        assert_eq!(result.child_or_self("None").source().path, "/R/Result");
        assert!(document.at("/Other").is_err() && document.at("/R/Other").is_err());
    }

    #[test]
    fn refuses_what_is_no_whole_document() {
        let nested = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
        assert!(Document::parse(nested(DEEPEST).as_bytes(), ExchangeId(0)).is_ok());
        let deep = nested(DEEPEST + 1);
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&unknown;</a>",
            "<a>R & D</a>",
            "<!doctype html><html><br></html>",
            &deep,
            &ANSWER[..80],
        ] {
            assert!(Document::parse(text.as_bytes(), ExchangeId(0)).is_err(), "{}", &text[..text.len().min(40)]);
        }
        assert!(matches!(Document::parse(b"<a>\xff</a>", ExchangeId(0)), Err(MalformedAnswer::NotText)));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(at in 0..ANSWER.len(), with in "[<>/&;a-c\\[\\]! ]{0,6}", cut in 0..ANSWER.len()) {
            let text = format!("{}{with}{}", &ANSWER[..at], &ANSWER[at.max(cut)..]);
            if let Ok(document) = Document::parse(text.as_bytes(), ExchangeId(0))
                && let Ok(result) = document.at("/R/Result")
            {
                for member in result.list("List") {
                    let _ = (member.required("Name"), member.boolean("On"), member.integer("Count"), member.moment("At"));
                }
            }
        }
    }
}
