//! The HTML report: what stands at its top and at the foot of each sheet, a person's record, and who reaches keys and wallets.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use bundle::trust::{Holder, Role};
use model::RecordType;
use model::record::{ActsFor, Override};
use serde_json::{Value, json};
use workspace_tests::pages::{HOSTILE, page_of, page_under};
use workspace_tests::sealed::{Book, Story};

use crate::html_report::{CHAIN, Html, joined, judged, page, section};

/// A person's record after one run, as a page; `holder` is what the trust file says of whoever signed it.
fn recorded(holder: Option<(&str, ActsFor)>, change: impl FnOnce(&mut serde_json::Value)) -> Html {
    let mut book = Book::of(1);
    let mut story = Story::recorded(1);
    story.change(RecordType::Recorded, 0, change);
    book.seal(story);
    let mut trust = book.trust();
    let key = trust.keys.iter_mut().find(|key| key.role == Role::Record).unwrap();
    key.holder = holder.map(|(name, acts_for)| Holder { name: name.to_owned(), acts_for });
    Html::read(&page_under(&trust, &book.exported(1)).html)
}

#[test]
fn a_persons_record_is_a_page_of_its_own() {
    let html = recorded(Some(("Jane Doe", ActsFor::Auditor)), |_| {});
    html.holds_together();
    let person = section(&html, "person");
    for words in [
        "REC-1",
        "supports",
        "control AC-ROOM",
        "observe: they watched people do it",
        "2026-11-22",
        "Task done on2026-11-21",
        "2027-11-22",
        "Jane Doe, who says that they: acts as an auditor",
        "Jane Doe, acts as an auditor (the trust file says so); key ",
        "an auditor's: it covers the method `observe`",
        "two people opened the safe, each with a key of their own",
    ] {
        assert!(person.contains(words), "`{words}`: {person}");
    }
    let attachments = section(&html, "attachments");
    assert!(attachments.contains(&model::Digest::of(b"notes").to_string()), "{attachments}");
    assert!(attachments.contains("its digest alone: ask for the file") && attachments.contains("whole, declaration:1"));
    assert!(section(&html, "form").contains("observation.yaml"));
    // Nothing of a run that was not one.
    for words in ["conform", "things are declared", "Control by control", "Undetermined"] {
        assert!(!html.text.contains(words), "`{words}`");
    }
}

#[test]
fn only_the_trust_file_makes_an_auditor() {
    let unnamed = section(&recorded(None, |_| {}), "person");
    assert!(unnamed.contains("the trust file names nobody"), "{unnamed}");
    assert!(unnamed.contains("material for the method `observe`, which it does not cover"), "{unnamed}");
    let other = section(&recorded(Some(("Bo", ActsFor::Entity)), |_| {}), "person");
    assert!(other.contains("Bo, acts for the entity") && other.contains("the trust file says otherwise"), "{other}");
    let against = recorded(Some(("Jane Doe", ActsFor::Auditor)), |v| v["says"] = json!("contradicts"));
    assert!(section(&against, "person").contains("contradicts"));
    assert!(against.whole.contains("class=\"mark deviates\""));
}

#[test]
fn what_a_person_wrote_never_becomes_markup() {
    let hostile = HOSTILE.replace('\u{202e}', "");
    let html = recorded(Some((&hostile, ActsFor::Auditor)), |v| {
        v["by"] = json!(hostile);
        v["text"] = json!(hostile);
    });
    html.holds_together();
    assert!(section(&html, "person").contains("</pre></code></script><script>"));
}

#[test]
fn a_withheld_record_is_said() {
    let mut book = Book::of(1);
    book.seal(Story::recorded(1));
    let html = Html::read(&page_of(&book, &book.redacted(1, |_, kind, _| kind == RecordType::Recorded)).html);
    html.holds_together();
    assert!(html.text.contains("What the person recorded is withheld in this copy."));
    assert!(!html.text.contains("opened the safe"));
}

#[test]
fn the_top_and_every_sheet_say_which_bundle_it_is() {
    let mut story = judged(CHAIN).rehearsed(&[Override::Replay]);
    story.change(RecordType::Assignment, 0, |used| used["parameters"] = json!({"max_days": 400}));
    let html = page(story);
    html.holds_together();
    let (top, _) = html.text.split_once("Made from a bundle").unwrap();
    for words in [
        "bundle 0 of ledger ",
        "level 1 of ccss-9.0",
        "a bundle every day",
        "findings: parameters weaker than by default",
        "Withheld\nnothing",
        "a rehearsal, not evidence",
    ] {
        assert!(top.contains(words), "`{words}`: {top}");
    }
    let foot = &html.code["style"][1];
    for words in ["bundle 0 of ledger", "level 1 of ccss", "every day", "withheld\\3a  nothing", "A REHEARSAL"] {
        assert!(foot.contains(words), "`{words}`: {foot}");
    }
    // Long names cut off nothing that is always said.
    let mut long = judged(CHAIN).rehearsed(&[Override::Replay]);
    long.metadata.entity = "Northbank ".repeat(20).trim_end().to_owned();
    let html = page(long);
    let foot = &html.code["style"][1];
    for words in ["A REHEARSAL", "Northbank", "bundle 0 of ledger", "2026\\2d 11\\2d ", "withheld\\3a  nothing"] {
        assert!(foot.contains(words), "`{words}`: {foot}");
    }
    // A hostile name stays a string of CSS.
    let mut hostile = Story::usual(0);
    hostile.metadata.entity = "x\"}</style><script>alert(1)</script>".to_owned();
    page(hostile).holds_together();
}

