//! Alters the list in an answer, JSON or XML as AWS writes it (`<member>`). What holds no list stays as it is.

use serde_json::{Map, Value};

/// The first item of the first list again, at the list's end.
pub fn listed_twice(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            let Some(list) = first_list(&mut value) else { return body.to_vec() };
            list.extend(list.first().cloned());
            value.to_string().into_bytes()
        }
        Err(_) => in_xml(body, |item, others| format!("{item}{others}{item}")),
    }
}

/// Nothing in the place of the first item of the first list.
pub fn empty_item(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            let Some(first) = first_list(&mut value).and_then(|list| list.first_mut()) else { return body.to_vec() };
            *first = Value::Object(Map::new());
            value.to_string().into_bytes()
        }
        Err(_) => in_xml(body, |_, others| format!("{OPEN}{CLOSE}{others}")),
    }
}

/// The first list that holds something, one of objects before one of texts, from the outside in: a list inside of an item is not
/// the one that was asked for.
fn first_list(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Array(list) => (!list.is_empty()).then_some(list),
        Value::Object(members) => {
            let of = |member: &Value| member.as_array().and_then(|list| list.first()).map(Value::is_object);
            let best = members.values().filter_map(of).max();
            members.values_mut().filter(|member| best.is_none() || of(member) == best).find_map(first_list)
        }
        _ => None,
    }
}

const OPEN: &str = "<member>";
const CLOSE: &str = "</member>";

/// `change` is given the first item and all others of the first list, as they are written.
fn in_xml(body: &[u8], change: impl Fn(&str, &str) -> String) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let Some(begin) = text.find(OPEN) else { return body.to_vec() };
    let (before, rest) = text.split_at(begin);
    let mut ends = Vec::new();
    let (mut depth, mut at) = (0usize, 0usize);
    loop {
        let left = &rest[at..];
        let (open, close) = (left.find(OPEN), left.find(CLOSE));
        match (open, close) {
            (Some(open), Some(close)) if open < close => {
                // What stands between two items of the list itself ends it.
                if depth == 0 && open > 0 {
                    break;
                }
                depth += 1;
                at += open + OPEN.len();
            }
            (_, Some(close)) if depth > 0 => {
                depth -= 1;
                at += close + CLOSE.len();
                if depth == 0 {
                    ends.push(at);
                }
            }
            _ => break,
        }
    }
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else { return body.to_vec() };
    let changed = change(&rest[..*first], &rest[*first..*last]);
    format!("{before}{changed}{}", &rest[*last..]).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_list_is_the_one_that_is_altered() {
        for (body, twice, empty) in [
            (
                r#"{"schemas":["s"],"Users":[{"u":1}]}"#,
                r#"{"schemas":["s"],"Users":[{"u":1},{"u":1}]}"#,
                r#"{"schemas":["s"],"Users":[{}]}"#,
            ),
            (
                r#"{"Keys":[{"a":[1]},2],"Truncated":false}"#,
                r#"{"Keys":[{"a":[1]},2,{"a":[1]}],"Truncated":false}"#,
                r#"{"Keys":[{},2],"Truncated":false}"#,
            ),
            (
                r#"{"a":{"b":[]},"c":{"d":["x"]}}"#,
                r#"{"a":{"b":[]},"c":{"d":["x","x"]}}"#,
                r#"{"a":{"b":[]},"c":{"d":[{}]}}"#,
            ),
            (r#"{"a": 1}"#, r#"{"a": 1}"#, r#"{"a": 1}"#),
            (
                "<L><member><I><member>1</member></I></member><member>2</member></L><M><member>3</member></M>",
                "<L><member><I><member>1</member></I></member><member>2</member><member><I><member>1</member></I></member></L><M><member>3</member></M>",
                "<L><member></member><member>2</member></L><M><member>3</member></M>",
            ),
            ("<L></L>", "<L></L>", "<L></L>"),
        ] {
            let text = |bytes| String::from_utf8(bytes).unwrap();
            assert_eq!(text(listed_twice(body.as_bytes())), twice);
            assert_eq!(text(empty_item(body.as_bytes())), empty);
        }
    }
}
