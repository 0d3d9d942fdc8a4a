//! A program of somebody else's, from its conformance suite to a sealed bundle; and what one that crashes costs.
#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use fakes::aws::{AwsFake, Size, World};
use serde_json::{Value, json};
use testkit::{Server, executable};
use workspace_tests::desk::{Desk, Sealed, template};
use workspace_tests::root;

/// The fingerprint of the key below, as `ssh-keygen -lf` prints it.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f host\n";

pub const SETTINGS: &str = "settings: {command: [DESK/sshd], host_key: DESK/host.pub}";

/// A desk with the example, a host key, and a server that prints its configuration.
pub fn desk(declaration: &str) -> Desk {
    let desk = Desk::new("witnessmark: 1\n");
    let here = desk.path("").to_string_lossy().trim_end_matches('/').to_owned();
    fs::write(desk.path("witnessmark.yaml"), declaration.replace("DESK", &here)).expect("a declaration");
    fs::copy(root().join("examples/openssh.py"), desk.path("openssh.py")).expect("the example");
    fs::write(desk.path("host.pub"), KEY).expect("a key");
    executable(
        &desk.path("sshd"),
        "#!/bin/sh\nprintf 'port 22\\npermitrootlogin no\\nlistenaddress 0.0.0.0:22\\nlistenaddress [::]:22\\n'\n",
    );
    fs::write(
        desk.path("settings.json"),
        json!({"command": [format!("{here}/sshd")], "host_key": format!("{here}/host.pub")}).to_string(),
    )
    .expect("settings");
    desk
}

