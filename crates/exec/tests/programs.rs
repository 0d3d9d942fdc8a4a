//! Programs that read well, die, hang, flood and lie: what each costs, and what stays.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "helpers of tests may stop at the first surprise, and take what a caller writes in place"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use sdk::{
    Clock, CollectError, CollectorKind as _, Environment, GapReason, KnownSecrets, NewBody, Overrides, Patience,
    Target, Timestamp,
};
use serde_json::{Value, json};
use testkit::{Memory, Seen};
use witnessmark_exec::{Program, Start};

/// A shell program that answers each request with what a test gives.
struct Script {
    identify: &'static str,
    collect: &'static str,
}

const DESCRIPTOR: &str = r#"{"descriptor":{"name":"toy","summary":"a toy","thief":"nothing","endpoints":[],"settings":{"type":"object"},"resources":[{"kind":"toy/thing","schema":{"type":"object","additionalProperties":false,"properties":{"size":{"type":"integer"},"text":{"type":"string"}}}}],"rights":[{"name":"list","feeds":[{"kind":"toy/thing"}],"deniable":true,"note":"everything"}]}}"#;
const IDENTITY: &str = r#"say '{"identity":{"caller":"me","found":"toy-1"}}'"#;
/// `{"size":7}` as the answer of the source.
const EXCHANGE: &str =
    r#"say '{"exchange":{"id":1,"endpoint":"local:toy","operation":"list","body":{"base64":"eyJzaXplIjo3fQ=="}}}'"#;
const RESOURCE: &str = r#"say '{"resource":{"kind":"toy/thing","id":"a","parts":{"size":[{"exchange":1,"path":"/size"}]},"facts":{"size":7}}}'"#;
const COVERAGE: &str = r#"say '{"coverage":{"population":"toy/thing","calls":1,"pages":1,"items":1,"complete":true}}'"#;
const DONE: &str = r#"say '{"done":{}}'"#;

/// What came of one program.
struct Came {
    seen: Seen,
    error: Option<CollectError>,
    aside: String,
}

impl Came {
    fn why(&self) -> String {
        match &self.error {
            Some(CollectError::Refused { reason, detail, .. }) => {
                assert_eq!(*reason, GapReason::CollectorFailed, "{detail}");
                detail.clone()
            }
            other => panic!("{other:?}"),
        }
    }
}

fn write(folder: &Path, script: &Script) {
    let text = format!(
        "#!/bin/sh\nsay() {{ printf '%s\\n' \"$1\"; }}\nwhile read -r line; do case \"$line\" in\n'{{\"describe\"'*) say '{DESCRIPTOR}' ;;\n'{{\"identify\"'*)\n{}\n;;\n'{{\"collect\"'*)\n{}\n;;\nesac; done\n",
        script.identify, script.collect
    );
    let path = folder.join("toy");
    testkit::executable(&path, &text);
}

fn run(script: &Script, more: Value) -> Came {
    run_until(script, more, None)
}

/// The same, told to stop once what came is as `stops` says.
fn run_until(script: &Script, more: Value, stops: Option<fn(&Seen) -> bool>) -> Came {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), script);
    let mut settings = json!({"name": "toy", "identity": "toy-1", "program": "toy", "seconds": 20});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let Value::Object(settings) = settings else { unreachable!() };
    let told = Arc::new(Mutex::new(String::new()));
    let teller = Arc::clone(&told);
    let start = Start {
        folder: folder.path(),
        built_in: &["aws-kms".to_owned()],
        warnings: Arc::new(move |text: &str| teller.lock().unwrap().push_str(text)),
    };
    let memory = Memory::default();
    let recorder = memory.recorder("t", "toy", KnownSecrets::default());
    let now = Timestamp::from_millis(1_800_000_000_000).unwrap();
    let environment = Environment {
        run_id: "r".into(),
        user_agent: "w/1".into(),
        concurrency: 1,
        clock: Clock::new(move || now),
        deadline: Timestamp::from_millis(1_800_000_600_000).unwrap(),
        patience: Patience::default(),
        stop: sdk::Stop::default(),
        overrides: Overrides::default(),
        pins: std::collections::BTreeMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        let program = Program::of_target(&settings, &start).await;
        let target = Target { id: "t".into(), settings: settings.clone() };
        let reading = async {
            let collector = program.connect(&target, &environment, &recorder).await?;
            collector.identify(&recorder).await?;
            collector.collect(&recorder).await
        };
        let telling = async {
            let Some(stops) = stops else { return std::future::pending().await };
            while !stops(&memory.seen()) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            environment.stop.tell("SIGTERM");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            read = reading => read.err(),
            () = telling => unreachable!(),
        }
    });
    let aside = told.lock().unwrap().clone();
    Came { seen: memory.seen(), error, aside }
}

