//! Writes a large sealed bundle and its trust file, for measuring: `large_bundle DIR [RECORDS [SINCE]]`. With `SINCE` a second one of the day after
//! goes to `DIR/later`, in which one key in `SINCE` is otherwise.
//!
//! A fifth of the records are exchanges, seven tenths resources of some 1.5 kB, the rest findings: what a large account gives.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use bundle::statement::Summary;
use model::RecordType;
use serde_json::json;
use workspace_tests::sealed::{Book, Story, unpack};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: large_bundle DIR [RECORDS [SINCE]]")?);
    let count: u64 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;

    let mut book = Book::new();
    book.seal(large(count.max(10), 0, None));
    unpack(&book.exported(0), &folder.join("bundle"));
    if let Some(since) = arguments.next() {
        book.seal(large(count.max(10), 1, Some(since.parse()?)));
        unpack(&book.exported(1), &folder.join("later"));
    }
    std::fs::write(folder.join("trust.json"), book.trust().render()?)?;
    Ok(())
}

fn large(count: u64, index: u64, otherwise: Option<u64>) -> Story {
    let mut story = Story::usual(index);
    let (exchanges, findings) = (count / 5, count / 10);
    let resources = count - exchanges - findings - 6;
    story.raw = BTreeMap::new();
    story.records.retain(|(kind, _)| {
        matches!(kind, RecordType::Run | RecordType::Assignment | RecordType::Route | RecordType::Peer)
    });
    let mut uses = 0;
    story.records.retain(|(kind, _)| {
        uses += u64::from(*kind == RecordType::Assignment);
        *kind != RecordType::Assignment || uses == 1
    });
    let started = story.metadata.started;
    story.records.extend((0..exchanges).map(|n| {
        let body = json!({
            "target": "aws-prod", "collector": "aws-kms", "endpoint": "https://kms.eu-west-1.amazonaws.com",
            "peer": "peer:0", "operation": "kms:GetKeyPolicy", "page": 0, "attempt": 1, "started": started,
            "status": 200, "request_id": format!("{:032x}", n), "date": "Sat, 21 Nov 2026 10:06:50 GMT",
        });
        (RecordType::Exchange, body)
    }));
    let coverage = json!({
        "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1", "calls": 1, "pages": 1,
        "items": resources, "complete": true,
    });
    story.records.push((RecordType::Coverage, coverage));
    story.records.extend((0..resources).map(|n| {
        let id = format!("arn:aws:kms:eu-west-1:111122223333:key/{n:036}");
        let at = json!([{"exchange": format!("exchange:{}", n % exchanges), "syntax": "json", "path": "/KeyMetadata"}]);
        let statements: Vec<_> = (0..4)
            .map(|s| {
                json!({
                    "sid": format!("Allow use of the key {s}"), "effect": "Allow",
                    "principals": [{"type": "AWS", "id": format!("arn:aws:iam::111122223333:role/signer-{}", n % 97)}],
                    "actions": ["kms:Sign", "kms:Verify", "kms:DescribeKey", "kms:GetPublicKey"],
                    "resources": ["*"], "conditions": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
                })
            })
            .collect();
        let body = json!({
            "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1", "kind": "aws-kms/key", "id": id,
            "parts": {"id": at, "metadata": at, "policy": at},
            "facts": {"id": id, "metadata": {"enabled": otherwise.is_none_or(|since| n % since != 0), "spec": "ECC_SECG_P256K1", "origin": "AWS_KMS"}, "policy": statements},
        });
        (RecordType::Resource, body)
    }));
    story.records.extend((0..findings).map(|n| {
        let body = json!({
            "control": "AC-ROT", "check": "aws-kms/key-policy-is-bounded", "target": "aws-prod",
            "subject": {"kind": "aws-kms/key", "id": format!("arn:aws:kms:eu-west-1:111122223333:key/{n:036}")},
            "outcome": "conforms", "severity": "high", "rests_on": [format!("resource:{n}")],
            "evidence": [{"path": "/policy/0/principals/0/id", "actual": "arn:aws:iam::111122223333:role/signer", "because": "inside the declared accounts"}],
        });
        (RecordType::Finding, body)
    }));
    let control = json!({
        "id": "AC-ROT", "title": "Key policies are bounded", "requirements": [], "outcome": "conforms",
        "counts": {"conforms": findings, "deviates": 0, "undetermined": 0, "not_applicable": 0, "accepted": 0},
    });
    story.records.push((RecordType::Control, control));
    story.metadata.summary = Summary { conforms: findings, ..Summary::default() };
    story
}
