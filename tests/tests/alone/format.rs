//! What `verify` says of sealed bundles: whole ones are accepted, signed lies and other people's
//! bundles are refused with their class.

#![expect(clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use bundle::approval::{Approval, SignedApproval};
use bundle::layout::Entry;
use bundle::read::{FolderSource, TarSource};
use bundle::sigstore::SealedStatement;
use bundle::trust::{Range, Role, Spki, Trust, TrustedKey};
use model::record::{Override, RunStatus};
use model::{Covers, Digest, ExitStatus, RecordType};
use serde_json::{Value, json};
use sign::{Ed25519Signer, Signer as _};
use verify::{Approver, Class, Continuity, Demands, Level, Seen, Unobserved, Verdict};
use workspace_tests::sealed::{Book, Files, ORIGIN, Story, public, tar, unpack};

fn demands(trust: &Trust) -> Demands<'_> {
    Demands::of_evidence(trust)
}

fn verify_with(files: &Files, demands: &Demands<'_>) -> Verdict {
    let bytes = tar(files);
    verify::verify(&mut TarSource::new(bytes.as_slice(), "test"), demands, &mut Unobserved)
}

fn verify(files: &Files, trust: &Trust) -> Verdict {
    verify_with(files, &demands(trust))
}

fn class(verdict: &Verdict) -> Option<Class> {
    verdict.report.problems.first().map(|problem| problem.class)
}

#[track_caller]
fn refused(verdict: &Verdict, expected: Class, message: &str) {
    let first = &verdict.report.problems[0];
    assert_eq!((first.class, verdict.bundle.is_none()), (expected, true), "{}", first.message);
    assert!(first.message.contains(message), "`{}` does not say `{message}`", first.message);
    assert_eq!(verdict.report.exit_code, expected.exit_status());
}

/// Seals this story after two usual ones.
fn sealed(story: Story) -> (Files, Trust) {
    let mut book = Book::of(2);
    book.seal(story);
    (book.exported(2), book.trust())
}

/// A usual run, changed before it is sealed.
fn lie(kind: RecordType, ordinal: usize, change: impl FnOnce(&mut Value)) -> Verdict {
    let mut story = Story::usual(2);
    story.change(kind, ordinal, change);
    let (files, trust) = sealed(story);
    verify(&files, &trust)
}

/// Asked as metadata services are.
fn plain_http(exchange: &mut Value) {
    exchange["endpoint"] = json!("http://169.254.169.254");
    if let Some(members) = exchange.as_object_mut() {
        members.remove("peer");
    }
}

#[test]
fn whole_bundles_are_accepted() {
    let book = Book::of(7);
    let trust = book.trust();
    for index in 0..7 {
        for files in [book.files(index), book.exported(index)] {
            let verdict = verify(&files, &trust);
            assert_eq!(class(&verdict), None, "{:?}", verdict.report.problems);
            assert_eq!(verdict.bundle.unwrap().level(), Level::Position);
            let records = verdict.report.records.unwrap();
            assert_eq!((records.count, records.withheld, records.raw_files), (31, 0, 4));

            let folder = tempfile::tempdir().unwrap();
            unpack(&files, folder.path());
            let mut source = FolderSource::new(folder.path());
            let verdict = verify::verify(&mut source, &demands(&trust), &mut Unobserved);
            assert_eq!(class(&verdict), None, "{:?}", verdict.report.problems);
        }
    }
}

#[test]
fn rehearsals_and_failed_runs_are_only_taken_when_asked_for() {
    let (files, trust) = sealed(Story::usual(2).rehearsed(&[Override::Clock, Override::Replay]));
    refused(&verify(&files, &trust), Class::Rehearsal, "a set clock, recorded answers");
    let allow = Demands { allow_rehearsal: true, ..demands(&trust) };
    assert!(verify_with(&files, &allow).bundle.is_some());

    let (files, trust) = sealed(Story::usual(2).failed());
    refused(&verify(&files, &trust), Class::FailedRun, "a run that failed");
    let allow = Demands { allow_failed: true, ..demands(&trust) };
    assert!(verify_with(&files, &allow).bundle.is_some());
}

