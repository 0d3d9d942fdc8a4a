//! `docs/declaration.md` is what a new user has: its example is whole, its mistakes say what it says they do, its checks exist.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use workspace_tests::desk::{Answer, Desk};
use workspace_tests::root;

fn page() -> String {
    fs::read_to_string(root().join("docs/declaration.md")).expect("the page")
}

/// All blocks of YAML of the page, one after the other.
fn example(page: &str) -> String {
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let blocks: Vec<&str> = blocks.collect();
    assert!(blocks.len() >= 9, "{}", blocks.len());
    blocks.concat()
}

fn desk(text: &str) -> Desk {
    let desk = Desk::bare();
    fs::write(desk.path("witnessmark.yaml"), text).unwrap();
    // The folder for records that the page has them make.
    fs::create_dir(desk.path("access-reviews")).unwrap();
    desk
}

fn validated(text: &str) -> Answer {
    desk(text).witnessmark(&["validate"])
}

#[test]
fn the_example_is_a_whole_declaration() {
    let desk = desk(&example(&page()));
    let answer = desk.witnessmark(&["validate"]);
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert_eq!(answer.code, 0, "{said}");
    assert!(said.contains("It can be used.") && !said.contains("warning["), "{said}");
    for arguments in [
        ["gaps", "--level", "1", "--declared-only"].as_slice(),
        &["trace", "T-INSIDER", "--declared-only"],
        &["rights", "--format", "aws-policy"],
    ] {
        let answer = desk.witnessmark(arguments);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(page().contains(&arguments.join(" ")), "the page does not say `{arguments:?}`");
    }
}

#[test]
fn each_mistake_says_what_the_page_says() {
    let page = page();
    let example = example(&page);
    let (_, table) = page.split_once("| it says |\n").expect("the table of mistakes");
    let mut tried = 0;
    for row in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let text = |cell: &str| {
            let inside = cell.split('`').nth(1).expect("a cell with code").to_owned();
            if cell.contains("newline") { inside + "\n" } else { inside }
        };
        let (wrong, right, said) = (text(cells[0]), text(cells[1]), text(cells[2]));
        assert!(example.contains(&right), "the example has no `{right}`");
        let answer = validated(&example.replacen(&right, &wrong, 1));
        let all = format!("{}{}", answer.stdout, answer.stderr);
        assert_eq!(answer.code, 2, "`{wrong}`: {all}");
        assert!(all.contains(&said), "`{wrong}`: {all}");
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

/// Every check that judges the declaration is named where a person writes what it judges.
#[test]
fn every_check_of_the_declaration_is_named() {
    let page = page();
    let stock = assess::CheckSet::stock().expect("the stock checks");
    let known: BTreeSet<&str> = stock.checks().map(|check| check.id.as_str()).collect();
    let named: BTreeSet<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| {
            text.split('/').count() == 2 && known.iter().any(|id| id.split('/').next() == text.split('/').next())
        })
        .collect();
    let unknown: Vec<&&str> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "no such check: {unknown:?}");
    let missing: Vec<&&str> =
        known.iter().filter(|id| id.starts_with("declaration/") && !named.contains(*id)).collect();
    assert!(missing.is_empty(), "not named: {missing:?}");
}

/// The blocks of shell name commands in an order in which they work; each is one that the program has (`cli.rs` looks at all pages).
#[test]
fn the_way_is_from_init_to_a_run() {
    let page = page();
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("witnessmark ")).collect();
    let firsts: Vec<&str> = commands.iter().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(firsts, ["init", "validate", "validate", "gaps", "trace", "rights", "keys", "ledger", "run", "show"]);
}
