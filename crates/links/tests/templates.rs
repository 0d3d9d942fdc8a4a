//! What each whole template leaves open, against what a person wrote down from reading template and catalogue.
#![expect(clippy::panic, reason = "helpers of tests may stop at the first surprise")]

use declaration::{Standard, load};
use witnessmark_links::{Links, RequirementGaps};

const TEMPLATES: &[(&str, &str, &str)] = &[
    (
        "self-custody-pkcs11",
        include_str!("../../../policies/templates/self-custody-pkcs11.yaml"),
        include_str!("expected/self-custody-pkcs11.txt"),
    ),
    (
        "exchange-aws",
        include_str!("../../../policies/templates/exchange-aws.yaml"),
        include_str!("expected/exchange-aws.txt"),
    ),
    (
        "qsp-kubernetes",
        include_str!("../../../policies/templates/qsp-kubernetes.yaml"),
        include_str!("expected/qsp-kubernetes.txt"),
    ),
];

#[test]
fn each_template_leaves_open_what_is_written_down() {
    let standards = Standard::shipped().unwrap();
    for (name, text, expected) in TEMPLATES {
        let loaded = load("witnessmark.yaml", &|_: &str| Ok(text.as_bytes().to_vec()));
        let mut wrong = loaded.diagnostics.clone();
        wrong.retain(|one| one.code.as_str() != "template-comment");
        assert_eq!(loaded.render(&wrong, false), "", "{name}");
        let gaps = Links::new(&loaded, &standards).gaps(None, Some(3), None).unwrap();
        let lines: Vec<String> = gaps.requirements.iter().map(line).collect();
        let expected: Vec<&str> = expected.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(expected.len(), 59, "{name}: all requirements are written down");
        assert_eq!(lines, expected, "{name}");
        let (open, served) = (gaps.totals.without_control, gaps.totals.with_control);
        assert_eq!(open + served + gaps.totals.not_applicable, 59, "{name}");
        // In a template every control answers a threat.
        assert_eq!(gaps.totals.with_threat, served, "{name}");
    }
}

/// `requirement | controls | what is missing`.
fn line(requirement: &RequirementGaps) -> String {
    let item = requirement.id.strip_prefix("ccss-9.0:").unwrap_or_else(|| panic!("{}", requirement.id));
    if requirement.not_applicable.is_some() {
        assert!(requirement.missing.is_empty(), "{item}: {:?}", requirement.missing);
        return format!("{item} | n/a");
    }
    let mut missing = Vec::new();
    for one in &requirement.missing {
        match one.code {
            "no-control" => return format!("{item} | none"),
            "no-document" => missing.push("document"),
            "no-check" => missing.push("check"),
            other => panic!("{item}: {other}"),
        }
    }
    let controls: Vec<&str> = requirement.controls.iter().map(|control| control.id.as_str()).collect();
    let missing = if missing.is_empty() { String::new() } else { format!(" | {}", missing.join(" ")) };
    format!("{item} | {}{missing}", controls.join(" "))
}