fn declaration(identity: &str) -> String {
    format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\npolicies: [own]\ntargets:\n  - {{id: bastion, collector: exec, name: openssh, identity: \"{identity}\", program: openssh.py, {SETTINGS}}}\n  - {{id: broken, collector: exec, name: crasher, identity: \"x\", program: crasher}}\ncontrols:\n  - {{id: AC-SSH, title: Nobody logs in as root, checks: [{{use: openssh/root-login-is-off}}]}}\n"
    )
}

pub const CHECK: &str = r#"# METADATA
# title: Nobody logs in as root
# description: Reads `PermitRootLogin`. Cannot see what `Match` blocks say.
# scope: package
# related_resources:
#   - ref: https://man.openbsd.org/sshd_config
# custom:
#   subject: openssh/server
#   needs:
#     conforms: [options]
#     deviates: [options]
#   severity: high
#   remediation: Set `PermitRootLogin no`.
package checks.openssh.root_login_is_off

conforms contains {"path": "/options/permitrootlogin"} if input.resource.options.permitrootlogin == ["no"]

deviates contains {"path": "/options/permitrootlogin"} if input.resource.options.permitrootlogin[_] == "yes"
"#;

pub const CRASHER: &str = "#!/bin/sh\nread -r line\nprintf '%s\\n' '{\"descriptor\":{\"name\":\"crasher\",\"summary\":\"dies\",\"thief\":\"nothing\",\"endpoints\":[],\"settings\":{\"type\":\"object\"},\"rights\":[],\"resources\":[{\"kind\":\"crasher/thing\",\"schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"a\":{}}}}]}}'\nread -r line || exit 0\nkill -ABRT $$\n";

/// The records of a type, without those of what is declared.
fn records(desk: &Desk, kind: &str) -> Vec<Value> {
    let sealed = Sealed::read(&desk.path("evidence/bundles"), 0);
    sealed.of(kind).filter(|record| record["target"] != "declaration").cloned().collect()
}

#[test]
fn the_example_passes_the_suite_and_appears_in_a_bundle_beside_a_program_that_crashes() {
    let desk = desk("witnessmark: 1\n");
    let tested =
        desk.witnessmark(&["collectors", "test", "--settings", "settings.json", "--format", "json", "./openssh.py"]);
    assert_eq!(tested.code, 0, "{tested:?}");
    let report = tested.json();
    assert!(report["points"].as_array().is_some_and(|points| points.len() >= 12), "{report}");
    let identity = report["identity"].as_str().expect("an identity").to_owned();
    assert!(identity.starts_with("SHA256:"), "{identity}");

    fs::write(
        desk.path("witnessmark.yaml"),
        declaration(&identity).replace("DESK", desk.path("").to_string_lossy().trim_end_matches('/')),
    )
    .expect("a declaration");
    fs::create_dir_all(desk.path("own/checks/openssh")).expect("a folder");
    fs::write(desk.path("own/checks/openssh/root_login_is_off.rego"), CHECK).expect("a check");
    executable(&desk.path("crasher"), CRASHER);
    let ran = desk.witnessmark(&["run", "--keys", "keys", "--store", "evidence"]);
    // The crashed target is a gap that no finding depends on.
    assert_eq!(ran.code, 3, "{ran:?}");

    let resources = records(&desk, "resource");
    assert_eq!(resources.len(), 1, "{resources:?}");
    assert_eq!(resources[0]["kind"], "openssh/server");
    assert_eq!(resources[0]["facts"]["options"]["permitrootlogin"], json!(["no"]));
    assert_eq!(resources[0]["id"], identity.as_str());
    let findings = records(&desk, "finding");
    assert!(findings.iter().all(|finding| finding["outcome"] == "conforms"), "{findings:?}");
    assert!(!findings.is_empty());

    let gaps = records(&desk, "gap");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((&gaps[0]["target"], &gaps[0]["reason"]), (&json!("broken"), &json!("collector-failed")));
    assert!(gaps[0]["detail"].as_str().is_some_and(|detail| detail.contains("SIGABRT")), "{gaps:?}");
    // Which programs ran is sealed, also of the one that crashed.
    let digests = records(&desk, "params");
    let digests: Vec<&Value> = digests.iter().filter(|p| p["parameters"]["sha256"].is_string()).collect();
    assert_eq!(digests.len(), 2, "{digests:?}");
    // What comes from this machine is no foreign endpoint: the bundle is evidence, not a rehearsal.
    assert_eq!(records(&desk, "run")[0]["overrides"], json!([]));
}

#[test]
fn a_faulty_program_is_told_what_is_wrong_and_whose_move_it_is() {
    let desk = desk("witnessmark: 1\n");
    executable(&desk.path("crasher"), CRASHER);
    let tested = desk.witnessmark(&["collectors", "test", "./crasher"]);
    assert_eq!(tested.code, 10, "{tested:?}");
    assert!(tested.stdout.contains("SIGABRT"), "{tested:?}");
    assert!(tested.stdout.contains("whose move: the program has to change"), "{tested:?}");
    fs::write(desk.path("plain"), "no program").expect("a file");
    let tested = desk.witnessmark(&["collectors", "test", "./plain"]);
    assert_eq!(tested.code, 10, "{tested:?}");
    assert!(tested.stdout.contains("cannot be started") && tested.stdout.contains("call it differently"), "{tested:?}");
}

#[test]
fn a_built_in_collector_reads_the_same_in_a_process_of_its_own() {
    let said = |isolate: bool| {
        let server = Server::http(AwsFake::new(World::new(Size::SMALL).paged(2)));
        let declared = template("111122223333", "[eu-west-1]");
        let apart = declared.replace("  - id: aws-prod\n", "  - id: aws-prod\n    isolate: true\n");
        assert_ne!(declared, apart);
        let mut desk = Desk::new(if isolate { &apart } else { &declared });
        desk.aws(&server.url(), "AKIAEXAMPLE000000000", "an example of a secret key");
        let (answer, sealed) = desk.seal();
        assert_eq!(sealed.of("gap").filter(|gap| gap["reason"] == "collector-failed").count(), 0, "{answer:?}");
        let findings: BTreeSet<(String, String)> =
            sealed.findings().into_iter().map(|finding| (finding.key, finding.outcome)).collect();
        (answer.code, sealed.facts(), findings)
    };
    let (together, apart) = (said(false), said(true));
    assert!(together.2.len() > 20, "{:?}", together.2);
    assert_eq!(apart.0, together.0);
    assert_eq!(apart.2, together.2);
    // When the ledger saw what is declared is another moment in each.
    for (key, facts) in together.1.iter().filter(|((kind, _), _)| !kind.starts_with("declaration/")) {
        assert_eq!(apart.1.get(key), Some(facts), "{key:?}");
    }
    assert_eq!(apart.1.len(), together.1.len());
}

/// Reads nothing but what is declared: one thing that stands where it says, one of which a part stands nowhere.
const READER: &str = r#"#!/bin/sh
while read -r line; do
  case "$line" in
    *describe*) echo '{"descriptor":{"name":"reader","summary":"reads the declaration","thief":"nothing","endpoints":[],"settings":{"type":"object"},"rights":[],"resources":[{"kind":"reader/thing","schema":{"type":"object","additionalProperties":false,"properties":{"entity":{},"system":{}}}}]}}' ;;
    *identify*) echo '{"identity":{"caller":"nobody","found":"x"}}' ;;
    *collect*)
      echo '{"resource":{"kind":"reader/thing","id":"a","parts":{"entity":[{"declaration":"witnessmark.yaml","line":2,"column":9}]},"facts":{"entity":"Northbank Custody Ltd"}}}'
      echo '{"resource":{"kind":"reader/thing","id":"b","parts":{"entity":[{"declaration":"witnessmark.yaml","line":2,"column":9}],"system":[{"declaration":"witnessmark.yaml","line":3,"column":900}]},"facts":{"entity":"Northbank Custody Ltd","system":"hot-wallet"}}}'
      echo '{"coverage":{"population":"reader/thing","calls":0,"pages":0,"items":2,"complete":true}}'
      echo '{"done":{}}' ;;
  esac
done
"#;

const DECLARED_CHECK: &str = r#"# METADATA
# title: The entity is named
# description: Reads the entity.
# scope: package
# related_resources:
#   - ref: https://example.com
# custom:
#   subject: reader/thing
#   needs:
#     conforms: [entity]
#     deviates: [entity]
#   severity: low
#   remediation: Name it.
package checks.reader.entity_is_named

conforms contains {"path": "/entity"} if input.resource.entity != ""