#[test]
fn what_was_verified_may_be_sealed_anew_with_its_own_statement_only() {
    let book = Book::of(3);
    let trust = book.trust();
    let before = verify(&book.files(1), &trust).bundle.unwrap();
    let good = book.bundles[1].statement.clone();
    let again = |sealed: &SealedStatement, trust: &Trust| {
        verify::sealed_anew(&before, sealed.render().as_bytes(), trust).map_err(|problem| problem.class())
    };
    assert_eq!(again(&good, &trust), Ok(before.clone()));
    assert_eq!(again(&book.bundles[2].statement, &trust), Err(Class::Altered));

    let mut altered = good.clone();
    altered.envelope.signature[0] ^= 1;
    assert_eq!(again(&altered, &trust), Err(Class::Signature));
    let mut moved = good.clone();
    moved.position = book.bundles[2].statement.position.clone();
    assert_eq!(again(&moved, &trust), Err(Class::Position));
    let mut other = trust.clone();
    other.keys.retain(|key| key.role == Role::Record);
    assert_eq!(again(&good, &other), Err(Class::UnknownKey));
    let mut foreign = trust;
    foreign.ledger.origin = "other.example/ledger".into();
    assert_eq!(again(&good, &foreign), Err(Class::UnknownKey));
}

#[test]
fn a_complete_run_has_nothing_that_was_not_read() {
    let mut story = Story::usual(2);
    story.metadata.status = RunStatus::Complete;
    story.change(RecordType::Run, 0, |run| run["status"] = json!("complete"));
    let (files, trust) = sealed(story);
    refused(&verify(&files, &trust), Class::Contradiction, "says that it is complete");
}

#[test]
fn anchors_are_not_passed_over() {
    let book = Book::of(2);
    let mut files = book.exported(1);
    files.insert(Entry::Anchor(2, "token.tsr".to_owned()), b"anything".to_vec());
    refused(&verify(&files, &book.trust()), Class::Unsupported, "does not verify anchors");
}

#[test]
fn an_approver_is_shown_by_a_trusted_signature_over_what_was_accepted_and_claimed_otherwise() {
    let approver = Ed25519Signer::from_seed(&[71; 32]);
    let stranger = Ed25519Signer::from_seed(&[72; 32]);
    let always = Range::from(0);
    let judged = |story: Story, indices: Range| {
        let mut book = Book::of(2);
        book.seal(story);
        let verdict = verify(&book.exported(2), &book.trust_with(&approver, indices));
        let bundle = verdict.bundle.unwrap_or_else(|| panic!("{:?}", verdict.report.problems));
        assert_eq!(bundle.acceptances(), verdict.report.acceptances);
        let [one] = bundle.acceptances() else { panic!("{:?}", bundle.acceptances()) };
        assert_eq!((one.id.as_deref(), one.covered), (Some("AC-7"), 1));
        one.clone()
    };
    let usual = || Story::usual(2);

    let shown = judged(usual().approved(&approver, |_| {}), always);
    assert_eq!(shown.approver, Approver::Shown, "{shown:?}");
    assert_eq!(shown.approved_by.as_deref(), Some("Chief Information Security Officer"));
    assert_eq!(shown.key, Some(Digest::of(&approver.public_spki_der())));

    let claimed = |story: Story, indices: Range, because: &str| {
        let one = judged(story, indices);
        assert_eq!((one.approver, one.key, one.approved_by), (Approver::Claimed, None, None), "{because}");
        assert!(one.because.contains(because), "{}", one.because);
    };
    claimed(usual(), always, "no signature of it");
    claimed(usual().approved(&stranger, |_| {}), always, "not signed by a key");
    claimed(usual().approved(&approver, |_| {}), Range { from: 0, to: Some(1) }, "at this index");

    // A record that names a signed text which says otherwise is false, whoever signed it.
    let otherwise = |change: &dyn Fn(&mut Approval)| {
        let mut book = Book::of(2);
        book.seal(usual().approved(&approver, change));
        let verdict = verify(&book.exported(2), &book.trust_with(&approver, always));
        refused(&verdict, Class::Contradiction, "says otherwise");
    };
    otherwise(&|a| a.id = "AC-8".into());
    otherwise(&|a| a.entity = "Southbank".into());
    otherwise(&|a| a.system = "cold-wallet".into());
    otherwise(&|a| a.reason = "because".into());
    otherwise(&|a| a.approved_by = "somebody".into());
    otherwise(&|a| a.approved = "2021-01-01".into());
    otherwise(&|a| a.expires = "2098-12-31".into());
    otherwise(&|a| {
        let Covers::Deviation { target, .. } = &mut a.covers else { panic!("a deviation") };
        *target = Some("aws-prod".into());
    });
    let mut gone = usual().approved(&approver, |_| {});
    gone.change(RecordType::Acceptance, 0, |record| record["payload"] = json!(Digest::of(b"another text")));
    let (files, trust) = sealed(gone);
    refused(&verify(&files, &trust), Class::Contradiction, "no declared file has the signed text");
    // The collector's own key approves nothing, nor does the ledger's or a person's who records.
    let book = Book::of(1);
    claimed(usual().approved(&book.collector, |_| {}), always, "whose role is `run`: a key has one role");
    claimed(usual().approved(&book.log, |_| {}), always, "whose role is `ledger`: a key has one role");
    claimed(usual().approved(&book.recorder, |_| {}), always, "whose role is `record`: a key has one role");
    // Of two who signed the same words one may be a stranger.
    for signed in [[&approver, &stranger], [&stranger, &approver]] {
        let mut story = usual().approved(signed[0], |_| {});
        let second = usual().approved(signed[1], |_| {}).raw[&0].clone();
        story.declared("acceptances/AC-7.also", second);
        assert_eq!(judged(story, always).approver, Approver::Shown);
    }
}

