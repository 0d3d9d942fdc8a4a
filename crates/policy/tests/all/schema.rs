//! The JSON Schema says what the parser does.

use jsonschema::validator_for;
use serde_json::Value;

use crate::common::load_one;

/// The published schema is the one that the types give.
#[test]
fn published() {
    let text = serde_json::to_string_pretty(&witnessmark_policy::declaration_schema()).unwrap() + "\n";
    let published = include_str!("../../../../docs/spec/declaration.schema.json");
    assert_eq!(text, published, "write it anew: cargo run -- schema declaration > docs/spec/declaration.schema.json");
}

/// Nothing of how positions are kept shows, and nothing may be null.
#[test]
fn positions_do_not_leak() {
    let text = witnessmark_policy::declaration_schema().to_string();
    for word in ["Located", "Span", "\"written\"", "\"null\"", "Decode", "Node"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn both_refuse_the_same() {
    let validator = validator_for(&witnessmark_policy::declaration_schema()).unwrap_or_else(|e| panic!("{e}"));
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
        ("risks: {import: {file: r.csv, columns: {threat: Threat}}}", true),
        ("risks: {file: r.csv}", false),
        ("key_holders: [{id: h, identities: {t: [a]}}]", true),
        ("key_holders: [{id: h, identities: {t: a}}]", false),
        ("third_parties: [{id: h, role: cloud, reviewed: 2026-02-03}]", true),
        ("third_parties: [{id: h, role: cloud, reviewed: 2026-2-3}]", false),
        ("system2: {id: s}", false),
    ] {
        let loaded = load_one(&format!("{head}{rest}\n"));
        let json: Value = loaded.to_json();
        assert_eq!(!loaded.has_errors(), good, "parser: {rest}");
        assert_eq!(validator.is_valid(&json), good, "schema: {rest}");
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
        assert_eq!(validator.is_valid(&loaded.to_json()), good, "schema: {text}");
    }
}