deviates contains {"path": "/entity"} if input.resource.entity == ""
"#;

#[test]
fn a_part_may_stand_in_the_declaration() {
    let desk = Desk::new(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {id: hot-wallet}\npolicies: [own]\ntargets:\n  - {id: here, collector: exec, name: reader, identity: \"x\", program: reader}\ncontrols:\n  - {id: DEC, title: Named, checks: [{use: reader/entity-is-named}]}\n",
    );
    fs::create_dir_all(desk.path("own/checks/reader")).expect("a folder");
    fs::write(desk.path("own/checks/reader/entity_is_named.rego"), DECLARED_CHECK).expect("a check");
    executable(&desk.path("reader"), READER);
    let ran = desk.witnessmark(&["run", "--keys", "keys", "--store", "evidence"]);
    assert_eq!(ran.code, 3, "{ran:?}");

    let resources = records(&desk, "resource");
    assert_eq!(
        resources[0]["parts"],
        json!({"entity": [{"declaration": "declaration:0", "line": 2, "column": 9}]}),
        "{resources:?}"
    );
    // What stands nowhere is not a fact, and that is said.
    assert_eq!(resources[1]["facts"], json!({"entity": "Northbank Custody Ltd"}));
    let gaps = records(&desk, "gap");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((&gaps[0]["part"], &gaps[0]["reason"]), (&json!("system"), &json!("collector-failed")));
    let detail = gaps[0]["detail"].as_str().expect("a detail");
    assert!(detail.contains("`witnessmark.yaml`, line 3, column 900: the file has no character there"), "{detail}");

    let bundle = desk.path("evidence/bundles/0.tar.zst");
    let bundle = bundle.to_string_lossy();
    let trust = ["--trust", "keys/trust.json"];
    let shown = desk.verify(&[["show", &*bundle, "--finding", "0"].as_slice(), &trust].concat());
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.contains("from witnessmark.yaml:2:9"), "{}", shown.stdout);
    assert!(shown.stdout.contains("│ entity: Northbank Custody Ltd"), "{}", shown.stdout);
    let shown = desk.verify(&[["show", &*bundle, "--finding", "0", "--format", "json"].as_slice(), &trust].concat());
    let place = &shown.json()["declarations"][0];
    assert_eq!((&place["record"], &place["path"]), (&json!("declaration:0"), &json!("witnessmark.yaml")));
    assert_eq!(place["places"], json!([{"line": 2, "column": 9, "text": "entity: Northbank Custody Ltd"}]));

    let paged = desk.verify(&[["report", &*bundle, "--out", "page.html"].as_slice(), &trust].concat());
    assert_eq!(paged.code, 0, "{paged:?}");
    let page = fs::read_to_string(desk.path("page.html")).expect("the page");
    assert!(page.contains("witnessmark.yaml:2:9") && page.contains("href=\"#declaration-0\""));
    assert!(page.contains("<pre tabindex=\"0\">entity: Northbank Custody Ltd</pre>"));
}

#[test]
fn a_program_that_says_nothing_of_its_list_costs_no_run() {
    let desk = Desk::new(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {id: hot-wallet}\ntargets:\n  - {id: here, collector: exec, name: reader, identity: \"x\", program: reader}\n",
    );
    let silent: Vec<&str> = READER.lines().filter(|line| !line.contains("coverage")).collect();
    executable(&desk.path("reader"), &silent.join("\n"));
    let ran = desk.witnessmark(&["run", "--keys", "keys", "--store", "evidence"]);
    assert_eq!(records(&desk, "run")[0]["status"], "partial", "{ran:?}");
    assert_eq!(records(&desk, "resource").len(), 2);
    let coverage = records(&desk, "coverage");
    assert_eq!((&coverage[0]["items"], &coverage[0]["complete"]), (&json!(2), &json!(false)));
    let gaps = records(&desk, "gap");
    let of_list = gaps.iter().filter(|gap| gap["population"] == "reader/thing" && gap["subject"].is_null());
    assert_eq!(of_list.count(), 1, "{gaps:?}");
    let bundle = desk.path("evidence/bundles/0.tar.zst");
    let verified = desk.verify(&[&*bundle.to_string_lossy(), "--trust", "keys/trust.json"]);
    assert_eq!(verified.code, 0, "{verified:?}");

    // A trust file of a later version is not wrong: nobody can decide by it.
    let trust = fs::read_to_string(desk.path("keys/trust.json")).expect("a trust file");
    let later = trust.replace("\"witnessmark_trust\": 1", "\"witnessmark_trust\": 2");
    assert_ne!(later, trust);
    fs::write(desk.path("later.json"), later).expect("a file");
    let verified = desk.verify(&[&*bundle.to_string_lossy(), "--trust", "later.json"]);
    assert_eq!(verified.code, 21, "{verified:?}");
    assert!(verified.stderr.contains("version 2; this program reads version 1"), "{verified:?}");
    fs::write(desk.path("later.json"), "{}").expect("a file");
    assert_eq!(desk.verify(&[&*bundle.to_string_lossy(), "--trust", "later.json"]).code, 2);
}
