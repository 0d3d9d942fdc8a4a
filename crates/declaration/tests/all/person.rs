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
    let against =
        FormAgainst { declaration: &loaded.declaration, standards: &standards, today: "2026-11-21".parse().unwrap() };
    read_form("observation.yaml", bytes, &against)
}

fn said(text: &str) -> String {
    read(text.as_bytes()).render(false)
}

#[test]
fn a_good_one_is_read() {
    let read = read(GOOD.as_bytes());
    assert_eq!(read.render(false), "");
    let names: Vec<(String, bool)> = read.form.attachments.iter().map(|one| (one.name(), one.is_private())).collect();
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
"), @r#"
    error[bad-value]: the form is of version 2, and this program reads version 1
     --> observation.yaml:1:21
      |
    1 | witnessmark_record: 2
      |                     ^
      |
      = help: a newer `witnessmark` may read it

    error[bad-value]: `REC 1` is not an id: letters, digits, `.`, `_` and `-`, the first a letter or digit, at most 128
     --> observation.yaml:2:5
      |
    2 | id: REC 1
      |     ^^^^^

    error[bad-value]: unknown word `watch`
     --> observation.yaml:3:9
      |
    3 | method: watch
      |         ^^^^^
      |
      = help: one of: `review`, `inspect`, `observe`, `interview`

    error[bad-value]: 2026-11-22 is after today, 2026-11-21 (UTC)
     --> observation.yaml:6:5
      |
    6 | on: 2026-11-22
      |     ^^^^^^^^^^
      |
      = help: a record is of what was seen already

    error[bad-value]: it expired before today, 2026-11-21 (UTC)
     --> observation.yaml:7:10
      |
    7 | expires: 2026-11-01
      |          ^^^^^^^^^^

    error[bad-value]: unknown word `maybe`
     --> observation.yaml:8:7
      |
    8 | says: maybe
      |       ^^^^^
      |
      = help: one of: `supports`, `contradicts`

    error[bad-value]: the text is empty
     --> observation.yaml:9:7
      |
    9 | text: ''
      |       ^^

    error[unknown-reference]: `ccss-9.0` has no requirement `1.05.1.9`
      --> observation.yaml:10:16
       |
    10 | requirements: [ccss-9.0:1.05.1.9]
       |                ^^^^^^^^^^^^^^^^^
       |
       = help: did you mean `1.05.1.1`?

    error[unknown-reference]: the declaration has no control `AC-ROMS`
      --> observation.yaml:11:12
       |
    11 | controls: [AC-ROMS, AC-BARE, AC-BARE]
       |            ^^^^^^^
       |
       = help: did you mean `AC-ROOM`?

    error[bad-value]: control `AC-BARE` has no task that could have been done
      --> observation.yaml:11:21
       |
    11 | controls: [AC-ROMS, AC-BARE, AC-BARE]
       |                     ^^^^^^^
    12 | done_on: 2026-11-23
       |          ---------- done

    error[duplicate-id]: control `AC-BARE` is named twice
      --> observation.yaml:11:30
       |
    11 | controls: [AC-ROMS, AC-BARE, AC-BARE]
       |                              ^^^^^^^

    error[bad-value]: control `AC-BARE` has no task that could have been done
      --> observation.yaml:11:30
       |
    11 | controls: [AC-ROMS, AC-BARE, AC-BARE]
       |                              ^^^^^^^
    12 | done_on: 2026-11-23
       |          ---------- done

    error[bad-value]: it was done after it was seen
      --> observation.yaml:12:10
       |
     6 | on: 2026-11-22
       |     ---------- seen
    ...
    12 | done_on: 2026-11-23
       |          ^^^^^^^^^^

    error[bad-value]: only the task of a control is done on a day
      --> observation.yaml:12:10
       |
    10 | requirements: [ccss-9.0:1.05.1.9]
       |                ----------------- a requirement that it is about
    11 | controls: [AC-ROMS, AC-BARE, AC-BARE]
    12 | done_on: 2026-11-23
       |          ^^^^^^^^^^

    error[bad-value]: `../photo.jpg` leaves the form's folder
      --> observation.yaml:13:22
       |
    13 | attachments: [{path: ../photo.jpg}, {path: a.txt}, {path: ./a.txt}, {path: observation.yaml}, {file: b.txt}]
       |                      ^^^^^^^^^^^^

    error[duplicate-id]: `a.txt` is attached twice
      --> observation.yaml:13:59
       |
    13 | attachments: [{path: ../photo.jpg}, {path: a.txt}, {path: ./a.txt}, {path: observation.yaml}, {file: b.txt}]
       |                                                           ^^^^^^^

    error[duplicate-id]: the form itself is sealed with the record
      --> observation.yaml:13:76
       |
    13 | attachments: [{path: ../photo.jpg}, {path: a.txt}, {path: ./a.txt}, {path: observation.yaml}, {file: b.txt}]
       |                                                                            ^^^^^^^^^^^^^^^^

    error[unknown-key]: unknown key `file`
      --> observation.yaml:13:96
       |
    13 | attachments: [{path: ../photo.jpg}, {path: a.txt}, {path: ./a.txt}, {path: observation.yaml}, {file: b.txt}]
       |                                                                                                ^^^^
       |
       = help: known here: `path`, `private`

    error[missing-key]: `path` is missing in this attachment
      --> observation.yaml:13:96
       |
    13 | attachments: [{path: ../photo.jpg}, {path: a.txt}, {path: ./a.txt}, {path: observation.yaml}, {file: b.txt}]
       |                                                                                                ^^^^

    error[unknown-key]: unknown key `colour`
      --> observation.yaml:14:1
       |
    14 | colour: blue
       | ^^^^^^
    "#);
}

#[test]
fn a_form_is_about_something_and_filled_in() {
    insta::assert_snapshot!(said(&GOOD.replace("controls: [AC-ROOM]\ndone_on: 2026-11-19\n", "")), @r#"
    error[missing-key]: it names no requirement and no control that it is about
     --> observation.yaml:1:1
      |
    1 | witnessmark_record: 1
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: name some under `requirements` or `controls`
    "#);
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
        // Other readers of YAML take a plain date for something else than a text.
        let days = ["2026-11-20", "2027-11-20", "2026-11-19"];
        let quoted = days.iter().fold(text.clone(), |text, day| text.replace(day, &format!("\"{day}\"")));
        assert_eq!(validator.is_valid(&diagnose::to_json(&quoted).unwrap()), good, "{text}");
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
