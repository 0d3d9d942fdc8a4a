//! Whatever is written, the answer is diagnostics or a plan, never a panic, and every diagnostic points into its file.

use crate::common::{NORTHBANK, environment};
use proptest::prelude::*;
use witnessmark_declaration::{check, judged, load, notes, plan};

fn read(bytes: &[u8]) {
    let loaded = load("conf/witnessmark.yaml", &|_: &str| Ok(bytes.to_vec()));
    let environment = environment();
    let mut all = loaded.diagnostics.clone();
    all.extend(check(&loaded, &environment));
    let _text = loaded.render(&all, false);
    let lines = String::from_utf8_lossy(bytes).split('\n').count();
    for found in &all {
        assert!(found.line.is_none_or(|l| l >= 1 && l <= lines), "{found:?}");
        assert!(found.column.is_none_or(|c| c >= 1), "{found:?}");
    }
    let usable = !diagnose::has_errors(&all);
    let plan = plan(&loaded, &environment);
    assert_eq!(plan.is_ok(), usable);
    // What is written down of it leads into its file, whether it is usable or not.
    let mut counts = std::collections::BTreeMap::new();
    for thing in loaded.things(&[]).unwrap() {
        *counts.entry(thing.kind).or_insert(0_usize) += 1;
        let places: Vec<_> = thing.parts.values().flatten().collect();
        assert!(places.iter().all(|at| at.path == "witnessmark.yaml" && at.line >= 1 && at.column >= 1), "{thing:?}");
        assert!(!usable || thing.parts.values().all(|at| !at.is_empty()), "{thing:?}");
    }
    assert_eq!(loaded.counts(), counts);
    if let Ok(plan) = plan {
        let judged = judged(&loaded, &environment, &plan);
        assert_eq!(notes(&loaded, &judged).len(), judged.unjudged.len());
        assert!(judged.not_judged() <= judged.things);
    }
}

#[derive(Clone, Debug)]
enum Change {
    Delete(usize, usize),
    Insert(usize, String),
    Repeat(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0..NORTHBANK.len();
    let bits = prop::sample::select(vec![
        "\n",
        "\t",
        " ",
        ":",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "&a ",
        "*a",
        "!!str ",
        "#",
        "|\n",
        ">-\n",
        "? ",
        "<<: ",
        "---\n",
        "%YAML 1.2\n",
        "\u{feff}",
        "\u{0}",
        "ø",
        "null",
        "~",
        "1e400",
        "0x",
    ]);
    prop_oneof![
        (at.clone(), 1..40usize).prop_map(|(at, n)| Change::Delete(at, n)),
        (at.clone(), bits).prop_map(|(at, bit)| Change::Insert(at, bit.to_owned())),
        (at.clone(), any::<String>()).prop_map(|(at, text)| Change::Insert(at, text)),
        (at, 1..200usize).prop_map(|(at, n)| Change::Repeat(at, n)),
    ]
}

fn apply(text: &mut Vec<u8>, change: Change) {
    match change {
        Change::Delete(at, n) => {
            let from = at.min(text.len());
            text.drain(from..(from + n).min(text.len()));
        }
        Change::Insert(at, new) => {
            let at = at.min(text.len());
            text.splice(at..at, new.into_bytes());
        }
        Change::Repeat(at, n) => {
            let from = at.min(text.len());
            let piece: Vec<u8> = text.iter().skip(from).take(n).copied().collect();
            text.splice(from..from, piece);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_declaration(changes in prop::collection::vec(change(), 1..6)) {
        let mut text = NORTHBANK.as_bytes().to_vec();
        for change in changes {
            apply(&mut text, change);
        }
        read(&text);
    }

    #[test]
    fn anything(text in any::<String>()) {
        read(text.as_bytes());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = "lists and objects nested deeper than 32";
    for (text, problem) in [
        (format!("a: {}{}", "[".repeat(33), "]".repeat(33)), deep),
        (format!("{}1{}", "{a: ".repeat(33), "}".repeat(33)), deep),
        (format!("{}1", "- ".repeat(33)), deep),
        (format!("a: [{}]", "1,".repeat(100_001)), "more than 100000 values in one file"),
        ((0..=1_000).map(|n| format!("k{n}: 1\n")).collect(), "more than 1000 keys in one object"),
    ] {
        let loaded = load("w.yaml", &|_: &str| Ok(text.as_bytes().to_vec()));
        assert!(loaded.has_errors());
        assert!(loaded.diagnostics.iter().any(|d| d.message == problem), "{problem}: {:?}", loaded.diagnostics);
        assert!(loaded.diagnostics.len() < 500, "{}", loaded.diagnostics.len());
    }
}
