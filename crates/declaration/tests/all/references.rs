//! A name that refers to nothing is an error, wherever a name may stand.

use witnessmark_declaration::check;

use crate::common::{environment, load_one};

/// Everything that can be named, each once.
const HEAD: &str = r#"witnessmark: 1
entity: Northbank
"#;

const THINGS: &str = r#"targets: [{id: aws, collector: [aws-iam, aws-kms], account: "111122223333"}]
"#;

#[test]
fn a_name_that_refers_to_nothing_is_an_error() {
    let system = "system: {id: hot}\n";
    for (what, text) in [
        ("standard", "system: {id: hot, standard: nothing-1}"),
        ("level", "system: {id: hot, standard: ccss-9.0, level: 4}"),
        ("level", "system: {id: hot, standard: ccss-9.0, level: 0}"),
        ("threat", "third_parties: [{id: p, role: cloud, in_threats: [nothing]}]"),
        ("key", "third_parties: [{id: p, role: cloud, keys: [nothing]}]"),
        ("requirement", "third_parties: [{id: p, role: cloud, covers: [\"ccss-9.0:9.9\"]}]"),
        (
            "standard",
            "third_parties: [{id: p, role: cloud, certificate: {standard: nothing-1, system: s, level: 1, expires: 2027-01-01}}]",
        ),
        (
            "level",
            "third_parties: [{id: p, role: cloud, certificate: {standard: ccss-9.0, system: s, level: 7, expires: 2027-01-01}}]",
        ),
        (
            "requirement",
            "third_parties: [{id: p, role: cloud, certificate: {standard: ccss-9.0, system: s, level: 1, expires: 2027-01-01, covers: [\"ccss-9.0:9.9\"]}}]",
        ),
        ("target", "key_holders: [{id: h, identities: {nothing: [a]}}]"),
        ("role", "key_holders: [{id: h, roles: [nothing]}]"),
        ("target", "keys: [{id: k, class: c, at: {target: nothing, key: a}}]"),
        ("key holder", "keys: [{id: k, class: c, holders: [nothing]}]"),
        ("wallet", "wallets: [{id: w, title: W}]\nkeys: [{id: k, class: c, wallets: [nothing]}]"),
        ("key", "threats: [{id: t, title: T, affects: {keys: [nothing]}}]"),
        ("class of keys", "threats: [{id: t, title: T, affects: {classes: [nothing]}}]"),
        ("wallet", "threats: [{id: t, title: T, affects: {wallets: [nothing]}}]"),
        ("target", "threats: [{id: t, title: T, affects: {targets: [nothing]}}]"),
        ("component", "threats: [{id: t, title: T, affects: {components: [nothing]}}]"),
        ("third party", "threats: [{id: t, title: T, affects: {third_parties: [nothing]}}]"),
        ("threat", "risks: [{threat: nothing, likelihood: l, impact: i, treatment: reduce, owner: o}]"),
        (
            "rule of tolerance",
            "threats: [{id: t, title: T}]\nrisks: [{threat: t, likelihood: l, impact: i, treatment: reduce, owner: o, residual: {level: l, within_tolerance: nothing}}]",
        ),
        ("role", "wallets: [{id: w, title: W, workflow: [{what: sign, by: [nothing]}]}]"),
        ("class of keys", "compromise_plan: {classes: [nothing]}"),
        ("document", "keys: [{id: k, class: c}]\ncompromise_plan: {classes: [c], document: nothing}"),
        ("requirement", "not_applicable: [{requirement: \"ccss-9.0:9.9\", reason: r}]"),
        ("requirement", "controls: [{id: c, title: C, requirements: [\"ccss-9.0:9.9\"]}]"),
        ("threat", "controls: [{id: c, title: C, threats: [nothing]}]"),
        ("document", "controls: [{id: c, title: C, documents: [{document: nothing}]}]"),
        ("check", "controls: [{id: c, title: C, checks: [{use: aws-kms/nothing}]}]"),
        ("target", "controls: [{id: c, title: C, checks: [{use: aws-kms/key-rotates, on: [nothing]}]}]"),
        (
            "control",
            "acceptances: [{id: a, control: nothing, check: aws-kms/key-rotates, subject: s, reason: r, approved_by: b, approved: 2026-01-01, expires: 2027-01-01}]",
        ),
        (
            "target",
            "acceptances: [{id: a, target: nothing, population: aws-kms/key, reason: r, approved_by: b, approved: 2026-01-01, expires: 2027-01-01}]",
        ),
        (
            "check",
            "controls: [{id: c, title: C}]\nacceptances: [{id: a, control: c, check: aws-kms/nothing, subject: s, reason: r, approved_by: b, approved: 2026-01-01, expires: 2027-01-01}]",
        ),
        (
            "kind of resource",
            "acceptances: [{id: a, target: aws, population: aws-kms/nothing, reason: r, approved_by: b, approved: 2026-01-01, expires: 2027-01-01}]",
        ),
        (
            "right",
            "acceptances: [{id: a, target: aws, right: \"kms:Nothing\", reason: r, approved_by: b, approved: 2026-01-01, expires: 2027-01-01}]",
        ),
        ("system", "components: [{id: c, systems: [nothing]}]"),
    ] {
        let head = if text.starts_with("system:") { "" } else { system };
        let loaded = load_one(&format!("{HEAD}{head}{THINGS}{text}\n"));
        let mut all = loaded.diagnostics.clone();
        all.extend(check(&loaded, &environment()));
        let errors: Vec<&str> = all
            .iter()
            .filter(|one| one.severity == diagnose::Severity::Error)
            .map(|one| one.message.as_str())
            .collect();
        let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
        assert!(error.contains(what) && (error.contains("no ") || error.contains("not")), "{text}: {error}");
    }
}

