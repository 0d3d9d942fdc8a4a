//! YAML as a tree with positions. The only file that knows the YAML parser.
//!
//! What is read here is sealed as evidence, and people and other programs read it too: anchors, aliases, tags, directives and
//! several documents in a file are refused, so that what is there is what is meant.

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diagnostic::{Code, Reporter};
use crate::source::{Located, Span};

/// Bytes in one file.
pub const MAX_FILE: usize = 1 << 20;
/// Lists and objects inside each other.
const MAX_DEPTH: usize = 32;
/// Scalars, lists and objects in one file.
const MAX_NODES: usize = 100_000;
/// Keys in one object.
const MAX_KEYS: usize = 1_000;

#[derive(Clone, Debug)]
pub struct Node {
    pub at: Span,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    /// `plain` is written without quotes: only then may it be a number, a truth value or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub key: Located<String>,
    pub value: Node,
}

/// What a plain scalar is in YAML 1.2's core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Core {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text,
}

impl Node {
    pub fn core(&self) -> Option<Core> {
        match &self.value {
            Value::Scalar { plain: false, .. } => Some(Core::Text),
            Value::Scalar { text, plain: true } => Some(core(text)),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// For messages: what is there.
    pub fn describe(&self) -> String {
        match (&self.value, self.core()) {
            (Value::List(_), _) => "a list".to_owned(),
            (Value::Map(_), _) => "an object".to_owned(),
            (_, Some(Core::Null)) => "nothing".to_owned(),
            (Value::Scalar { text, .. }, Some(Core::Bool(_))) => {
                format!("the truth value `{text}`")
            }
            (Value::Scalar { text, .. }, Some(Core::Integer(_) | Core::Float(_))) => {
                format!("the number `{text}`")
            }
            _ => "a text".to_owned(),
        }
    }

    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|e| (e.key.value.clone(), e.value.to_json())).collect())
            }
            Value::Scalar { text, .. } => match self.core() {
                Some(Core::Null) => Json::Null,
                Some(Core::Bool(b)) => Json::Bool(b),
                Some(Core::Integer(n)) => Json::from(n),
                Some(Core::Float(n)) => Json::from(n),
                _ => Json::String(text.clone()),
            },
        }
    }

    /// The node at an RFC 6901 pointer, or the deepest one on the way to it.
    pub fn nearest(&self, pointer: &str) -> &Self {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                Value::Map(entries) => entries.iter().find(|e| e.key.value == step).map(|e| &e.value),
                Value::List(items) => step.parse().ok().and_then(|n: usize| items.get(n)),
                Value::Scalar { .. } => None,
            };
            match next {
                Some(found) => node = found,
                None => break,
            }
        }
        node
    }
}

fn core(text: &str) -> Core {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Core::Null,
        "true" | "True" | "TRUE" => return Core::Bool(true),
        "false" | "False" | "FALSE" => return Core::Bool(false),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Core::Text;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        // A number too large to be exact is not silently made another one.
        return text.strip_prefix('+').unwrap_or(text).parse().map_or(Core::Text, Core::Integer);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).map_or(Core::Text, Core::Integer);
        }
    }
    let float_shape = unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && unsigned.bytes().any(|b| b.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(number) if float_shape && number.is_finite() => Core::Float(number),
        _ => Core::Text,
    }
}

/// Whether go-yaml, with which OPA reads, takes this plain scalar for another value than [`core`] does: it keeps numbers and
/// dates of YAML 1.1 beside the core schema of 1.2 (`resolve.go` of go-yaml v3).
pub(crate) fn is_disputed(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") || is_time(text) {
        return true;
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    // It drops every `_` of a number, knows signs before a base and bases in capitals, and reads a leading 0 as octal.
    let plain = lower.replace('_', "");
    let based = |prefix: &str, radix: u32| {
        plain.strip_prefix(prefix).is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_digit(radix)))
    };
    let digits = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
    if digits && plain.len() > 1 && plain.starts_with('0') {
        return true;
    }
    let number =
        digits || based("0x", 16) || based("0o", 8) || based("0b", 2) || matches!(core(&plain), Core::Float(_));
    number && core(text) == Core::Text
}