/// An approval is of what was behind the ids when it was given. What came in its place since was approved by nobody.
#[test]
fn an_approval_does_not_cover_what_came_in_the_place_of_what_was_approved() {
    let approver = Ed25519Signer::from_seed(&[71; 32]);
    let judged = |story: Story| {
        let mut book = Book::of(2);
        book.seal(story);
        let verdict = verify(&book.exported(2), &book.trust_with(&approver, Range::from(0)));
        assert!(verdict.report.accepted, "claimed is not refused: {:?}", verdict.report.problems);
        verdict.report.acceptances[0].clone()
    };
    let approved = || Story::usual(2).approved(&approver, |_| {});
    assert_eq!(judged(approved()).approver, Approver::Shown);
    // What the run used beside it is no matter of this approval.
    let mut others = approved();
    others.change(RecordType::Assignment, 0, |used| used["parameters"] = json!({"max_days": 400}));
    others.change(RecordType::Host, 0, |host| {
        let other = json!({"target": "aws-dev", "collector": "aws-kms", "caller": "me", "found": "444455556666"});
        let of = host["identities"].as_array_mut().unwrap();
        of.insert(0, other);
    });
    assert_eq!(judged(others).approver, Approver::Shown);

    let text = |text: &'static str| {
        move |check: &mut Value| (check["text"], check["sha256"]) = (json!(text), json!(Digest::of(text.as_bytes())))
    };
    let library = "package checks.aws_kms.key_rotates\nimport data.lib.kms\n";
    let account = "the target `aws-prod` is `444455556666`, and `111122223333` was approved";
    let of_check = "the text of the check `aws-kms/key-rotates`, or of a library that it needs, is not the one";
    type Change<'c> = &'c dyn Fn(&mut Value);
    let cases: [(RecordType, usize, Change<'_>, &str); 9] = [
        (RecordType::Host, 0, &|host| host["identities"][0]["found"] = json!("444455556666"), account),
        // A second collector of the same target found another account.
        (
            RecordType::Host,
            0,
            &|host| {
                let other =
                    json!({"target": "aws-prod", "collector": "aws-iam", "caller": "me", "found": "444455556666"});
                host["identities"].as_array_mut().unwrap().insert(0, other);
            },
            account,
        ),
        (RecordType::Host, 0, &|host| host["identities"] = json!([]), "did not find out what the target `aws-prod` is"),
        (RecordType::Check, 0, &text("package checks.aws_kms.key_rotates # weaker\n"), of_check),
        (
            RecordType::Check,
            0,
            &text(library),
            "a text that the check `aws-kms/key-rotates` needs is not in the bundle",
        ),
        (
            RecordType::Assignment,
            1,
            &|used| used["parameters"] = json!({"max_days": 400}),
            "the parameters of the check",
        ),
        // The finding rests on no use that is sealed.
        (
            RecordType::Assignment,
            1,
            &|used| used["check"] = json!("aws-kms/key-is-usable"),
            "the parameters of the check",
        ),
        // It is about each target that the control puts the check to, whether there is a finding or not.
        (
            RecordType::Assignment,
            1,
            &|used| used["targets"] = json!(["aws-dev", "aws-prod"]),
            "does not name the target `aws-dev`",
        ),
        (
            RecordType::Exchange,
            3,
            &|one| {
                (one["endpoint"], one["operation"]) = (json!("local:exec"), json!("describe"));
                one.as_object_mut().unwrap().remove("peer");
            },
            "which file the program `aws-kms` was that reads the target `aws-prod`",
        ),
    ];
    for (kind, ordinal, change, because) in cases {
        let mut story = approved();
        story.change(kind, ordinal, change);
        let one = judged(story);
        assert_eq!((one.approver, one.approved_by), (Approver::Claimed, None), "{because}");
        assert!(one.because.contains(because), "{because}: {}", one.because);
    }

    // Something was read by a program that no record says was started.
    let mut read = approved();
    let population = json!({"target": "aws-prod", "collector": "openssh", "population": "openssh/host", "calls": 1, "pages": 1, "items": 0, "complete": true});
    read.insert(RecordType::Coverage, 2, population);
    let one = judged(read);
    assert!(
        one.approver == Approver::Claimed && one.because.contains("which file the program `openssh` was"),
        "{one:?}"
    );

    // The other way round: the bundle is the same, and something else was signed.
    type Signed<'s> = (&'s dyn Fn(&mut Approval), &'s str);
    let signed: [Signed<'_>; 5] = [
        (&|a| a.targets[0].found = vec!["444455556666".into()], "is `111122223333`, and `444455556666` was approved"),
        (&|a| a.targets[0].target = "aws-dev".into(), "does not name the target `aws-prod`"),
        (&|a| a.check = Some(Digest::of(b"another")), of_check),
        (&|a| a.targets[0].parameters = Some(Digest::of(b"{\"max_days\":400}")), "the parameters of the check"),
        (
            &|a| {
                (a.witnessmark_acceptance, a.check) = (1, None);
                a.targets.clear();
            },
            "the signed text is of version 1: it names ids only",
        ),
    ];
    for (change, because) in signed {
        let one = judged(Story::usual(2).approved(&approver, change));
        assert_eq!(one.approver, Approver::Claimed, "{because}");
        assert!(one.because.contains(because), "{because}: {}", one.because);
    }

    // What cannot be compared is not shown, and the reason is true; nor does it help to withhold the findings that it is about.
    let withheld = |of: &[RecordType]| {
        let mut book = Book::of(2);
        book.seal(approved());
        let files = book.redacted(2, |_, kind, _| of.contains(&kind));
        let verdict = verify(&files, &book.trust_with(&approver, Range::from(0)));
        assert!(verdict.report.accepted, "{:?}", verdict.report.problems);
        verdict.report.acceptances[0].clone()
    };
    for of in [&[RecordType::Host][..], &[RecordType::Host, RecordType::Finding]] {
        let one = withheld(of);
        assert!(one.because.contains("(`host`) is withheld"), "{of:?}: {one:?}");
    }
    assert_eq!(withheld(&[RecordType::Finding]).approver, Approver::Shown);
}

