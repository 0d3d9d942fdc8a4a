//! One spelling: statements, statement files, envelopes and trust files are read back exactly, and
//! everything that is spelled otherwise or contradicts itself is refused.

use crate::common::{Ledger, ORIGIN, public};
use model::{Digest, RecordType};
use witnessmark_bundle::limits;
use witnessmark_bundle::sigstore::{CounterSigned, Envelope, SealedStatement, SigstoreError};
use witnessmark_bundle::statement::{Segment, Statement, StatementError, pae};
use witnessmark_bundle::trust::{Range, Role, Trust, TrustError, TrustedKey, TrustedWitness};

type Edit<'a> = &'a dyn Fn(&mut Statement);

fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    for _ in 0..3 {
        ledger.seal();
    }
    ledger
}

fn last(ledger: &Ledger) -> &SealedStatement {
    &ledger.bundles[2].sealed
}

#[test]
fn a_statement_is_spelled_like_this() {
    let ledger = ledger();
    let statement = String::from_utf8(last(&ledger).envelope.statement.clone()).unwrap();
    let parsed = Statement::parse(statement.as_bytes()).unwrap();
    let predicate = &parsed.predicate;
    let expected = format!(
        concat!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","#,
            r#""subject":[{{"name":"leaves.txt","digest":{{"sha256":"{leaves}"}}}},"#,
            r#"{{"name":"records.jsonl","digest":{{"sha256":"{records}"}}}}],"#,
            r#""predicateType":"urn:witnessmark:evidence-bundle:v1","#,
            r#""predicate":{{"kind":"run","bundle":"run-2","entity":"Northbank Custody Ltd","#,
            r#""system":"hot-wallet","tool":{{"version":"0.1.0","sha256":"{tool}"}},"#,
            r#""started":"2026-11-21T10:06:50.120Z","finished":"2026-11-21T10:07:50.120Z","#,
            r#""status":"partial","rehearsal":["clock","replay"],"#,
            r#""challenge":"auditor's <nonce> & ä","#,
            r#""records":{{"hash":"rfc6962-sha256","count":8,"root":"{root}","#,
            r#""segments":[{{"t":"run","first":0,"count":1}},{{"t":"exchange","first":1,"count":2}},"#,
            r#"{{"t":"body","first":3,"count":2}},{{"t":"gap","first":5,"count":3}}]}},"#,
            r#""summary":{{"conforms":0,"deviates":0,"undetermined":0,"not_applicable":0,"#,
            r#""accepted":0,"gaps":3}},"#,
            r#""chain":{{"origin":"northbank.example/hot-wallet","index":2,"prior_size":2,"#,
            r#""prior_root":"{prior}","previous_statement":"{previous}","every_seconds":86400}}}}}}"#
        ),
        leaves = Digest::of(&ledger.bundles[2].leaves),
        records = Digest::of(&ledger.bundles[2].records),
        tool = Digest::of(b"program"),
        root = predicate.records.root,
        prior = ledger.bundles[1].sealed.position.root,
        previous = ledger.bundles[1].sealed.envelope.statement_sha256(),
    );
    assert_eq!(statement, expected);
    assert!(pae(statement.as_bytes()).len() < 1700);
    let first = Statement::parse(&ledger.bundles[0].sealed.envelope.statement).unwrap();
    assert_eq!(first.predicate.chain.previous_statement, None);
}

/// The example of the DSSE specification, with this format's payload type.
#[test]
fn the_pre_authentication_encoding() {
    assert_eq!(pae(b"hello world"), b"DSSEv1 28 application/vnd.in-toto+json 11 hello world");
}