#[test]
fn what_is_known_is_listed_once() {
    let text = "keys: [{id: alpha, class: c}, {id: beta, class: c}]\nthreats: [{id: t, title: T, affects: {keys: [one, two, alhpa]}}]";
    let loaded = load_one(&format!("{HEAD}system: {{id: hot}}\n{text}\n"));
    let found = check(&loaded, &environment());
    let help: Vec<&str> =
        found.iter().filter(|one| one.message.contains("key")).map(|one| one.help.as_deref().unwrap_or("")).collect();
    assert_eq!(help, ["there are: `alpha`, `beta`", "", "did you mean `alpha`?"]);
}

#[test]
fn a_mistyped_category_and_an_empty_rule_are_said() {
    let said = |text: &str| {
        let loaded = load_one(&format!("{HEAD}system: {{id: hot}}\n{text}\n"));
        let found = check(&loaded, &environment());
        let code = |one: &diagnose::Diagnostic| {
            one.code == diagnose::Code::UnknownCategory || one.severity == diagnose::Severity::Error
        };
        found
            .iter()
            .filter(|one| code(one))
            .map(|one| format!("{}; {}", one.message, one.help.as_deref().unwrap_or("")))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("threats: [{id: t, title: T, category: insidre}]"),
        ["`insidre` is none of the known categories of threats; did you mean `insider`?"]
    );
    assert_eq!(said("threats: [{id: t, title: T, category: insider}]"), [] as [&str; 0]);
    let declined = said("threat_model: {version: \"1\", declined: [{category: weather, reason: r}]}");
    assert!(declined.len() == 1 && declined[0].contains("known are: `signing-infrastructure`"), "{declined:?}");
    // Any word is a category for who looks for it.
    assert_eq!(said("threats: [{id: t, title: T, category: weather}]\ncontrols: [{id: c, title: C, checks: [{use: aws-iam/console-users-have-mfa, with: {categories: [weather]}}]}]").iter().filter(|one| one.starts_with("`weather`")).count(), 0);
    assert_eq!(said("risk_register: {tolerances: [{id: R, levels: []}]}"), ["no level is within `R`; "]);
}
