//! Each template that ships is good as it stands, uses every check of its sources, and what it offers in comments is good too.
#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::PathBuf;

use workspace_tests::desk::Desk;
use workspace_tests::root;

fn templates() -> Vec<(String, String)> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("policies/templates"))
        .expect("templates")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        (name, fs::read_to_string(&path).expect("a template"))
    };
    found.into_iter().map(read).collect()
}

fn validated(text: &str) -> (i32, String) {
    let desk = Desk::bare();
    fs::write(desk.path("witnessmark.yaml"), text).expect("a declaration");
    let answer = desk.witnessmark(&["validate", "-d", "witnessmark.yaml"]);
    (answer.code, format!("{}{}", answer.stdout, answer.stderr))
}

#[test]
fn every_template_is_usable() {
    let all = templates();
    assert_eq!(
        all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["aws", "exchange-aws", "github", "kubernetes", "pkcs11", "qsp-kubernetes", "self-custody-pkcs11"]
    );
    for (name, text) in all {
        let (code, said) = validated(&text);
        assert_eq!(code, 0, "{name}: {said}");
        // Lists of who may are empty by default: whoever is named makes them weaker. The folders of records are theirs to make.
        let expected = |line: &str| ["[weaker-parameter]", "[missing-record]"].iter().any(|code| line.contains(code));
        let others: Vec<&str> = said.lines().filter(|line| line.contains("warning[") && !expected(line)).collect();
        assert!(others.is_empty(), "{name}: {said}");
    }
}

#[test]
fn every_check_stands_in_a_template() {
    let all: String = templates().into_iter().map(|(_, text)| text).collect();
    let stock = assess::CheckSet::stock().expect("the stock checks");
    let missing: Vec<&str> = stock
        .checks()
        // Those the declaration's own rules use by themselves.
        .filter(|check| !check.meta.custom.subject.kind().is_some_and(|kind| kind.starts_with("joined/")))
        .map(|check| check.id.as_str())
        .filter(|id| !id.starts_with("declaration/") && !id.contains("/declared-"))
        .filter(|id| !all.lines().any(|line| line.trim().strip_prefix("- use: ") == Some(id)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(stock.checks().count() > 40);
}

/// A comment that begins like a key or a list item is an offer: taken up, all of them together must be understood.
#[test]
fn what_templates_offer_is_good() {
    for (name, text) in templates() {
        let (mut taken, mut offers) = (String::new(), 0);
        let head = text.lines().take_while(|line| *line != "witnessmark: 1").count();
        for line in text.lines().skip(head) {
            match line.trim_start().strip_prefix("# ") {
                Some(offer) if is_offer(offer) => {
                    offers += 1;
                    taken.push_str(&line.replacen("# ", "", 1));
                }
                Some(_) => {}
                None => taken.push_str(line),
            }
            taken.push('\n');
        }
        assert!(offers > 0, "{name}");
        let (code, said) = validated(&taken);
        assert_eq!(code, 0, "{name}: {said}\n{taken}");
    }
}

fn is_offer(comment: &str) -> bool {
    let item = comment.trim_start();
    let key = item.strip_prefix("- ").unwrap_or(item).split(' ').next().unwrap_or_default();
    key.ends_with(':') && key.starts_with(|c: char| c.is_ascii_lowercase())
}