/// `2026-12-31`, alone or with a time behind it.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (day, time) = rest.split_once(['T', 't', ' ', '\t']).unwrap_or((rest, ""));
    let number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    number(year, 4..=4)
        && number(month, 1..=2)
        && number(day, 1..=2)
        && time.bytes().all(|b| b.is_ascii_digit() || b":.+-Zz \t".contains(&b))
}

/// The one document of a file. Faults go to `reporter`; `None` if the text cannot be read as a tree at all.
pub fn parse(file: u32, text: &str, reporter: &mut Reporter<'_>) -> Option<Node> {
    let mut builder = Builder { file, text, open: Vec::new(), root: None, nodes: 0, documents: 0 };
    for next in Parser::new_from_str(text) {
        match next {
            Ok((event, span)) => {
                let at = Span::new(file, span.byte_range().unwrap_or(0..0));
                if !builder.take(event, at, reporter) {
                    return None;
                }
            }
            Err(error) => {
                let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                if let Some(tab) = tab_of_indentation(text, start) {
                    reporter
                        .error(Span::new(file, tab..tab + 1), Code::Yaml, "not valid YAML: a tab in the indentation")
                        .help("indent with spaces");
                    return None;
                }
                reporter
                    .error(Span::new(file, start..start), Code::Yaml, format!("not valid YAML: {}", error.info()))
                    .maybe_help(mend(&error.info()).map(str::to_owned));
                return None;
            }
        }
    }
    if builder.root.is_none() {
        reporter.error(Span::new(file, 0..0), Code::Yaml, "empty document");
    }
    builder.root
}

/// What helps where a text was taken for more than a text.
const QUOTE: &str =
    "a text with `: `, ` #`, quotes or brackets in it, and in braces one with a comma, must be in quotes";

/// What probably mends what the parser says: it met a sign of YAML where that may have been meant as part of a text, or never met the end of one.
fn mend(problem: &str) -> Option<&'static str> {
    if problem.contains("quoted scalar") {
        return Some("a quotation mark further up is probably not closed");
    }
    let signs = ["did not find expected", "mapping values", "simple key"];
    signs.iter().any(|said| problem.contains(said)).then_some(QUOTE)
}

/// A tab before the first character of the line where the parser stopped, or of the next line that holds something: it looks at what
/// follows from the end of the line before.
fn tab_of_indentation(text: &str, stopped: usize) -> Option<usize> {
    let mut line = text.get(..stopped)?.rfind('\n').map_or(0, |end| end + 1);
    loop {
        let rest = text.get(line..).filter(|rest| !rest.is_empty())?;
        let content = rest.trim_start_matches([' ', '\t']);
        if !content.starts_with(['\n', '\r', '#']) {
            let indent = rest.get(..rest.len().saturating_sub(content.len()))?;
            if let Some(tab) = indent.find('\t') {
                return Some(line + tab);
            }
            if line > stopped {
                return None;
            }
        }
        line += rest.find('\n')? + 1;
    }
}

enum Open {
    List { at: Span, items: Vec<Node> },
    Map { at: Span, entries: Vec<Entry>, key: Option<Located<String>> },
}

struct Builder<'t> {
    file: u32,
    text: &'t str,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
}