/// A later program may write what this one cannot read: that is said, and accuses nobody.
#[test]
fn a_later_approval_is_claimed() {
    let approver = Ed25519Signer::from_seed(&[71; 32]);
    let mut story = Story::usual(2).approved(&approver, |_| {});
    let payload = br#"{"witnessmark_acceptance":3,"more":true}"#.to_vec();
    let signature = approver.sign(&SignedApproval::pae(&payload)).unwrap();
    story.change(RecordType::Acceptance, 0, |record| record["payload"] = json!(Digest::of(&payload)));
    story.declared("acceptances/AC-7.later", SignedApproval { payload, signature }.render().into_bytes());
    let (files, trust) = sealed(story);
    let verdict = verify(&files, &trust);
    let one = &verdict.report.acceptances[0];
    assert!(verdict.report.accepted && one.because.contains("of version 3"), "{one:?}");
}

/// The bound is of approvals, not of declared files: thousands of small documents take nothing from the one that is signed.
#[test]
fn many_small_files_hide_no_approval() {
    let approver = Ed25519Signer::from_seed(&[71; 32]);
    let mut story = Story::usual(2).approved(&approver, |_| {});
    for number in 0..4_200 {
        story.declared(&format!("documents/{number:04}"), format!("{{\"payload\":\"{number}\"}}").into_bytes());
    }
    let sealed = |story: Story| {
        let mut book = Book::of(2);
        book.seal(story);
        let trust = book.trust_with(&approver, Range::from(0));
        (book.exported(2), trust)
    };
    let (files, trust) = sealed(story.clone());
    let verdict = verify(&files, &trust);
    let one = &verdict.report.acceptances[0];
    assert_eq!(one.approver, Approver::Shown, "{one:?}");

    // Of approvals there are no more than the page allows; what is false elsewhere counts before that.
    let same = story.raw[&0].clone();
    let many = |count: usize| {
        let mut story = Story::usual(2).approved(&approver, |_| {});
        // The first one is there already.
        (1..count).for_each(|number| story.declared(&format!("acceptances/{number:04}"), same.clone()));
        sealed(story)
    };
    let (files, trust) = many(4_096);
    assert_eq!(verify(&files, &trust).report.acceptances[0].approver, Approver::Shown);
    let (mut files, trust) = many(4_097);
    refused(&verify(&files, &trust), Class::Malformed, "more than 4096 approvals");
    let last = files.keys().rfind(|entry| matches!(entry, Entry::Raw(_))).unwrap().clone();
    files.get_mut(&last).unwrap()[0] ^= 1;
    let verdict = verify(&files, &trust);
    assert_eq!(class(&verdict), Some(Class::Altered), "{:?}", verdict.report.problems);
}