#[test]
fn other_spellings_of_a_statement_are_refused() {
    let ledger = ledger();
    let good = String::from_utf8(last(&ledger).envelope.statement.clone()).unwrap();
    for (from, to) in [
        (r#","status""#, r#", "status""#),
        (r#""count":8"#, r#""count":8.0"#),
        (r#""count":8"#, r#""count":8e0"#),
        (r#""count":8"#, r#""count":08"#),
        (r#""count":8"#, r#""count":8,"count":8"#),
        (r#""status":"partial""#, r#""status":"parti\u0061l""#),
        (r#""status":"partial""#, r#""status":"Partial""#),
        (r#""status":"partial""#, r#""status":"partial","more":1"#),
        (r#""kind":"run","bundle":"run-2""#, r#""bundle":"run-2","kind":"run""#),
        (r#""every_seconds":86400"#, r#""every_seconds":null"#),
        ("ä", r"\u00e4"),
        ("10:06:50.120Z", "10:06:50.12Z"),
        ("evidence-bundle:v1", "evidence-bundle:v2"),
        ("Statement/v1", "Statement/v0.1"),
        ("leaves.txt", "leaves.csv"),
        ("{\"_type\"", " {\"_type\""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(Statement::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    for at in 0..good.len() {
        assert!(Statement::parse(&good.as_bytes()[..at]).is_err());
    }
    assert!(Statement::parse(format!("{good}\n").as_bytes()).is_err());
}

#[test]
fn a_statement_agrees_with_itself() {
    let ledger = ledger();
    let good = Statement::parse(&last(&ledger).envelope.statement).unwrap();
    let segment = |t, first, count| Segment { t, first, count };
    let edits: [(&str, Edit<'_>); 24] = [
        ("bundle", &|s| s.predicate.bundle.clear()),
        ("entity", &|s| s.predicate.entity = "x".repeat(257)),
        ("system", &|s| s.predicate.system = "a\nb".into()),
        ("challenge", &|s| {
            s.predicate.challenge = Some(String::new());
        }),
        ("finished", &|s| {
            std::mem::swap(&mut s.predicate.started, &mut s.predicate.finished);
        }),
        ("rehearsal", &|s| s.predicate.rehearsal.reverse()),
        ("rehearsal", &|s| {
            let first = s.predicate.rehearsal[0];
            s.predicate.rehearsal.insert(0, first);
        }),
        ("records.hash", &|s| s.predicate.records.hash = "x".into()),
        ("records.count", &|s| s.predicate.records.count = 0),
        ("records.segments", &|s| s.predicate.records.count = 9),
        ("records.segments", &|s| {
            s.predicate.records.segments[1].first = 2;
        }),
        ("records.segments", &|s| {
            s.predicate.records.segments[1].count = u64::MAX;
        }),
        ("records.segments", &|s| {
            s.predicate.records.segments.reverse();
        }),
        ("records.segments", &|s| {
            s.predicate.records.segments[0] = segment(RecordType::Host, 0, 1);
        }),
        ("records.segments", &|s| {
            s.predicate.records.segments.insert(1, segment(RecordType::Host, 1, 0));
        }),
        ("summary", &|s| s.predicate.summary.conforms = 1),
        ("summary.gaps", &|s| s.predicate.summary.gaps = 2),
        ("summary.accepted", &|s| s.predicate.summary.accepted = 1),
        ("chain.index", &|s| s.predicate.chain.index = 1 << 40),
        ("chain.prior_size", &|s| s.predicate.chain.prior_size = 1),
        ("chain.previous_statement", &|s| {
            s.predicate.chain.previous_statement = None;
        }),
        ("chain.prior_root", &|s| {
            s.predicate.chain.index = 0;
            s.predicate.chain.prior_size = 0;
            s.predicate.chain.previous_statement = None;
        }),
        ("chain.every_seconds", &|s| {
            s.predicate.chain.every_seconds = Some(0);
        }),
        ("chain.origin", &|s| s.predicate.chain.origin = "a b".into()),
    ];
    for (expected, edit) in edits {
        let mut bad = good.clone();
        edit(&mut bad);
        match bad.render() {
            Err(StatementError::Field { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

/// Where a verifier keeps something of each record, their number is bounded, and the statement says it before one is read.
#[test]
fn types_of_which_something_is_kept_are_bounded() {
    let ledger = ledger();
    let good = Statement::parse(&last(&ledger).envelope.statement).unwrap();
    for t in RecordType::ALL.into_iter().filter(|t| limits::records_max(*t) < limits::RECORDS_MAX) {
        let of = |count: u64| {
            let mut statement = good.clone();
            let run = Segment { t: RecordType::Run, first: 0, count: 1 };
            statement.predicate.records.segments = vec![run, Segment { t, first: 1, count }];
            statement.predicate.records.count = count + 1;
            statement.predicate.summary = witnessmark_bundle::statement::Summary::default();
            statement.render()
        };
        assert!(of(limits::records_max(t)).is_ok(), "{t}");
        assert!(
            matches!(of(limits::records_max(t) + 1), Err(StatementError::Field { field: "records.segments", .. })),
            "{t}"
        );
    }
}

#[test]
fn what_is_signed_stays_below_4096_bytes() {
    let ledger = ledger();
    let mut statement = Statement::parse(&last(&ledger).envelope.statement).unwrap();
    // Everything as long as it may be still fits: names, all types, largest numbers.
    statement.predicate.entity = "e".repeat(256);
    statement.predicate.system = "s".repeat(256);
    statement.predicate.bundle = "b".repeat(256);
    statement.predicate.challenge = Some("c".repeat(256));
    statement.predicate.tool.version = "v".repeat(256);
    statement.predicate.chain.origin = "o".repeat(256);
    let mut first = 0;
    statement.predicate.records.segments = RecordType::ALL
        .into_iter()
        .map(|t| {
            let count = if t == RecordType::Run { 1 } else { limits::records_max(t).min(10_000_000) };
            let segment = Segment { t, first, count };
            first += count;
            segment
        })
        .collect();
    statement.predicate.records.count = first;
    statement.predicate.summary.gaps = 10_000_000;
    statement.predicate.summary.conforms = 10_000_000;
    let bytes = statement.render().unwrap();
    assert!(pae(&bytes).len() < 4096, "{}", pae(&bytes).len());

    // Characters that are escaped can make it too long: an error, never a longer statement.
    statement.predicate.entity = "\"".repeat(256);
    statement.predicate.system = "\"".repeat(256);
    statement.predicate.bundle = "\"".repeat(256);
    statement.predicate.challenge = Some("\"".repeat(256));
    assert!(matches!(statement.render(), Err(StatementError::TooLong { length: 4096.. })));
}

#[test]
fn every_changed_byte_of_the_file_is_seen() {
    let ledger = ledger();
    let sealed = last(&ledger);
    let good = sealed.render();
    assert_eq!(SealedStatement::parse(good.as_bytes()).as_ref(), Ok(sealed));
    for at in 0..good.len() {
        for change in [1_u8, 0x20, 0x80] {
            let mut bad = good.clone().into_bytes();
            bad[at] ^= change;
            // Read at all, it says something else, which signatures and proofs then refuse.
            if let Ok(other) = SealedStatement::parse(&bad) {
                assert_ne!(&other, sealed, "byte {at}");
            }
        }
    }
    for bad in [
        good.replacen(':', ": ", 1),
        format!("{good}\n"),
        good.replacen(r#""integratedTime":"1""#, r#""integratedTime":"2""#, 1),
        good.replacen(r#""integratedTime":"1""#, r#""integratedTime":1"#, 1),
        good.replacen(r#"{"sig":"#, r#"{"keyid":"","sig":"#, 1),
        good.replacen(r#""logIndex":"2""#, r#""logIndex":"02""#, 1),
        good.replacen(r#""logIndex":"2""#, r#""logIndex":"+2""#, 1),
        good.replacen(r#""logIndex":"2""#, r#""logIndex":"1""#, 1),
    ] {
        assert_ne!(bad, good);
        assert!(SealedStatement::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    let two = {
        let at = good.find(r#""signatures":["#).unwrap() + 14;
        let end = good[at..].find(']').unwrap() + at;
        format!("{},{}{}", &good[..end], &good[at..end], &good[end..])
    };
    assert_eq!(SealedStatement::parse(two.as_bytes()), Err(SigstoreError::NotOne("signatures")));
}

#[test]
fn envelopes_and_counter_signatures_are_read_back() {
    let ledger = ledger();
    let envelope = last(&ledger).envelope.clone();
    let text = envelope.render();
    assert_eq!(Envelope::parse(text.as_bytes()), Ok(envelope.clone()));
    assert!(Envelope::parse(format!("{text}\n").as_bytes()).is_err());
    let signed = CounterSigned { envelope, signer_id: public(&ledger.collector).id() };
    let text = signed.render();
    assert_eq!(CounterSigned::parse(text.as_bytes()), Ok(signed));
    assert!(CounterSigned::parse(last(&ledger).render().as_bytes()).is_err());
}

#[test]
fn trust_says_who_may_sign_what() {
    let ledger = ledger();
    let (log, collector) = (public(&ledger.log), public(&ledger.collector));
    let mut trust = Trust::new(ORIGIN, log, collector).unwrap();
    let text = trust.render().unwrap();
    assert_eq!(Trust::parse(text.as_bytes()).as_ref(), Ok(&trust));
    assert!(trust.allows(&collector, Role::Run, 0));
    assert!(!trust.allows(&collector, Role::Record, 0));
    assert!(!trust.allows(&log, Role::Run, 0));
    assert!(trust.allows_head(1) && !trust.allows_head(0));
    trust.keys[0].indices = Range { from: 3, to: Some(5) };
    assert!(!trust.allows(&collector, Role::Run, 2));
    assert!(trust.allows(&collector, Role::Run, 5));
    assert!(!trust.allows(&collector, Role::Run, 6));

    let edits: [&dyn Fn(&mut Trust); 9] = [
        &|trust| trust.witnessmark_trust = 2,
        &|trust| trust.ledger.origin = "a b".into(),
        &|trust| trust.ledger.sizes.to = Some(0),
        &|trust| trust.keys[0].indices.to = Some(2),
        &|trust| trust.keys[0].spki = trust.ledger.spki,
        &|trust| {
            let mut again = trust.keys[0].clone();
            again.indices.from = 5;
            trust.keys.push(again);
        },
        // One key, one role: also where it leaves the one before it takes the other.
        &|trust| {
            let again = TrustedKey { role: Role::Approve, ..trust.keys[0].clone() };
            trust.keys.push(TrustedKey { indices: Range::from(9), ..again });
        },
        &|trust| trust.witnesses.push(TrustedWitness { name: "w".into(), spki: trust.keys[0].spki }),
        &|trust| trust.witnesses.push(TrustedWitness { name: "w".into(), spki: trust.ledger.spki }),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut bad = trust.clone();
        edit(&mut bad);
        let bad = bad.render().unwrap();
        assert!(Trust::parse(bad.as_bytes()).is_err(), "edit {number}");
    }
    for bad in [
        text.replacen("\"keys\"", "\"keys\": [], \"keys\"", 1),
        text.replacen("\"tsa\"", "\"more\": 1, \"tsa\"", 1),
        text.replacen("\"run\"", "\"admin\"", 1),
        text.replacen("MCow", "MCox", 1),
    ] {
        assert!(matches!(Trust::parse(bad.as_bytes()), Err(TrustError::Json(_))), "{bad}");
    }

    // Every role beside every other one, whichever comes first.
    for [one, other] in [[Role::Run, Role::Approve], [Role::Approve, Role::Record], [Role::Record, Role::Run]] {
        let keys = |first, second| {
            vec![TrustedKey::from_now_on(collector, first, 0), TrustedKey::from_now_on(collector, second, 0)]
        };
        for keys in [keys(one, other), keys(other, one)] {
            let two = Trust { keys, ..Trust::new(ORIGIN, log, collector).unwrap() }.render().unwrap();
            let refused = Trust::parse(two.as_bytes()).unwrap_err();
            assert!(matches!(refused, TrustError::TwoRoles { id, .. } if id == collector.id()), "{refused}");
            // White space and escapes are free in this file: the key is compared, not its text.
            let escaped = two.replacen("\"MCow", "\"\\u004dCow", 1).replace('\n', " ");
            assert_eq!(Trust::parse(escaped.as_bytes()).unwrap_err(), refused);
        }
    }
}
