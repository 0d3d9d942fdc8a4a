//! The JSON Schema says what the parser does.

use std::sync::LazyLock;

use jsonschema::{Validator, validator_for};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::load_one;

/// The published schema is the one that the types give.
#[test]
fn published() {
    let text = serde_json::to_string_pretty(&witnessmark_declaration::declaration_schema()).unwrap() + "\n";
    let published = include_str!("../../../../docs/spec/declaration.schema.json");
    assert_eq!(text, published, "write it anew: cargo run -- schema declaration > docs/spec/declaration.schema.json");
}

/// Nothing of how positions are kept shows, and nothing may be null.
#[test]
fn positions_do_not_leak() {
    let text = witnessmark_declaration::declaration_schema().to_string();
    for word in ["Located", "Span", "\"written\"", "\"null\"", "Decode", "Node"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn both_refuse_the_same() {
    let head = "witnessmark: 1\nentity: N\nsystem: {id: s}\n";
    for (rest, good) in [
        ("", true),
        ("targets: [{id: t, collector: x, whatever: [1, {a: b}]}]", true),
        ("targets: [{id: t, collector: [x, y]}]", true),
        ("targets: [{id: t}]", false),
        ("targets: [{id: t, collector: 1}]", false),
        ("targets:", false),
        ("colour: blue", false),
        ("ledger: {origin: a/b}", true),
        ("ledger: {origin: a b}", false),
        ("ledger: {origin: a, every: 1d}", true),
        ("ledger: {origin: a, every: 0d}", false),
        ("ledger: {origin: a, every: 1 d}", false),
        ("controls: [{id: c, title: t, requirements: [ccss-9.0:1.05.1.1]}]", true),
        ("controls: [{id: c, title: t, requirements: ['1.05.1.1']}]", false),
        ("controls: [{id: c, title: t, requirements: ['ccss:1.05.1.1']}]", false),
        ("controls: [{id: c/d, title: t}]", false),
        ("controls: [{id: c, title: ''}]", false),
        ("controls: [{id: c, title: 1}]", false),
        ("controls: [{id: c, title: t, checks: [{use: a/b, with: {x: [1, null]}, expect: {none: r}}]}]", true),
        ("controls: [{id: c, title: t, checks: [{use: a}]}]", false),
        ("controls: [{id: c, title: t, checks: [{use: a/b, expect: {some: r}}]}]", false),
        ("controls: [{id: c, title: t, checks: [{use: a/b, with: [1]}]}]", false),
        ("risks: [{threat: t, likelihood: l, impact: i, treatment: reduce, owner: o}]", true),
        ("risks: [{threat: t, likelihood: l, impact: i, treatment: forget, owner: o}]", false),
        ("key_holders: [{id: h, identities: {t: [a]}}]", true),
        ("key_holders: [{id: h, identities: {t: a}}]", false),
        ("third_parties: [{id: h, role: cloud, reviewed: 2026-02-03}]", true),
        ("third_parties: [{id: h, role: cloud, reviewed: 2026-2-3}]", false),
        ("system2: {id: s}", false),
    ] {
        let loaded = load_one(&format!("{head}{rest}\n"));
        let json: Value = loaded.to_json();
        assert_eq!(!loaded.has_errors(), good, "parser: {rest}");
        assert_eq!(VALIDATOR.is_valid(&json), good, "schema: {rest}");
    }
    for (text, good) in [
        (head, true),
        ("witnessmark: 2\nentity: N\nsystem: {id: s}\n", false),
        ("entity: N\nsystem: {id: s}\n", false),
        ("witnessmark: 1\nsystem: {id: s}\n", false),
        ("witnessmark: 1\nentity: N\nsystem: {id: s, designation: Full}\n", false),
        (
            "witnessmark: 1\nentity: N\nsystem: {id: s, designation: full, standard: ccss-9.0, level: 2, name: n}\n",
            true,
        ),
    ] {
        let loaded = load_one(text);
        assert_eq!(!loaded.has_errors(), good, "parser: {text}");
        assert_eq!(VALIDATOR.is_valid(&loaded.to_json()), good, "schema: {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The forms are written twice, as a parser and as a pattern; they agree on whatever is written.
    #[test]
    fn forms_agree(word in "[a-zA-Z0-9._:/+é -]{0,9}", near in prop::sample::select(vec!["", "1d", "12h", "ccss-9.0", "ccss-9.0:1.2", "a/b", "2026-12-31", "1970-01-01", "9998-12-31"]), at in 0..12usize) {
        // Close to something good, so that both answers are frequent.
        let mut text = near.to_owned();
        let at = at.min(text.len());
        text.insert_str(at, if near.is_empty() { &word } else { word.get(..1).unwrap_or_default() });
        let quoted = serde_json::to_string(&text).unwrap();
        for place in [
            "system: {id: @}",
            "system: {id: s, standard: @}",
            "system: {id: s}\ncontrols: [{id: c, title: @}]",
            "system: {id: s}\ncontrols: [{id: c, title: t, requirements: [@]}]",
            "system: {id: s}\ncontrols: [{id: c, title: t, observe: {every: @}}]",
            "system: {id: s}\ncontrols: [{id: c, title: t, checks: [{use: @}]}]",
            "system: {id: s}\nledger: {origin: @}",
            "system: {id: s}\nthird_parties: [{id: p, role: r, reviewed: @}]",
        ] {
            let loaded = load_one(&format!("witnessmark: 1\nentity: N\n{}\n", place.replace('@', &quoted)));
            let valid = VALIDATOR.is_valid(&loaded.to_json());
            prop_assert_eq!(!loaded.has_errors(), valid, "{} in {}", text, place);
        }
    }
}

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| validator_for(&witnessmark_declaration::declaration_schema()).unwrap());