/// A program that is told to stop gets a SIGTERM. One that knows nothing of it leaves what it has sent; one that does ends in order.
#[test]
fn the_word_to_stop_reaches_the_program() {
    let one_is_there: Option<fn(&Seen) -> bool> = Some(|seen| !seen.resources.is_empty());
    let ends = run_until(
        &collecting(joined(&[EXCHANGE, RESOURCE, "sleep 300 & wait $!", COVERAGE, DONE])),
        json!({"seconds": 60}),
        one_is_there,
    );
    assert_eq!(ends.seen.resources.len(), 1);
    match &ends.error {
        Some(CollectError::Refused { reason, detail, .. }) => {
            assert_eq!(*reason, GapReason::Deadline, "{detail}");
            assert_eq!(detail, "the run was told to stop (SIGTERM) before the collector was done");
        }
        other => panic!("{other:?}"),
    }

    let listens = [
        r#"trap 'kill $!; say "$gap"; say "$coverage"; say "$done"; exit 0' TERM"#,
        r#"gap='{"gap":{"population":"toy/thing","reason":"deadline","detail":"told to stop"}}'"#,
        r#"coverage='{"coverage":{"population":"toy/thing","calls":1,"pages":1,"items":1,"complete":false}}'"#,
        r#"done='{"done":{}}'"#,
        EXCHANGE,
        RESOURCE,
        "sleep 300 & wait $!",
    ];
    let ordered = run_until(&collecting(joined(&listens)), json!({"seconds": 60}), one_is_there);
    assert!(ordered.error.is_none(), "{:?}", ordered.error);
    assert_eq!((ordered.seen.resources.len(), ordered.seen.coverage.len(), ordered.seen.gaps.len()), (1, 1, 1));
    assert_eq!(ordered.seen.gaps[0].reason, GapReason::Deadline);

    // A lie is one, whenever it comes.
    let lies = [r#"trap 'say nonsense; sleep 300' TERM"#, EXCHANGE, RESOURCE, "sleep 300 & wait $!"];
    let lies = run_until(&collecting(joined(&lies)), json!({"seconds": 60}), one_is_there);
    assert!(lies.why().contains("a line that is not of the protocol"), "{}", lies.why());
}

/// Collects what the lines say, each of them shell.
fn collecting(collect: &'static str) -> Script {
    Script { identify: IDENTITY, collect }
}

fn joined(lines: &[&str]) -> &'static str {
    Box::leak(lines.join("\n").into_boxed_str())
}

#[test]
fn what_a_good_program_says_is_recorded_with_its_digest() {
    let came = run(&collecting(joined(&[EXCHANGE, RESOURCE, COVERAGE, DONE])), json!({}));
    assert!(came.error.is_none(), "{:?}", came.error);
    assert!(came.seen.gaps.is_empty(), "{:?}", came.seen.gaps);
    assert_eq!(came.seen.resources.len(), 1);
    assert_eq!(came.seen.resources[0].facts, json!({"size": 7}));
    assert_eq!(came.seen.resources[0].parts["size"][0].exchange(), Some(sdk::ExchangeId(1)));
    let start = &came.seen.exchanges[0].exchange;
    assert_eq!(start.operation, "describe");
    assert_eq!(start.parameters["sha256"].as_str().map(str::len), Some(64));
    assert!(matches!(&start.body, NewBody::Received(bytes) if bytes.as_ref() == DESCRIPTOR.as_bytes()));
}

#[test]
fn a_program_that_dies_costs_its_target_and_keeps_what_it_said_before() {
    let came = run(&collecting(joined(&[EXCHANGE, RESOURCE, "echo oh dear >&2", "kill -ABRT $$"])), json!({}));
    assert!(came.why().contains("signal 6 (SIGABRT)"), "{}", came.why());
    assert_eq!(came.seen.resources.len(), 1);
    assert!(came.aside.contains("oh dear"), "{}", came.aside);
    assert!(!format!("{:?}", came.seen).contains("oh dear"), "stderr is no evidence");
    let came = run(&collecting("exit 3"), json!({}));
    assert!(came.why().contains("exit code 3"), "{}", came.why());
}