#[test]
fn levels_above_the_position_are_not_reached() {
    let book = Book::of(2);
    let trust = book.trust();
    for require in [Level::Time, Level::NonEquivocation] {
        let verdict = verify_with(&book.exported(1), &Demands { require, ..demands(&trust) });
        refused(&verdict, Class::LevelNotReached, "L2 is reached");
        assert_eq!(verdict.report.level, Some(Level::Position));
    }
    let rests = verify(&book.exported(1), &trust).report.rests_on_custodian.join("\n");
    assert!(rests.contains("the custodian's own clock") && rests.contains("was not rewritten"), "{rests}");
}

#[test]
fn keys_count_only_for_what_the_trust_file_says() {
    let book = Book::of(4);
    let files = book.exported(2);
    let key = |role, indices| TrustedKey { indices, ..TrustedKey::from_now_on(public(&book.collector), role, 0) };
    let with = |keys: Vec<TrustedKey>| {
        let trust = Trust { keys, ..book.trust() };
        verify(&files, &Trust::parse(trust.render().unwrap().as_bytes()).unwrap())
    };
    assert!(with(vec![key(Role::Run, Range { from: 2, to: Some(2) })]).bundle.is_some());
    for keys in [
        vec![],
        vec![key(Role::Record, Range::from(0))],
        vec![key(Role::Run, Range::from(3))],
        vec![key(Role::Run, Range { from: 0, to: Some(1) })],
    ] {
        let verdict = with(keys);
        assert_eq!(class(&verdict), Some(Class::LevelNotReached), "{:?}", verdict.report.problems);
        assert_eq!(verdict.report.level, Some(Level::Integrity));
        assert_eq!(verdict.report.exit_code, ExitStatus::Undecided);
        assert!(verdict.seen.is_none());
    }
    // A ledger key for other sizes, another ledger's key, another ledger's name.
    let mut other = book.trust();
    other.ledger.sizes = Range::from(4);
    assert_eq!(verify(&files, &other).report.level, Some(Level::Authenticity));
    let mut other = book.trust();
    other.ledger.spki = Spki(public(&book.recorder));
    other.keys.truncate(1);
    assert_eq!(verify(&files, &other).report.level, Some(Level::Authenticity));
    let mut other = book.trust();
    other.ledger.origin = "northbank.example/cold-wallet".into();
    refused(&verify(&files, &other), Class::LevelNotReached, "northbank.example/cold-wallet");
}

#[test]
fn the_head_seen_before_must_be_continued() {
    let book = Book::of(4);
    let trust = book.trust();
    let files = book.exported(1);
    let seen = |size: u64, root: Digest| Seen::new(ORIGIN).with_head(size, root);
    let root = |size: u64| ledger::tree_root(size, &mut book.hashes(size)).unwrap();
    for (size, expected) in [
        (4, Continuity::Same),
        (2, Continuity::Continues),
        (1, Continuity::Continues),
        (3, Continuity::NotComparable),
        (9, Continuity::NotComparable),
    ] {
        let seen = seen(size, if size < 9 { root(size) } else { Digest::of(b"newer") });
        let verdict = verify_with(&files, &Demands { seen: Some(&seen), ..demands(&trust) });
        if expected == Continuity::NotComparable {
            refused(&verdict, Class::NotComparable, "witnessmark export --bundle 1 --since");
            assert!(verdict.seen.is_none(), "nothing is learnt of it");
        }
        assert_eq!(verdict.report.head.unwrap().since_last_seen, expected, "{size}");
    }
    for size in [1, 2, 4] {
        let seen = seen(size, Digest::of(b"another history"));
        let verdict = verify_with(&files, &Demands { seen: Some(&seen), ..demands(&trust) });
        refused(&verdict, Class::Rewritten, "rewritten");
    }
}

