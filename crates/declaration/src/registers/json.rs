//! JSON as a tree with places. All scalars are texts as they are written: a register's `7` is not a number to calculate with, and `1.10`
//! is not `1.1`.

use std::ops::Range;

use diagnose::yaml::{Entry, Value};
use diagnose::{Code, Located, Node, Reporter, Span};
use serde::de::IgnoredAny;

/// The tree of a text that is one JSON value. Members that are `null` are none.
pub(super) fn tree(file: u32, text: &str, reporter: &mut Reporter<'_>) -> Option<Node> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        // Its columns count bytes, from 1.
        let mut at = (line + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default().to_owned();
        reporter.error(Span::new(file, at..at), Code::Register, format!("not valid JSON: {said}"));
        return None;
    }
    let mut walk = Walk { file, text, at: 0 };
    walk.value(reporter)
}

/// Walks over a text that is known to be JSON, nested at most as deep as `serde_json` lets it be.
struct Walk<'t> {
    file: u32,
    text: &'t str,
    at: usize,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| b" \t\r\n".contains(byte)) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn span(&self, at: Range<usize>) -> Span {
        Span::new(self.file, at)
    }

    /// The value that begins here; `None`: `null`.
    fn value(&mut self, reporter: &mut Reporter<'_>) -> Option<Node> {
        let first = self.next()?;
        let start = self.at;
        let value = match first {
            b'[' => {
                let mut items = Vec::new();
                while self.goes_on(b']') {
                    items.extend(self.value(reporter));
                }
                Value::List(items)
            }
            b'{' => {
                let mut entries: Vec<Entry> = Vec::new();
                while self.goes_on(b'}') {
                    let key = self.scalar();
                    self.next();
                    self.at += 1;
                    let value = self.value(reporter);
                    if let Some(before) = entries.iter().find(|entry| entry.key.value == key.value) {
                        reporter
                            .error(key.at, Code::DuplicateKey, format!("duplicate key `{}`", key.value))
                            .related(before.key.at, "first written here");
                        continue;
                    }
                    entries.extend(value.map(|value| Entry { key, value }));
                }
                Value::Map(entries)
            }
            _ => {
                let scalar = self.scalar();
                if first == b'n' {
                    return None;
                }
                return Some(Node { at: scalar.at, value: Value::Scalar { text: scalar.value, plain: false } });
            }
        };
        Some(Node { at: self.span(start..self.at), value })
    }

    /// Steps over the bracket or the comma that stands here; whether something follows before the end.
    fn goes_on(&mut self, end: u8) -> bool {
        let ended = self.next().is_none_or(|byte| byte == end);
        self.at += 1;
        if ended {
            return false;
        }
        // Behind the opening bracket the end may follow at once.
        if self.next().is_none_or(|byte| byte == end) {
            self.at += 1;
            return false;
        }
        true
    }

    fn scalar(&mut self) -> Located<String> {
        let quoted = self.next() == Some(b'"');
        let start = self.at;
        let bytes = self.text.as_bytes();
        if quoted {
            self.at += 1;
            while let Some(byte) = bytes.get(self.at) {
                self.at += if *byte == b'\\' { 2 } else { 1 };
                if *byte == b'"' {
                    break;
                }
            }
        } else {
            while bytes.get(self.at).is_some_and(|byte| !b" \t\r\n,:]}".contains(byte)) {
                self.at += 1;
            }
        }
        let written = self.text.get(start..self.at).unwrap_or_default();
        let text = if quoted { serde_json::from_str(written).unwrap_or_default() } else { written.to_owned() };
        Located::new(text, self.span(start..self.at))
    }
}

#[cfg(test)]
mod tests {
    use diagnose::SourceMap;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Option<serde_json::Value>, Vec<String>) {
        let mut sources = SourceMap::default();
        let file = sources.add("r.json".to_owned(), text.to_owned());
        let mut reporter = Reporter::new(&sources);
        let tree = tree(file, text, &mut reporter);
        let said = reporter.found.iter().map(|d| format!("{}:{}: {}", d.line.unwrap(), d.column.unwrap(), d.message));
        (tree.map(|tree| tree.to_json()), said.collect())
    }

    #[test]
    fn scalars_are_texts_as_written() {
        let (tree, said) = read("[{\"id\" : 007.0}]");
        assert_eq!((tree, said.as_slice()), (None, ["1:11: not valid JSON: invalid number".to_owned()].as_slice()));
        let (tree, said) = read(
            "\t[ { \"a\":1.10 ,\n\"b\":null,\"c\" : true,\"d\":[ \"\\ud83d\\ude00\\n\" , 2 ], \"e\":{}, \"f\":[]} ]\n",
        );
        let expected = serde_json::json!([{"a": "1.10", "c": "true", "d": ["😀\n", "2"], "e": {}, "f": []}]);
        assert_eq!((tree, said.len()), (Some(expected), 0));
        assert_eq!(read("{\"é\":1,\n \"é\":2}").1, ["2:2: duplicate key `é`"]);
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn as_texts(value: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value as Json;
        match value {
            Json::Array(items) => items.iter().map(as_texts).collect(),
            Json::Object(members) => Json::Object(members.iter().map(|(k, v)| (k.clone(), as_texts(v))).collect()),
            Json::String(_) => value.clone(),
            other => Json::String(other.to_string()),
        }
    }

    proptest! {
        #[test]
        fn the_tree_is_what_was_written(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let (tree, said) = read(&text.unwrap());
            prop_assert_eq!((tree, said), (Some(as_texts(&value)), Vec::new()));
        }

        #[test]
        fn any_text_is_answered(text in "[\\[\\]{}:,\"a1\\\\u \n.e-]{0,40}") {
            let (tree, said) = read(&text);
            prop_assert!(tree.is_some() || !said.is_empty() || text.trim() == "null");
        }
    }
}
