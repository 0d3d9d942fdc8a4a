//! A whole declaration of any size, in files as a large custodian would split it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// How much is declared.
#[derive(Debug, clap::Args)]
pub struct Declared {
    /// The folder for `witnessmark.yaml` and the files it includes.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 2_000)]
    controls: usize,
    #[arg(long, default_value_t = 5_000)]
    keys: usize,
    #[arg(long, default_value_t = 1_000)]
    people: usize,
    #[arg(long, default_value_t = 200)]
    third_parties: usize,
    /// A standard whose catalogue is shipped.
    #[arg(long)]
    standard: String,
    /// Requirements of it, which all controls serve and of which third parties cover the first.
    #[arg(long, required = true, value_delimiter = ',')]
    requirements: Vec<String>,
}

/// Things in one file: a declared file has at most 1 MiB.
const IN_ONE_FILE: usize = 1_000;
/// What is joined, each inspected for one control: what other controls are about stands in no configuration, as most of what a large
/// custodian declares.
const INSPECTED: [&str; 11] = [
    "keys/account-administrators-are-declared",
    "keys/backup-is-elsewhere",
    "keys/declared-key-is-there",
    "keys/found-key-is-declared",
    "keys/is-as-declared",
    "keys/reach-is-declared",
    "keys/two-people-needed",
    "people/identities-are-there",
    "people/identity-belongs-to-a-person",
    "people/leavers-have-no-access",
    "people/two-kinds-of-factor",
];
/// For each threat so many controls and keys.
const BY_THREAT: usize = 10;

/// Writes the declaration.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(size: &Declared) -> anyhow::Result<()> {
    std::fs::create_dir_all(&size.out)?;
    let standard = &size.standard;
    let serves: Vec<String> = size.requirements.iter().map(|one| format!("{standard}:{one}")).collect();
    let (covers, serves) = (serves.first().cloned().unwrap_or_default(), serves.join(", "));
    let threats = size.controls.div_ceil(BY_THREAT).max(1);
    let mut included = Vec::new();
    let mut part = |name: &str, count: usize, each: &dyn Fn(usize) -> String| -> anyhow::Result<()> {
        for (number, first) in (0..count).step_by(IN_ONE_FILE).enumerate() {
            let mut text = format!("{name}:\n");
            for n in first..count.min(first + IN_ONE_FILE) {
                writeln!(text, "  - {}", each(n))?;
            }
            let file = format!("{name}-{number}.yaml");
            save(&size.out, &file, &text)?;
            included.push(file);
        }
        Ok(())
    };
    part("keys", size.keys, &|n| {
        format!(
            "{{id: key-{n}, class: class-{}, material: private-key, at: {{target: aws-prod, key: alias/key-{n:05}}}, \
             holders: [holder-{}, holder-{}], wallets: [wallet-{}], reviewed: 2026-06-01}}",
            n % 8,
            n % size.people.max(1),
            (n + 7) % size.people.max(1),
            n % 40
        )
    })?;
    part("key_holders", size.people, &|n| {
        format!(
            "{{id: holder-{n}, identities: {{aws-prod: [\"arn:aws:iam::111122223333:user/user-{n:05}\"]}}, roles: [role-{}], \
             acknowledged: 2026-06-01, trained: 2026-06-01, train_every: 1y}}",
            n % 20
        )
    })?;
    part("roles", 20, &|n| format!("{{id: role-{n}, title: Officer {n}, executive: {}}}", n == 0))?;
    part("wallets", 40, &|n| {
        format!(
            "{{id: wallet-{n}, title: Wallet {n}, signatures: {{needed: 2, of: 3}}, workflow: [{{what: two officers sign, by: [role-{}]}}]}}",
            n % 20
        )
    })?;
    part("third_parties", size.third_parties, &|n| {
        format!(
            "{{id: party-{n}, role: vendor, in_threats: [T-{}], keys: [key-{}], reviewed: 2026-06-01, review_every: 1y, covers: [{covers}], \
             certificate: {{standard: {standard}, system: theirs, level: 3, expires: 2027-12-31}}}}",
            n % threats,
            n % size.keys.max(1)
        )
    })?;
    part("threats", threats, &|n| {
        let keys = (0..size.keys).filter(|key| key % threats == n).map(|key| format!("key-{key}"));
        format!(
            "{{id: T-{n}, title: Somebody does what threat {n} is about, category: insider, affects: {{keys: [{}], classes: [class-{}]}}}}",
            keys.collect::<Vec<_>>().join(", "),
            n % 8
        )
    })?;
    part("risks", threats, &|n| {
        format!(
            "{{threat: T-{n}, likelihood: low, impact: high, treatment: reduce, owner: CISO, \
             residual: {{level: low, within_tolerance: RT-1, accepted_by: role-0, accepted: 2026-06-01}}, monitored: 2026-06-01}}"
        )
    })?;
    part("controls", size.controls, &|n| {
        format!(
            "{{id: C-{n}, title: What control {n} is about is done, requirements: [{serves}], threats: [T-{}], \
             task: {{every: 90d, detection_window: 90d, because: \"T-{}: a quarter can be borne\", done: [{{on: 2026-06-01, by: CISO, record: REC-{n}}}]}}, \
             {}}}",
            n % threats,
            n % threats,
            INSPECTED.get(n).map_or_else(
                || "not_inspectable: minutes of the quarter show it".to_owned(),
                |check| format!("checks: [{{use: {check}}}]")
            )
        )
    })?;
    let classes: Vec<String> = (0..size.keys.min(8)).map(|n| format!("class-{n}")).collect();
    let root = format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet, designation: full, standard: {standard}, level: 3}}\n\
         include: [{}]\ntargets: [{{id: aws-prod, collector: [aws-iam, aws-kms], account: \"111122223333\"}}]\n\
         threat_model: {{version: \"1\", reviews: [{{on: 2026-06-01, by: CISO, looked_at: all of it, changed: nothing}}]}}\n\
         risk_register: {{framework: ISO/IEC 27005, tolerances: [{{id: RT-1, levels: [low]}}]}}\ncompromise_plan: {{classes: [{}]}}\n",
        included.join(", "),
        classes.join(", ")
    );
    save(&size.out, "witnessmark.yaml", &root)
}

fn save(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    File::create(folder.join(name))?.write_all(text.as_bytes())?;
    Ok(())
}