#[test]
fn a_chain_that_is_not_the_ledgers_is_refused() {
    let wrong_root = |chain: &mut bundle::statement::Chain| chain.prior_root = Digest::of(b"other");
    let mut book = Book::of(2);
    let mut chain = book.next_chain();
    wrong_root(&mut chain);
    book.seal_at(Story::usual(2), chain);
    refused(&verify(&book.exported(2), &book.trust()), Class::Position, "does not have the root of the ledger before");

    let mut book = Book::of(2);
    let mut chain = book.next_chain();
    (chain.index, chain.prior_size) = (7, 7);
    book.seal_at(Story::usual(2), chain);
    refused(&verify(&book.exported(2), &book.trust()), Class::Position, "index 7");
}

#[test]
fn credentials_may_come_over_plain_http_and_evidence_may_not() {
    let plain = plain_http;
    let verdict = lie(RecordType::Exchange, 3, plain);
    assert!(verdict.bundle.is_some(), "{:?}", verdict.report.problems);
    for evidence in 0..3 {
        refused(&lie(RecordType::Exchange, evidence, plain), Class::Contradiction, "plain HTTP");
    }
}

#[test]
fn signed_contradictions_are_refused() {
    let contradiction = |kind, ordinal, change: &dyn Fn(&mut Value), message: &str| {
        refused(&lie(kind, ordinal, change), Class::Contradiction, message);
    };
    use RecordType as T;
    contradiction(T::Run, 0, &|v| v["id"] = json!("other"), "`bundle`");
    contradiction(T::Run, 0, &|v| v["status"] = json!("complete"), "`status`");
    contradiction(T::Run, 0, &|v| v["challenge"] = json!("n"), "`challenge`");
    contradiction(T::Run, 0, &|v| v["clock"] = json!("set"), "`rehearsal`");
    contradiction(T::Run, 0, &|v| v["overrides"] = json!(["replay"]), "`rehearsal`");
    contradiction(T::Declaration, 0, &|v| v["raw"] = json!(5), "not numbered");
    contradiction(T::Check, 0, &|v| v["text"] = json!("package other"), "does not have the digest");
    contradiction(T::Exchange, 0, &plain_http, "plain HTTP");
    contradiction(T::Params, 0, &|v| v["exchange"] = json!("exchange:4"), "params:0 names exchange:4");
    contradiction(T::Params, 0, &|v| v["exchange"] = json!("gap:0"), "params:0 names gap:0");
    contradiction(T::Body, 1, &|v| v["exchange"] = json!("exchange:0"), "order of the exchanges");
    contradiction(T::Body, 1, &|v| v["raw"] = json!(1), "not numbered");
    contradiction(T::Gap, 0, &|v| v["exchange"] = json!("exchange:9"), "gap:0 names exchange:9");
    contradiction(T::Resource, 0, &|v| v["parts"]["id"][0]["exchange"] = json!("exchange:9"), "resource:0 names");
    contradiction(T::Derived, 0, &|v| v["inputs"] = json!(["derived:0"]), "derived:0 names derived:0");
    contradiction(T::Finding, 0, &|v| v["rests_on"] = json!(["resource:2"]), "finding:0 names resource:2");
    contradiction(T::Finding, 0, &|v| v["rests_on"] = json!(["control:0"]), "finding:0 names control:0");
    contradiction(T::Finding, 1, &|v| v["outcome"] = json!("conforms"), "no evidence");
    contradiction(T::Finding, 1, &|v| v["outcome"] = json!("not-applicable"), "counts of control:0");
    contradiction(T::Finding, 1, &|v| v["control"] = json!("AC-ROU"), "finding:1 names a control");
    contradiction(T::Control, 0, &|v| v["outcome"] = json!("conforms"), "counts of control:0");
    contradiction(T::Control, 0, &|v| v["counts"]["conforms"] = json!(2), "counts of control:0");
    contradiction(T::Control, 2, &|v| v["id"] = json!("AC-ROT"), "duplicate control");
    contradiction(T::Control, 2, &|v| v["outcome"] = json!("conforms"), "counts of control:2");
    contradiction(T::Control, 0, &|v| v["id"] = json!("AC-NONE"), "counts of control:0");
}

