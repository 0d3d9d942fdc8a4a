//! What stands at given places of a JSON text. It is walked once and nothing of it is built: neither its size, nor its depth, nor how many places are wanted
//! makes more of it than the text and the places.

use std::collections::HashMap;

use serde::de::IgnoredAny;

/// The longest place that is looked for, in bytes: each value of a text may have to be held against it.
pub(crate) const PLACE_MAX: usize = 4096;

/// Places of one text, with what stands there.
#[derive(Debug)]
pub(crate) struct Places<'t> {
    found: HashMap<String, Option<&'t str>>,
}

impl<'t> Places<'t> {
    /// Looks for these places, which are RFC 6901 pointers of no more than [`PLACE_MAX`] bytes. In a text that is not JSON nothing stands
    /// anywhere.
    pub(crate) fn find<'p>(bytes: &'t [u8], wanted: impl Iterator<Item = &'p str>) -> Self {
        let wanted = wanted.filter(|path| path.len() <= PLACE_MAX);
        let mut places = Self { found: wanted.map(|path| (path.to_owned(), None)).collect() };
        // It does not recurse.
        let valid = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        if let (true, Ok(text)) = (valid, std::str::from_utf8(bytes)) {
            Walk { text, at: 0, path: String::new(), open: Vec::new() }.walk(&mut places.found);
        }
        places
    }

    /// The JSON text of what stands there, as it is written. Of two members of one name it is the last one.
    pub(crate) fn at(&self, path: &str) -> Option<&'t str> {
        self.found.get(path).copied().flatten()
    }
}

/// An array or object that is not closed yet.
struct Open {
    /// Where it begins, and how long its own place is.
    from: usize,
    path: usize,
    /// Of an array the index of the next element.
    next: Option<u64>,
}

/// Goes through a text that is known to be JSON.
struct Walk<'t> {
    text: &'t str,
    at: usize,
    /// The place of what comes next.
    path: String,
    open: Vec<Open>,
}

impl<'t> Walk<'t> {
    fn walk(mut self, found: &mut HashMap<String, Option<&'t str>>) {
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            let from = self.at;
            match byte {
                b'{' | b'[' => {
                    self.at += 1;
                    let next = (byte == b'[').then_some(0);
                    self.open.push(Open { from, path: self.path.len(), next });
                    self.element();
                    continue;
                }
                b'}' | b']' => {
                    self.at += 1;
                    let Some(open) = self.open.pop() else { return };
                    self.path.truncate(open.path);
                    self.put(open.from, found);
                }
                b',' => {
                    self.at += 1;
                    self.element();
                    continue;
                }
                b'"' => {
                    self.skip_text();
                    if self.is_name() {
                        self.name(from);
                        continue;
                    }
                    self.put(from, found);
                }
                b' ' | b'\t' | b'\n' | b'\r' | b':' => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let rest = self.text.as_bytes().get(from..).unwrap_or_default();
                    let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
                    self.at += rest.iter().position(ends).unwrap_or(rest.len());
                    self.put(from, found);
                }
            }
        }
    }

    /// Takes the place of the next element of an array; that of a member comes with its name.
    fn element(&mut self) {
        if let Some(Open { path, next: Some(next), .. }) = self.open.last_mut() {
            self.path.truncate(*path);
            self.path.push('/');
            self.path.push_str(&next.to_string());
            *next += 1;
        }
    }

    /// What began at `from` and ends here stands at the place that is current.
    fn put(&self, from: usize, found: &mut HashMap<String, Option<&'t str>>) {
        if self.path.len() <= PLACE_MAX
            && let Some(place) = found.get_mut(self.path.as_str())
        {
            *place = self.text.get(from..self.at);
        }
    }

    fn skip_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if *byte == b'"' {
                return;
            }
        }
    }

    /// Whether the text that was passed is the name of a member: in JSON a colon follows it, and no value.
    fn is_name(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) == Some(&b':')
    }

    fn name(&mut self, from: usize) {
        let Some(open) = self.open.last() else { return };
        self.path.truncate(open.path);
        self.path.push('/');
        let name: String =
            self.text.get(from..self.at).and_then(|name| serde_json::from_str(name).ok()).unwrap_or_default();
        self.path.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn at<'t>(text: &'t str, path: &str) -> Option<&'t str> {
        Places::find(text.as_bytes(), [path].into_iter()).at(path)
    }

    #[test]
    fn finds_what_stands_there_as_it_is_written() {
        let text = r#" { "a" : [ 1.50 , {"b":"x\"]}"} , [ ] ] ,"c/d":{"~":true},"":null,"e\u0041":"" } "#;
        for (path, found) in [
            ("/a/0", Some("1.50")),
            ("/a/1", Some(r#"{"b":"x\"]}"}"#)),
            ("/a/1/b", Some(r#""x\"]}""#)),
            ("/a/2", Some("[ ]")),
            ("/a/3", None),
            ("/a/01", None),
            ("/a/-", None),
            ("/a/0/0", None),
            ("/c~1d/~0", Some("true")),
            ("/c/d", None),
            ("/", Some("null")),
            ("/eA", Some(r#""""#)),
            ("", Some(text.trim())),
        ] {
            assert_eq!(at(text, path), found, "{path}");
        }
        assert_eq!(at("7", ""), Some("7"));
        assert_eq!(at(r#"{"a":1,"a":2}"#, "/a"), Some("2"));
    }

    #[test]
    fn in_what_is_no_json_nothing_stands() {
        for bad in ["", "{", "[1,]", r#"{"a":1} x"#, r#"{"a" 1}"#, "nul"] {
            assert_eq!((at(bad, "/a"), at(bad, ""), at(bad, "/0")), (None, None, None), "{bad}");
        }
        assert_eq!(Places::find(b"\"\xff\"", [""].into_iter()).at(""), None);
    }

    #[test]
    fn depth_costs_no_stack() {
        let depth = 200_000;
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let found = at(&text, &"/0".repeat(PLACE_MAX / 2)).map(str::len);
        assert_eq!(found, Some(2 * (depth - PLACE_MAX / 2)));
        assert_eq!(at(&text, &"/0".repeat(PLACE_MAX / 2 + 1)), None);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a/~\"\\\\ {}\\[\\],:é\n]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a/~\"\\\\ :,é0]{0,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn all(value: &Value, path: &str, places: &mut Vec<String>) {
        places.push(path.to_owned());
        match value {
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(n, value)| all(value, &format!("{path}/{n}"), places));
            }
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                let name = name.replace('~', "~0").replace('/', "~1");
                all(value, &format!("{path}/{name}"), places);
            }),
            _ => {}
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// serde_json's own pointers are the second reading.
        #[test]
        fn every_place_is_found_and_no_other(value in json(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let mut wanted = Vec::new();
            all(&value, "", &mut wanted);
            wanted.extend(["/none".to_owned(), "/0/0/0".to_owned()]);
            let places = Places::find(text.as_bytes(), wanted.iter().map(String::as_str));
            for path in &wanted {
                let found: Option<Value> = places.at(path).map(|text| serde_json::from_str(text).unwrap());
                prop_assert_eq!(found.as_ref(), value.pointer(path), "{}", path);
            }
        }
    }
}
