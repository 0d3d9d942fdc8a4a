//! Whatever bytes come in, the readers answer; what they accept is exactly what would be written.

use bundle::layout::Entry;
use bundle::read::json::{Checker, Layout, Numbers, Rules};
use bundle::read::source::read_all;
use bundle::read::{Line, LineReader, Source as _, TarSource};
use bundle::sigstore::{CounterSigned, Envelope, SealedStatement};
use bundle::statement::Statement;
use bundle::trust::Trust;
use proptest::prelude::*;
use verify::{Demands, Level, Unobserved};
use workspace_tests::sealed::{Book, tar};

const RULES: Rules = Rules { layout: Layout::Compact, numbers: Numbers::Any, depth: 16, members: 1000 };

/// Pieces of JSON, put together without sense: near misses are more telling than noise.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "1",
        "-0",
        "1e9",
        "01",
        "1.5",
        "true",
        "null",
        " ",
        "\n",
        "\"",
        "\\",
        "~",
        "é",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Values as serde_json writes them: none has a name twice.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..16)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_accepted_is_json_and_what_is_json_is_accepted(text in pieces()) {
        let ours = Checker::new().check(text.as_bytes(), RULES).is_ok();
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        if ours {
            prop_assert!(theirs.is_ok() || text.contains("1e9"), "{text}");
        } else if let Ok(value) = theirs {
            // Only for what JSON allows and this format does not.
            let spaced = text.contains([' ', '\n']);
            let twice = value.to_string().matches("\":").count() < text.matches("\":").count();
            prop_assert!(spaced || twice, "{text}");
        }
    }

    #[test]
    fn written_values_are_accepted(value in value()) {
        let text = value.to_string();
        prop_assert_eq!(Checker::new().check(text.as_bytes(), RULES), Ok(text.as_str()));
    }

    #[test]
    fn one_name_twice_is_found_wherever_it_stands(value in value(), name in any::<String>(), other in any::<String>()) {
        let name = serde_json::to_string(&name).unwrap();
        let other = serde_json::to_string(&other).unwrap();
        let text = format!("[{{{name}:{value},{other}:[{{{name}:1}}],{name}:2}}]");
        prop_assert!(Checker::new().check(text.as_bytes(), RULES).is_err());
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048), text in pieces()) {
        for input in [bytes.as_slice(), text.as_bytes()] {
            let _ = Checker::new().check(input, RULES);
            let _ = LineReader::new().read(input);
            let _ = Statement::parse(input);
            let _ = SealedStatement::parse(input);
            let _ = CounterSigned::parse(input);
            let _ = Envelope::parse(input);
            let _ = Trust::parse(input);
            let _ = bundle::consistency::parse(input);
            let mut source = TarSource::new(input, "test");
            while let Ok(Some(item)) = source.next_item() {
                if read_all(&mut source, &item).is_err() {
                    break;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Cuts, repeats and moves pieces of a good export.
    #[test]
    fn no_rearranged_export_is_accepted(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), length in 1..4096_usize, how in 0..3) {
        let book = Book::of(2);
        let good = tar(&book.exported(0));
        let (from, to) = (from.index(good.len()), to.index(good.len()));
        let piece = good[from..good.len().min(from + length)].to_vec();
        let mut bytes = good.clone();
        match how {
            0 => drop(bytes.drain(from..from + piece.len())),
            1 => drop(bytes.splice(to..to, piece)),
            _ => {
                let end = good.len().min(to + piece.len());
                bytes.splice(to..end, piece[..end - to].to_vec());
            }
        }
        let trust = book.trust();
        let demands = Demands { require: Level::Integrity, allow_rehearsal: true, allow_failed: true, ..Demands::of_evidence(&trust) };
        let verdict = verify::verify(&mut TarSource::new(bytes.as_slice(), "test"), &demands, &mut Unobserved);
        prop_assert_eq!(verdict.bundle.is_some(), bytes == good);
    }

    /// Lines with members moved, left out or put twice.
    #[test]
    fn a_record_has_one_spelling(line in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let book = Book::of(1);
        let text = String::from_utf8(book.files(0)[&Entry::Records].clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let line = lines[line.index(lines.len())];
        prop_assert!(matches!(LineReader::new().read(line.as_bytes()), Ok(Line::Disclosed(_))));
        let mut members: Vec<&str> = line.trim_matches(['{', '}']).split(",\"").collect();
        let moved = members.remove(from.index(members.len()));
        members.insert(to.index(members.len() + 1), moved);
        let other = format!("{{{}}}", members.join(",\""));
        let read = LineReader::new().read(other.as_bytes());
        prop_assert!(other == line || read.is_err() || inside_opaque(line, &other), "{other}");
    }
}

/// Facts and parameters keep the order in which the source gave them: there other orders are other records.
fn inside_opaque(line: &str, other: &str) -> bool {
    let start =
        ["\"facts\":", "\"parameters\":", "\"declared\":", "\"evidence\":", "\"requirements\":", "\"rests_on\":"]
            .iter()
            .filter_map(|name| line.find(name))
            .min();
    start.is_some_and(|start| other.get(..start) == line.get(..start))
}
