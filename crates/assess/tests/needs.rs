//! `needs` is proven: a check that says too little of what it rests on is found out.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use witnessmark_assess::{CheckSet, testing};

/// A check of `test/key` with these needs and rules, and its tests.
fn run(needs: &str, rules: &str, tests: &str) -> testing::Report {
    let text = format!(
        "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   subject: test/key\n#   needs: {needs}\n#   severity: low\n#   remediation: r\npackage checks.test.key\n\n{rules}\n"
    );
    let set = CheckSet::default().with_own([("checks/test/key.rego", text.as_str())]).unwrap();
    let tests = format!("package checks.test.key_test\n\nimport data.checks.test.key\n\n{tests}\n");
    testing::run(&set, &[("checks/test/key_test.rego".to_owned(), tests)])
}

fn says(report: &testing::Report) -> String {
    report.defects.iter().map(|d| format!("{}\n", d.what)).collect()
}

const TESTS: &str = r#"case(spec, grants) := {"resource": {"spec": spec, "grants": grants}}

test_conforms if count(key.conforms) == 1 with input as case("good", ["inside"])

test_deviates if count(key.deviates) == 1 with input as case("good", ["inside", "outside"])

test_deviates_by_its_spec if count(key.deviates) == 1 with input as case("bad", ["inside"])
"#;

const RULES: &str = r#"outside := [g | some g in input.resource.grants; g == "outside"]

conforms contains {"path": "/spec", "actual": input.resource.spec} if {
	input.resource.spec == "good"
	count(outside) == 0
}

deviates contains {"path": "/grants"} if count(outside) > 0

deviates contains {"path": "/spec"} if input.resource.spec == "bad"
"#;

#[test]
fn a_check_that_says_what_it_needs_is_good() {
    let report = run("{conforms: [spec, grants], deviates: []}", RULES, TESTS);
    assert!(report.is_good(), "{report:#?}");
    assert_eq!((report.tests.len(), report.cases.len()), (3, 3));
}

#[test]
fn an_absence_that_looks_clean_is_found() {
    let report = run("{conforms: [spec], deviates: []}", RULES, TESTS);
    assert!(says(&report).contains("it says `deviates`, and without `grants` `conforms`"), "{}", says(&report));
}

/// Removing the part gives the same outcome here; only another value of it shows that it mattered.
#[test]
fn an_outcome_that_another_value_overturns_is_found() {
    let tests = TESTS
        .replace("[\"inside\", \"outside\"]", "[\"outside\"]")
        .replace("case(\"bad\", [\"inside\"])", "case(\"bad\", [])");
    let report = run("{conforms: [spec], deviates: [spec, grants]}", RULES, &tests);
    assert!(says(&report).contains("`needs` says that `conforms` does not need \"grants\", but with its value from `test_deviates` it becomes `deviates`"), "{}", says(&report));
}

/// "There is none" may not be concluded from a list that was cut short.
#[test]
fn a_list_cut_short_is_no_proof_of_absence() {
    let rules = "conforms contains {\"path\": \"/devices\"} if count(input.resource.devices) > 0\n\ndeviates contains {\"path\": \"/devices\"} if count(input.resource.devices) == 0";
    let tests = "test_conforms if count(key.conforms) == 1 with input as {\"resource\": {\"devices\": [1]}}\n\ntest_deviates if count(key.deviates) == 1 with input as {\"resource\": {\"devices\": []}}";
    assert!(run("{conforms: [], deviates: [devices]}", rules, tests).is_good());
    let report = run("{conforms: [], deviates: []}", rules, tests);
    assert!(says(&report).contains("it says `conforms`, and with `devices` cut short `deviates`"), "{}", says(&report));
}

#[test]
fn what_no_test_shows_is_found() {
    let report = run(
        "{conforms: [spec, grants, policy], deviates: [], not_applicable: [spec]}",
        &format!("{RULES}\nnot_applicable contains {{\"path\": \"/spec\"}} if input.resource[\"manager\"] == \"x\"\n"),
        TESTS,
    );
    let says = says(&report);
    for what in ["no test makes it say `not-applicable`", "names the part `policy`", "names the part `manager`"] {
        assert!(says.contains(what), "{says}");
    }
}