impl Builder<'_> {
    /// False when reading on makes no sense.
    fn take(&mut self, event: Event<'_>, at: Span, reporter: &mut Reporter<'_>) -> bool {
        match event {
            Event::DocumentStart(_, version) => {
                self.documents += 1;
                if self.documents > 1 {
                    reporter
                        .error(at, Code::Yaml, "a second document in one file")
                        .help("write it to a file of its own");
                    return false;
                }
                if version.is_some() {
                    reporter.error(at, Code::Yaml, "directives are not allowed");
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                reporter
                    .error(at, Code::Yaml, "aliases are not allowed")
                    .help("write the value out: this file is sealed as evidence");
                return self.node(Node { at, value: Value::Scalar { text: String::new(), plain: true } }, reporter);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_decoration(anchor, tag.is_some(), at, reporter);
                let plain = matches!(style, ScalarStyle::Plain);
                return self.node(Node { at, value: Value::Scalar { text: text.into_owned(), plain } }, reporter);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_decoration(anchor, tag.is_some(), at, reporter);
                self.open.push(Open::List { at, items: Vec::new() });
                return self.shallow(at, reporter);
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_decoration(anchor, tag.is_some(), at, reporter);
                self.open.push(Open::Map { at, entries: Vec::new(), key: None });
                return self.shallow(at, reporter);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.open.pop() {
                    Some(Open::List { at: start, items }) => {
                        Node { at: self.until(start, at), value: Value::List(items) }
                    }
                    Some(Open::Map { at: start, entries, .. }) => {
                        // Of an object its first key is the place to point at: a block has no bracket.
                        let at = entries.first().map_or_else(|| self.until(start, at), |e| e.key.at);
                        Node { at, value: Value::Map(entries) }
                    }
                    None => return false,
                };
                return self.node(node, reporter);
            }
            _ => {}
        }
        true
    }

    fn node(&mut self, node: Node, reporter: &mut Reporter<'_>) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            reporter.error(node.at, Code::Yaml, format!("more than {MAX_NODES} values in one file"));
            return false;
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                None => match node.value {
                    Value::Scalar { text, .. } => *key = Some(Located::new(text, node.at)),
                    Value::List(_) | Value::Map(_) => {
                        reporter
                            .error(node.at, Code::Yaml, "a key must be a word, not a list or an object")
                            .help("a text that starts with `[`, `{` or `*` needs quotes");
                        return false;
                    }
                },
                Some(key) => {
                    if let Some(first) = entries.iter().find(|e| e.key.value == key.value) {
                        reporter
                            .error(key.at, Code::DuplicateKey, format!("duplicate key `{}`", key.value))
                            .related(first.key.at, "first written here");
                        return true;
                    }
                    if entries.len() >= MAX_KEYS {
                        reporter.error(key.at, Code::Yaml, format!("more than {MAX_KEYS} keys in one object"));
                        return false;
                    }
                    let mut value = node;
                    if value.core() == Some(Core::Null)
                        && self.text.get(value.at.range()).is_none_or(|written| !written.starts_with(['~', 'n', 'N']))
                    {
                        // Nothing was written after the key; the key is what can be pointed at.
                        value.at = key.at;
                    }
                    entries.push(Entry { key, value });
                }
            },
        }
        true
    }

    fn shallow(&self, at: Span, reporter: &mut Reporter<'_>) -> bool {
        if self.open.len() > MAX_DEPTH {
            reporter.error(at, Code::Yaml, format!("lists and objects nested deeper than {MAX_DEPTH}"));
            return false;
        }
        true
    }

    fn refuse_decoration(&self, anchor: usize, tagged: bool, at: Span, reporter: &mut Reporter<'_>) {
        if anchor != 0 {
            reporter.error(at, Code::Yaml, "anchors are not allowed").help("write the value out where it is meant");
        }
        if tagged {
            reporter
                .error(at, Code::Yaml, "tags are not allowed")
                .help("a value in quotes is a text, one without may be a number");
        }
    }

    /// From the start of a collection to its end, without the white space before what follows a block.
    fn until(&self, start: Span, end: Span) -> Span {
        let (from, to) = (start.range().start, end.range().end);
        let trimmed = self.text.get(from..to).map_or(to, |t| from + t.trim_end().len());
        Span::new(self.file, from..trimmed)
    }
}