#[test]
fn keys_that_the_same_people_reach_stand_in_one_row() {
    let reach = |key: &str, who: &str| {
        json!({"declared": [{"id": key, "holders": []}], "everyone": true, "entries": [
            {"who": {"kind": "role", "name": who}, "does": ["use"], "may": "yes"},
            {"who": {"kind": "anyone", "name": "anyone"}, "does": ["use"], "may": "undetermined"}]})
    };
    let html = page(joined(
        judged(CHAIN),
        &[
            ("joined/reach", "arn:hot", reach("hot-key", "arn:signer")),
            ("joined/reach", "arn:spare", reach("spare", "arn:signer")),
        ],
    ));
    html.holds_together();
    let keys = section(&html, "keys");
    let (_, table) = keys.split_once("Who reaches the keys").unwrap();
    assert!(table.contains("2 keyshot-key, spare"), "{table}");
    assert_eq!(table.matches("role arn:signer").count(), 1, "{table}");
    assert!(table.contains("? anyone, undetermined"), "{table}");
    assert!(keys.contains("used by 1, ? 1 undetermined"), "{keys}");

    // A key of which nobody found out who reaches it is not left out.
    let unread = json!({"declared": [{"id": "spare", "holders": []}], "everyone": null, "entries": null});
    let all = [("joined/reach", "arn:hot", reach("hot-key", "arn:signer")), ("joined/reach", "arn:spare", unread)];
    let keys = section(&page(joined(judged(CHAIN), &all)), "keys");
    let (_, table) = keys.split_once("Who reaches the keys").unwrap();
    let (_, of_spare) = table.split_once("1 keyspare").unwrap();
    assert!(of_spare.trim_start().starts_with("? undetermined"), "{table}");
}

#[test]
fn those_who_reach_several_keys_in_one_way_are_among_those_who_reach_each() {
    let role = |name: &str| json!({"who": {"kind": "role", "name": name}, "does": ["use"], "may": "yes"});
    let common =
        json!({"account": "1", "keys": ["arn:hot", "arn:spare"], "entries": [role("arn:signer"), role("arn:payer")]});
    let reach = |key: &str, own: &[Value], except: Value| {
        let refers = json!({"of": "1", "people": 2, "except": except});
        json!({"declared": [{"id": key, "holders": []}], "everyone": true, "entries": own, "common": refers})
    };
    let hot = ("joined/reach", "arn:hot", reach("hot-key", &[role("arn:eve")], json!([])));
    let other = json!([{"kind": "role", "name": "arn:payer"}]);
    let spare = ("joined/reach", "arn:spare", reach("spare", &[], other));
    let keys = |all: &[(&str, &str, Value)]| section(&page(joined(judged(CHAIN), all)), "keys");
    let whole = keys(&[("joined/common-reach", "1", common), hot.clone(), spare.clone()]);
    let (_, table) = whole.split_once("Who reaches the keys").unwrap();
    assert!(table.contains("role arn:eve, role arn:payer, role arn:signer"), "{table}");
    assert_eq!((table.matches("arn:payer").count(), table.matches("arn:signer").count()), (1, 2), "{table}");
    assert!(whole.contains("used by 3") && whole.contains("used by 1"), "{whole}");
    assert!(!whole.contains("perhaps others"), "{whole}");
    // Where the list is not there, who is in it is not known.
    let keys = keys(&[hot, spare]);
    assert_eq!(keys.matches("not all was read: perhaps others too").count(), 2, "{keys}");
}

#[test]
fn who_alone_has_enough_keys_of_a_wallet_is_shown() {
    let text = CHAIN.replace(
        "wallets: [{id: hot,",
        "wallets: [{id: cold, title: Cold coins, signatures: {needed: 1, of: 1}}, {id: open, title: Others}, {id: hot,",
    );
    let facts = json!({"needed": 2, "keys": ["hot-key", "spare"], "unseen": ["spare"],
        "alone": [{"kind": "holder", "name": "kh-ada", "keys": ["hot-key", "spare"]}]});
    let html = page(joined(judged(&text), &[("joined/wallet", "hot", facts)]));
    html.holds_together();
    let keys = section(&html, "keys");
    for words in [
        "✗ holder kh-ada by hot-key, spare",
        "? who else: undetermined",
        "? only the declared holders are known of spare",
        "one signature is enough",
        "how many signatures are needed is not declared",
    ] {
        assert!(keys.contains(words), "`{words}`: {keys}");
    }
}