#[test]
fn a_statement_that_counts_otherwise_is_refused() {
    let mut story = Story::usual(2);
    (story.metadata.summary.conforms, story.metadata.summary.undetermined) = (2, 0);
    let (files, trust) = sealed(story);
    refused(&verify(&files, &trust), Class::Contradiction, "count of `conforms`");

    let mut story = Story::usual(2);
    story.records.retain(|(kind, body)| *kind != RecordType::Control || body["id"] != "AC-USE");
    let (files, trust) = sealed(story);
    refused(&verify(&files, &trust), Class::Contradiction, "assignment:1 names a control");
}

#[test]
fn records_that_the_writer_would_not_write_are_refused() {
    let malformed = |kind, ordinal, change: &dyn Fn(&mut Value), message: &str| {
        refused(&lie(kind, ordinal, change), Class::Malformed, message);
    };
    use RecordType as T;
    malformed(T::Gap, 0, &|v| v["reason"] = json!("unwilling"), "invalid `gap` record");
    malformed(T::Gap, 0, &|v| v["extra"] = json!(1), "unknown field");
    malformed(T::Gap, 0, &|v| drop(v.as_object_mut().unwrap().remove("detail")), "missing field");
    malformed(T::Exchange, 0, &|v| v["started"] = json!("2026-11-21"), "invalid `exchange` record");
    malformed(T::Exchange, 0, &|v| v["attempt"] = json!(0), "counted from 1");
    malformed(T::Body, 1, &|v| v["withheld"] = json!("suspected-secret"), "or `withheld`");
    malformed(T::Body, 3, &|v| v["withheld"] = json!("embarrassing"), "invalid `body` record");
    malformed(T::Coverage, 0, &|v| v["items"] = json!(1_u64 << 53), "2^53-1");
    malformed(T::Finding, 0, &|v| v["rests_on"] = json!(["resource:00"]), "invalid `finding` record");
}

#[test]
fn a_later_version_of_the_rules_is_not_judged() {
    refused(&lie(RecordType::Run, 0, |v| v["assessment"] = json!(2)), Class::Unsupported, "newer rules");
}

#[test]
fn redacted_copies_are_accepted_and_say_what_is_missing() {
    let book = Book::of(3);
    let trust = book.trust();
    let files = book.redacted(1, |_, kind, text| {
        kind == RecordType::Host
            || kind == RecordType::Body && text.windows(10).any(|w| w == b"exchange:1")
            || kind == RecordType::Resource && text.windows(10).any(|w| w == b"\"id\":\"k-1\"")
    });
    let verdict = verify(&files, &trust);
    assert_eq!(class(&verdict), None, "{:?}", verdict.report.problems);
    let records = verdict.report.records.unwrap();
    assert_eq!((records.withheld, records.raw_files), (3, 3));
    assert_eq!(records.findings_on_withheld_first.len(), 1);
    assert_eq!(records.redaction.unwrap().reasons, ["names of staff"; 3]);

    // Withheld findings still have to fit the counts that are shown.
    let files = book.redacted(1, |_, kind, _| kind == RecordType::Finding);
    assert_eq!(class(&verify(&files, &trust)), None);

    // Without the word of a redactor who is known it is no better than without any; and that is taken only where it is asked for.
    let mut silent = files.clone();
    silent.remove(&Entry::Redaction);
    let mut nobody = book.trust();
    nobody.keys.truncate(1);
    for (files, trust) in [(&silent, &trust), (&files, &nobody)] {
        let verdict = verify(files, trust);
        refused(&verdict, Class::UnsignedRedaction, "3 records are withheld");
        assert_eq!(verdict.report.level, Some(Level::Position));
        let allowed = Demands { allow_unsigned_redaction: true, ..demands(trust) };
        let verdict = verify_with(files, &allowed);
        assert!(verdict.bundle.is_some() && verdict.report.records.unwrap().redaction.is_none());
    }
}

#[test]
fn what_must_be_shown_cannot_be_withheld() {
    let book = Book::of(1);
    let mut files = book.exported(0);
    let text = String::from_utf8(files[&Entry::Records].clone()).unwrap();
    for kind in RecordType::ALL {
        let line = text.lines().find(|line| line.contains(&format!("\"t\":\"{kind}\"")));
        let Some(line) = line.filter(|_| kind.always_disclosed()) else { continue };
        let hidden = text.replace(line, &format!("~{}", ledger::leaf_hash(line.as_bytes())));
        files.insert(Entry::Records, hidden.into_bytes());
        refused(&verify(&files, &book.trust()), Class::Undisclosed, &kind.to_string());
    }
}