#[test]
fn evidence_names_what_is_there() {
    let nowhere = RULES.replace("{\"path\": \"/grants\"}", "{\"path\": \"/grants/7\"}");
    assert!(
        says(&run("{conforms: [spec, grants], deviates: []}", &nowhere, TESTS))
            .contains("the evidence names `/grants/7`, where there is nothing")
    );
    let wrong = RULES.replace("\"actual\": input.resource.spec", "\"actual\": \"better\"");
    assert!(
        says(&run("{conforms: [spec, grants], deviates: []}", &wrong, TESTS))
            .contains("the evidence shows \"better\" for `/spec`")
    );
    let empty = RULES.replace("{\"path\": \"/grants\"}", "{\"expected\": 1}");
    assert!(
        says(&run("{conforms: [spec, grants], deviates: []}", &empty, TESTS)).contains("neither a place nor a reason")
    );
}

#[test]
fn tests_that_fail_or_are_missing_are_said() {
    let report = run(
        "{conforms: [spec, grants], deviates: []}",
        RULES,
        "test_wrong if count(key.conforms) == 1 with input as {\"resource\": {\"spec\": \"bad\", \"grants\": []}}",
    );
    assert!(!report.is_good());
    assert!(report.tests[0].failure.as_ref().unwrap().contains("does not hold"));
    assert!(
        says(&run("{conforms: []}", "conforms contains {\"because\": \"x\"} if true", "x := 1"))
            .contains("no rule whose name starts with `test_`")
    );
    let set = CheckSet::stock().unwrap();
    assert!(testing::run(&set, &[]).defects.iter().all(|d| d.what == "it has no tests"));
}

const EITHER: &str = r#"case(rules, protection) := {"resource": {"rules": rules, "protection": protection}}

firm := {"bypass": []}

loose := {"bypass": ["ada"]}

test_by_both if count(key.conforms) > 0 with input as case(["review"], firm)

test_by_rules if count(key.conforms) > 0 with input as case(["review"], loose)

test_by_protection if count(key.conforms) > 0 with input as case([], firm)

test_deviates if count(key.deviates) > 0 with input as case([], loose)
"#;

const EITHER_RULES: &str = r#"by_rules if "review" in input.resource.rules

by_protection if {
	is_object(input.resource.protection)
	count(input.resource.protection.bypass) == 0
}

conforms contains {"path": "/rules"} if by_rules

conforms contains {"path": "/protection"} if by_protection

deviates contains {"path": "/protection"} if {
	is_array(input.resource.rules)
	is_object(input.resource.protection)
	not by_rules
	not by_protection
}
"#;

/// Two sources each prove it: one that was read is enough, and what is there of the other one does not speak.
#[test]
fn one_of_several_lists_is_enough() {
    let report = run("{conforms: [[rules], [protection]], deviates: [rules, protection]}", EITHER_RULES, EITHER);
    assert!(report.is_good(), "{}", says(&report));
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    // A list of those who may bypass that was cut lets nobody through; without its own list of parts it would have spoken.
    let report = run("{conforms: [], deviates: [rules, protection]}", EITHER_RULES, EITHER);
    assert!(
        says(&report).contains("it says `deviates`, and with `protection` cut short `conforms`"),
        "{}",
        says(&report)
    );
}

/// A rule that takes what was not read for what is not there is found where one side alone is left.
#[test]
fn a_side_that_was_not_read_is_not_taken_for_empty() {
    let careless =
        EITHER_RULES.replace("\tis_array(input.resource.rules)\n\tis_object(input.resource.protection)\n", "");
    let report = run("{conforms: [[rules], [protection]], deviates: [[rules], [protection]]}", &careless, EITHER);
    assert!(
        says(&report).contains("with nothing of rules read `deviates`")
            || says(&report).contains("without `rules` `deviates`"),
        "{}",
        says(&report)
    );
}

/// Asking for both where one decides loses what was proven: a warning.
#[test]
fn a_part_that_decides_nothing_is_warned_of() {
    let report = run("{conforms: [rules, protection], deviates: [rules, protection]}", EITHER_RULES, EITHER);
    assert!(report.is_good(), "{}", says(&report));
    let said: Vec<&str> = report.warnings.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(
        said,
        [
            "`needs` says that `conforms` needs `rules`, which decides nothing about it here",
            "`needs` says that `conforms` needs `protection`, which decides nothing about it here",
        ]
    );
}
