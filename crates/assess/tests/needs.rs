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
    assert!(says(&report).contains("`conforms` does not need \"grants\", says `needs`; but with its value from `test_deviates` it becomes `deviates`"), "{}", says(&report));
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

/// A reason for what is not settled hides nothing that is proven, and has words.
#[test]
fn what_is_not_settled_is_said_in_words() {
    let rules = format!(
        "{RULES}\nundetermined contains {{\"path\": \"/spec\", \"because\": \"nobody knows it\"}} if input.resource.spec == \"odd\"\n\nundetermined contains {{\"because\": \"never first\"}} if input.resource.spec == \"bad\"\n"
    );
    let tests = format!(
        "{TESTS}\ntest_undetermined if count(key.undetermined) == 1 with input as case(\"odd\", [\"inside\"])\n"
    );
    let needs = "{conforms: [spec, grants], deviates: [], undetermined: [spec, grants]}";
    let report = run(needs, &rules, &tests);
    assert!(report.is_good(), "{report:#?}");
    let outcomes: Vec<_> = report.cases.iter().map(|case| case.outcome.as_str()).collect();
    assert_eq!(outcomes, ["conforms", "deviates", "deviates", "undetermined"]);
    let wordless = rules.replace(", \"because\": \"nobody knows it\"", "");
    assert!(says(&run(needs, &wordless, &tests)).contains("says by `because` why"));
    assert!(says(&run(needs, &rules, TESTS)).contains("no test makes it say `undetermined`"));
}

#[test]
fn what_no_test_shows_is_found() {
    let report = run(
        "{conforms: [spec, grants, policy], deviates: [], not_applicable: [spec]}",
        &format!("{RULES}\nnot_applicable contains {{\"path\": \"/spec\"}} if input.resource[\"manager\"] == \"x\"\n"),
        TESTS,
    );
    let says = says(&report);
    for what in ["no test makes it say `not-applicable`", "speaks of the part `policy`", "speaks of the part `manager`"]
    {
        assert!(says.contains(what), "{says}");
    }
}

#[test]
fn evidence_names_what_is_there() {
    let nowhere = RULES.replace("{\"path\": \"/grants\"}", "{\"path\": \"/grants/7\"}");
    assert!(
        says(&run("{conforms: [spec, grants], deviates: []}", &nowhere, TESTS))
            .contains("the evidence names `/grants/7`, where nothing stands")
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