#[test]
fn secrets_on_stderr_are_not_shown() {
    let came = run(&collecting(joined(&["echo 'password=hunter2hunter2' >&2", "exit 1"])), json!({}));
    assert!(came.aside.contains("withheld") && !came.aside.contains("hunter2"), "{}", came.aside);
}

#[test]
fn a_program_that_hangs_is_ended() {
    let began = std::time::Instant::now();
    let came = run(&collecting("sleep 600"), json!({"seconds": 1}));
    assert!(came.why().contains("did not answer within the 1 s"), "{}", came.why());
    assert!(began.elapsed().as_secs() < 20);
}

#[test]
fn a_program_that_floods_is_ended() {
    let came = run(&collecting("yes '{\"gap\":{\"reason\":\"denied\",\"detail\":\"x\"}}'"), json!({"output_mib": 1}));
    assert!(came.why().contains("more than the 1048576 bytes"), "{}", came.why());
    let came = run(&collecting("tr '\\0' x </dev/zero"), json!({}));
    assert!(came.why().contains("a line of more than"), "{}", came.why());
}

#[test]
fn a_program_that_lies_is_believed_nothing_more() {
    let cases: [(&[&str], &str); 12] = [
        (&["say hello"], "not of the protocol"),
        (&[r#"say '{"gap":{"reason":"denied","detail":"x","colour":"red"}}'"#], "not of the protocol"),
        (&[EXCHANGE, r#"say '{"resource":{"kind":"toy/other","id":"a","parts":{},"facts":{}}}'"#], "does not describe"),
        (&[RESOURCE], "exchange 1, which it did not send"),
        (&[EXCHANGE, EXCHANGE], "two exchanges have the id 1"),
        (&[COVERAGE, COVERAGE], "given twice"),
        (&[IDENTITY], "second identity"),
        (&[r#"say '{"exchange":{"id":1,"endpoint":"local:toy","operation":"delete"}}'"#], "none of the rights"),
        (
            &[r#"say '{"exchange":{"id":1,"endpoint":"HTTPS://Toy/","operation":"list"}}'"#],
            "not the form of an endpoint",
        ),
        (
            &[EXCHANGE, r#"say '{"resource":{"kind":"toy/thing","id":"a","parts":{},"facts":{"size":7}}}'"#],
            "does not say where `size` was read",
        ),
        (
            &[
                EXCHANGE,
                r#"say '{"resource":{"kind":"toy/thing","id":"a","parts":{"size":[{"exchange":1,"path":""}]},"facts":{"size":"7"}}}'"#,
            ],
            "not as its schema says, at `/size`",
        ),
        (&[COVERAGE, DONE, DONE], "went on after"),
    ];
    for (lines, expected) in cases {
        let came = run(&collecting(joined(lines)), json!({}));
        assert!(came.why().contains(expected), "{lines:?}: {}", came.why());
    }
}

#[test]
fn members_without_coverage_are_a_gap_of_their_population() {
    let came = run(&collecting(joined(&[EXCHANGE, RESOURCE, DONE])), json!({}));
    assert!(came.error.is_none(), "{:?}", came.error);
    assert_eq!(came.seen.gaps.len(), 1);
    assert_eq!(came.seen.gaps[0].population.as_deref(), Some("toy/thing"));
    assert_eq!(came.seen.gaps[0].reason, GapReason::CollectorFailed);
}

#[test]
fn what_rests_on_a_suspected_secret_is_withheld() {
    // {"text":"password=hunter2hunter2"}
    let body = r#"say '{"exchange":{"id":1,"endpoint":"local:toy","operation":"list","body":{"base64":"eyJ0ZXh0IjoicGFzc3dvcmQ9aHVudGVyMmh1bnRlcjIifQ=="}}}'"#;
    let fact = r#"say '{"resource":{"kind":"toy/thing","id":"a","parts":{"text":[{"exchange":1,"path":"/text"}]},"facts":{"text":"hunter2hunter2"}}}'"#;
    let came = run(&collecting(joined(&[body, fact, COVERAGE, DONE])), json!({}));
    assert!(came.error.is_none(), "{:?}", came.error);
    assert_eq!(came.seen.resources[0].facts, json!({}));
    let parts: Vec<_> = came.seen.gaps.iter().map(|gap| (gap.reason, gap.part.as_deref())).collect();
    assert_eq!(parts, [(GapReason::WithheldSecret, None), (GapReason::WithheldSecret, Some("text"))]);
    assert!(!format!("{:?}", came.seen).contains("hunter2"), "{:?}", came.seen);
}

#[test]
fn another_identity_than_the_pinned_one_is_not_read() {
    let came = run(&collecting(DONE), json!({"identity": "toy-2"}));
    assert!(matches!(came.error, Some(CollectError::WrongIdentity { .. })), "{:?}", came.error);
}

#[test]
fn a_program_that_cannot_be_used_says_why() {
    let missing = run(&collecting(DONE), json!({"program": "nowhere"}));
    assert!(missing.why().contains("cannot be started"), "{}", missing.why());
    let other = run(&collecting(DONE), json!({"name": "tool"}));
    assert!(other.why().contains("calls itself `toy`"), "{}", other.why());
    let built_in = run(&collecting(DONE), json!({"name": "aws-kms"}));
    assert!(built_in.why().contains("built in"), "{}", built_in.why());
    // The attempt itself is kept, with what was started.
    assert_eq!(other.seen.exchanges[0].exchange.operation, "describe");
}

#[test]
fn an_answer_that_is_withheld_is_a_gap_though_nothing_is_said_to_rest_on_it() {
    let body = r#"say '{"exchange":{"id":1,"population":"toy/thing","endpoint":"local:toy","operation":"list","body":{"base64":"eyJ0ZXh0IjoicGFzc3dvcmQ9aHVudGVyMmh1bnRlcjIifQ=="}}}'"#;
    let empty = r#"say '{"coverage":{"population":"toy/thing","calls":1,"pages":1,"items":0,"complete":true}}'"#;
    let came = run(&collecting(joined(&[body, empty, DONE])), json!({}));
    assert!(came.error.is_none(), "{:?}", came.error);
    let gaps: Vec<_> = came.seen.gaps.iter().map(|gap| (gap.reason, gap.population.as_deref(), gap.exchange)).collect();
    assert_eq!(gaps, [(GapReason::WithheldSecret, Some("toy/thing"), Some(sdk::ExchangeId(1)))]);
}

#[test]
fn a_secret_in_a_name_is_no_name() {
    const SECRET: &str = "ghp_0123456789012345678901234567890123456";
    for line in [
        r#"say '{"gap":{"population":"toy/thing","subject":{"kind":"toy/thing","id":"SECRET"},"reason":"denied","detail":"x"}}'"#,
        r#"say '{"gap":{"population":"toy/thing@SECRET","reason":"denied","detail":"x"}}'"#,
        r#"say '{"coverage":{"population":"toy/thing@SECRET","calls":1,"pages":1,"items":0,"complete":true}}'"#,
        r#"say '{"resource":{"population":"toy/thing@SECRET","kind":"toy/thing","id":"a","parts":{},"facts":{}}}'"#,
        r#"say '{"resource":{"kind":"toy/thing","id":"a","parts":{"size":[{"exchange":1,"path":"/SECRET"}]},"facts":{"size":7}}}'"#,
        r#"say '{"exchange":{"id":2,"population":"toy/thing@SECRET","endpoint":"local:toy","operation":"list"}}'"#,
    ] {
        let said = line.replace("SECRET", SECRET);
        let came = run(&collecting(joined(&[EXCHANGE, &said, DONE])), json!({}));
        assert!(came.why().contains("a secret is suspected"), "{line}: {}", came.why());
        assert!(!format!("{:?} {}", came.seen, came.why()).contains(SECRET), "{line}");
    }
}

#[test]
fn what_no_record_can_hold_costs_the_program_and_not_the_bundle() {
    let flood = |what: &str, piece: &str| {
        // Longer than any record may be, shorter than a line may be.
        format!("printf '%s' '{what}'; i=0; while [ $i -lt 60000 ]; do printf '%s' '{piece}'; i=$((i+1)); done")
    };
    let places = flood(
        r#"{"resource":{"kind":"toy/thing","id":"a","facts":{"size":7},"parts":{"size":["#,
        r#"{"exchange":1,"path":"/size"},"#,
    ) + r#"; printf '%s\n' '{"exchange":1,"path":""}]}}}'"#;
    let came = run(&collecting(joined(&[EXCHANGE, &places, DONE])), json!({}));
    assert!(came.why().contains("more than a record can hold"), "{}", came.why());
    let error = r#"say '{"error":{"reason":"denied","right":"everything","detail":"x"}}'"#;
    let came = run(&collecting(joined(&[error])), json!({}));
    assert!(came.why().contains("`everything`, which it does not declare"), "{}", came.why());
}