#[test]
fn an_export_with_its_ledger_is_audited() {
    let book = Book::of(300);
    let trust = book.trust();
    let mut files = book.exported(7);
    files.extend(book.ledger_files());
    let verdict = verify(&files, &trust);
    assert_eq!(class(&verdict), None, "{:?}", verdict.report.problems);
    let ledger = verdict.report.ledger.unwrap().0;
    assert_eq!((ledger.entries, ledger.missing_runs, ledger.schedule.due), (300, Some(0), 300));

    let root = |size: u64| ledger::tree_root(size, &mut book.hashes(size)).unwrap();
    let seen = Seen::new(ORIGIN).with_head(150, root(150));
    let verdict = verify_with(&files, &Demands { seen: Some(&seen), ..demands(&trust) });
    assert_eq!(verdict.report.head.unwrap().since_last_seen, Continuity::Continues);
    // All of it is known from then on, entry by entry.
    assert_eq!(verdict.seen.map(|seen| (seen.newest(), seen.statements())), Some((Some(300), 300)));
    let seen = Seen::new(ORIGIN).with_head(150, Digest::of(b"another history"));
    let verdict = verify_with(&files, &Demands { seen: Some(&seen), ..demands(&trust) });
    refused(&verdict, Class::Rewritten, "150 entries");

    let alter = |entry: &Entry, expected: Class| {
        let mut altered = files.clone();
        *altered.get_mut(entry).unwrap().last_mut().unwrap() ^= 1;
        let found = verify(&altered, &trust);
        assert_eq!(class(&found), Some(expected), "{entry:?}: {:?}", found.report.problems);
        let mut less = files.clone();
        less.remove(entry);
        refused(&verify(&less, &trust), Class::MissingPart, &entry.path());
    };
    alter(&Entry::LedgerStatement(0), Class::Malformed);
    alter(&Entry::LedgerStatement(299), Class::Malformed);
    for entry in files.keys().filter(|entry| matches!(entry, Entry::Tile(_))) {
        alter(entry, Class::Altered);
    }
    let mut more = files.clone();
    more.insert(Entry::Tile("tile/0/000.p/7".into()), book.tiles["tile/0/000.p/7"].clone());
    refused(&verify(&more, &trust), Class::Malformed, "tile/0/000.p/7");
    more = files.clone();
    more.insert(Entry::LedgerStatement(300), files[&Entry::LedgerStatement(299)].clone());
    refused(&verify(&more, &trust), Class::Malformed, "300.json");
}

#[test]
fn the_table_of_classes_is_the_programs() {
    let text = std::fs::read_to_string(workspace_tests::root().join("docs/spec/verify-classes.md")).unwrap();
    let rows: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(name, rest)| Some((name, rest.split_once(" |")?.0)))
        .filter(|(_, code)| code.parse::<u8>().is_ok())
        .collect();
    let codes: Vec<(&str, String)> = Class::ALL.map(|class| (class.as_str(), class.exit_status().to_string())).to_vec();
    let codes: Vec<(&str, &str)> = codes.iter().map(|(name, code)| (*name, code.as_str())).collect();
    assert_eq!(rows, codes);
}

#[test]
fn long_lines_and_many_lines_are_read() {
    let mut story = Story::usual(2);
    // Longer than the pieces in which records are read, and just around their borders.
    for (ordinal, length) in [(0, 700_000), (1, 262_000)] {
        story.change(RecordType::Resource, ordinal, |v| {
            v["facts"] = json!({"text": "x".repeat(length)});
            v["parts"] = json!({"text": v["parts"]["id"]});
        });
    }
    let many = (0..3000).map(|n| {
        let part = format!("z{n:04}");
        let gap = json!({
            "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1",
            "subject": {"kind": "aws-kms/key", "id": "k-2"}, "part": part, "reason": "unreachable", "detail": "y".repeat(n % 97),
        });
        (RecordType::Gap, gap)
    });
    let at = story.records.iter().position(|(kind, _)| *kind == RecordType::Resource).unwrap();
    story.records.splice(at..at, many);
    story.metadata.summary.gaps += 3000;
    let (files, trust) = sealed(story);
    assert_eq!(class(&verify(&files, &trust)), None);

    let text = String::from_utf8(files[&Entry::Records].clone()).unwrap();
    for line in [24, 25, 26, 900, 2500] {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[line] = lines[line].replacen("\"id\":\"", "\"id\":\"0", 1);
        let mut altered = files.clone();
        altered.insert(Entry::Records, (lines.join("\n") + "\n").into_bytes());
        let verdict = verify(&altered, &trust);
        refused(&verdict, Class::Altered, &format!("line {} ", line + 1));
    }
}
