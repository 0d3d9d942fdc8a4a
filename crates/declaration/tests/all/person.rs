//! The form of a person's record: what is taken, what is refused, and what its schema says.

use jsonschema::validator_for;
use proptest::prelude::*;
use witnessmark_declaration::{FormAgainst, RECORD_TEMPLATE, ReadForm, Standard, read_form, record_schema};

use crate::common::load_one;

const DECLARED: &str = "witnessmark: 1
entity: Northbank
system: {id: hot}
controls:
  - {id: AC-ROOM, title: Two people open the safe, task: {every: 1mo}}
  - {id: AC-BARE, title: Words alone}
";

const GOOD: &str = "witnessmark_record: 1
id: REC-1
method: observe
by: Jane Doe
role: auditor
on: 2026-11-20
expires: 2027-11-20
says: supports
text: two people opened the safe
controls: [AC-ROOM]
done_on: 2026-11-19
attachments: [{path: photo.jpg}, {path: ./more/minutes.pdf, private: true}]
";

fn read(bytes: &[u8]) -> ReadForm {
    let loaded = load_one(DECLARED);
    let standards = Standard::shipped().unwrap();
    let against = FormAgainst {
        declaration: &loaded.declaration,
        standards: &standards,
        today: "2026-11-21".parse().unwrap(),
    };
    read_form("observation.yaml", bytes, &against)
}

fn said(text: &str) -> String {
    read(text.as_bytes()).render(false)
}

#[test]
fn a_good_one_is_read() {
    let read = read(GOOD.as_bytes());
    assert_eq!(read.render(false), "");
    let names: Vec<(String, bool)> =
        read.form.attachments.iter().map(|one| (one.name(), one.is_private())).collect();
    assert_eq!(names, [("photo.jpg".to_owned(), false), ("more/minutes.pdf".to_owned(), true)]);
    assert_eq!(read.form.about().len(), 1);
}

/// Every fault at its place, none twice, and nothing stops at the first.
#[test]
fn faults_are_told_at_their_places() {
    insta::assert_snapshot!(said("witnessmark_record: 2
id: REC 1
method: watch
by: Jane Doe
role: auditor
on: 2026-11-22
expires: 2026-11-01
says: maybe
text: ''
requirements: [ccss-9.0:1.05.1.9]
controls: [AC-ROMS, AC-BARE, AC-BARE]
done_on: 2026-11-23
attachments: [{path: ../photo.jpg}, {path: a.txt}, {path: ./a.txt}, {path: observation.yaml}, {file: b.txt}]
colour: blue
"), @"");
}

#[test]
fn a_form_is_about_something_and_filled_in() {
    insta::assert_snapshot!(said(&GOOD.replace("controls: [AC-ROOM]\ndone_on: 2026-11-19\n", "")), @"");
    let template = said(RECORD_TEMPLATE);
    assert_eq!(template.matches("is still to be written").count(), 6, "{template}");
    assert_eq!(template.matches("error[").count(), 6, "{template}");
    let filled = RECORD_TEMPLATE
        .replace("id: change-me", "id: REC-1")
        .replace("[change-me]", "[AC-ROOM]")
        .replace("CHANGE: your name", "Jane Doe")
        .replace("\"CHANGE: 2026-11-30\"", "2026-11-20")
        .replace("\"CHANGE: 2027-11-30\"", "2027-11-20")
        .replace("CHANGE: what", "what");
    assert_eq!(said(&filled), "");
}

#[test]
fn its_schema_says_what_the_reader_does() {
    let schema = record_schema();
    let published = include_str!("../../../../docs/spec/record.schema.json");
    assert_eq!(serde_json::to_string_pretty(&schema).unwrap() + "\n", published, "write it anew: cargo xtask generate");
    let validator = validator_for(&schema).unwrap();
    for (from, to, good) in [
        ("", "", true),
        ("method: observe", "method: watch", false),
        ("role: auditor", "role: Auditor", false),
        ("says: supports", "says: maybe", false),
        ("by: Jane Doe\n", "", false),
        ("id: REC-1", "id: REC 1", false),
        ("on: 2026-11-20", "on: 20.11.2026", false),
        ("witnessmark_record: 1", "witnessmark_record: 2", false),
        ("private: true", "private: yes", false),
        ("controls: [AC-ROOM]", "controls: AC-ROOM", false),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_eq!(!read(text.as_bytes()).has_errors(), good, "{text}");
        assert_eq!(validator.is_valid(&diagnose::to_json(&text).unwrap()), good, "{text}");
    }
}

proptest! {
    /// Whatever is written, the answer is a form or diagnostics.
    #[test]
    fn nothing_panics(at in 0..GOOD.len(), take in 0..9_usize, put in "[\\PC\\n]{0,6}") {
        let mut bytes = GOOD.as_bytes().to_vec();
        let end = (at + take).min(bytes.len());
        bytes.splice(at..end, put.into_bytes());
        let read = read(&bytes);
        prop_assert_eq!(read.render(false).is_empty(), !read.has_errors());
    }
}

#[test]
fn what_is_no_text_or_too_long_is_refused() {
    assert!(read(b"id: \xff").render(false).contains("it is not UTF-8"));
    let long = vec![b'#'; diagnose::yaml::MAX_FILE + 1];
    assert!(read(&long).render(false).contains("and a form at most"));
}
