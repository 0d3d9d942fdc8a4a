//! A company of any size that declares all there is to declare, for what has to cope with a large declaration.

use std::fmt::Write as _;

/// The declaration of a company with so many controls, keys and people. It names its own words for everything, and nothing in it is left open
/// that its size does not ask for.
#[must_use]
pub fn declaration(controls: usize, keys: usize, people: usize) -> String {
    let (threats, wallets) = ((controls / 4).max(1), 20);
    let mut text = HEAD.to_owned();
    let mut say = |line: String| writeln!(text, "{line}").ok();
    say("third_parties:".to_owned());
    for n in 0..24 {
        let certificate = match n % 4 {
            0 => {
                format!(", certificate: {{standard: ccss-9.0, system: Their vault {n}, level: 2, expires: 2027-01-31}}")
            }
            _ => String::new(),
        };
        say(format!(
            "  - {{id: provider-{n:02}, role: cloud, in_threats: [T-{:03}], keys: [k-{:04}], reviewed: 2026-06-01, review_every: 1y{certificate}}}",
            n % threats,
            n % keys
        ));
    }
    say("key_holders:".to_owned());
    for n in 0..people {
        say(format!(
            "  - {{id: kh-{n:03}, roles: [administrator], identities: {{aws-prod: [\"arn:aws:iam::111122223333:user/people/of/the/company/person-{n:03}\"]}}, acknowledged: 2026-05-01, trained: 2026-05-01, train_every: 1y}}"
        ));
    }
    say("wallets:".to_owned());
    for n in 0..wallets {
        say(format!(
            "  - {{id: wallet-{n:02}, title: Coins of kind {n}, signatures: {{needed: 2, of: 3}}, workflow: [{{what: somebody compares destination and amount, by: [administrator]}}, {{what: the service has the keys sign}}]}}"
        ));
    }
    say("keys:".to_owned());
    for n in 0..keys {
        let class = if n % 5 == 4 { "backup" } else { "operational" };
        say(format!(
            "  - {{id: k-{n:04}, class: {class}, material: private-key, at: {{target: aws-prod, key: alias/withdrawals-of-the-exchange-{n:04}}}, holders: [kh-{:03}, kh-{:03}], wallets: [wallet-{:02}], reviewed: 2026-06-01}}",
            n % people,
            (n * 7 + 3) % people,
            n % wallets
        ));
    }
    say("threats:".to_owned());
    for n in 0..threats {
        let of: Vec<String> = (n..keys).step_by(threats).map(|key| format!("k-{key:04}")).collect();
        say(format!(
            "  - {{id: T-{n:03}, title: Somebody does what nobody wants in way {n}, category: insider, affects: {{keys: [{}], targets: [aws-prod]}}}}",
            of.join(", ")
        ));
    }
    say("risks:".to_owned());
    for n in 0..threats {
        say(format!(
            "  - {{threat: T-{n:03}, likelihood: medium, impact: critical, treatment: reduce, owner: Head of Security, residual: {{level: low, within_tolerance: RT-1, accepted_by: Chief Executive Officer, accepted: 2026-09-01}}, monitored: 2026-09-01}}"
        ));
    }
    say("controls:".to_owned());
    for n in 0..controls {
        let checks = if n % 3 == 0 { ", checks: [{use: aws-kms/key-rotates, on: [aws-prod]}]" } else { "" };
        let task = match n % 4 {
            0 => format!(
                ", task: {{every: 90d, detection_window: 90d, because: \"T-{:03}: seen within a quarter\", records: reviews/, done: [{{on: 2026-06-01, by: Ada, record: R-{n}}}]}}",
                n % threats
            ),
            _ => String::new(),
        };
        say(format!(
            "  - {{id: AC-{n:04}, title: What is done about it in way {n}, requirements: [ccss-9.0:{}], threats: [T-{:03}]{checks}{task}, documents: [{{document: key-policy, section: \"4.{n}\"}}]}}",
            ["1.01.1.1", "1.05.1.1", "2.01.1.1", "2.03.2.1", "2.04.1.1"].get(n % 5).unwrap_or(&"1.01.1.1"),
            n % threats
        ));
    }
    text
}

const HEAD: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet, name: Withdrawals, designation: full, standard: ccss-9.0, level: 2}
targets: [{id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}]
threat_model: {version: "7", review_every: 1y, reviews: [{on: 2026-03-01, by: Head of Security, looked_at: the whole system, changed: two threats added}]}
risk_register: {framework: ISO/IEC 27005, review_every: 1y, tolerances: [{id: RT-1, levels: [low], title: What remains is low}], reviews: [{on: 2026-09-01, by: Head of Security, looked_at: every row, changed: nothing}]}
key_inventory: {review_every: 1y, reviews: [{on: 2026-09-01, by: Head of Security, looked_at: every key, changed: nothing}]}
compromise_plan: {classes: [operational, backup], review_every: 1y}
roles: [{id: chief-executive, title: Chief Executive Officer, executive: true}, {id: administrator, title: Administrator}]
components: [{id: approval-console, name: Where people approve withdrawals}]
exclusions: [{id: office-network, what: The network of the office, reason: no machine on it reaches key material, approved_by: Head of Security, approved: 2026-02-01}]
documents: [{id: key-policy, title: Key management policy, type: policy, version: "3", owner: Head of Security, approved_by: Chief Executive Officer, approved: 2026-02-01, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]
"#;
