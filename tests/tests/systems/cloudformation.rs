//! The templates of CloudFormation: the printed one of the reading role and the shipped one of the signing key, as cfn-lint reads them
//! and as an emulator makes stacks of them.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use fakes::emulators;
use serde_json::{Value, json};
use testkit::system;
use workspace_tests::desk::{Answer, Desk};
use workspace_tests::root;

const RUNNER: &str = "arn:aws:iam::123456789012:role/runner";

fn python(arguments: &[&str]) -> Answer {
    let mut command = Command::new(system("WITNESSMARK_TEST_MOTO_PYTHON"));
    let _ = command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    Answer::of(&command.args(arguments).output().unwrap())
}

/// moto brings it: its stacks are read with it.
fn cfn_lint(template: &Path) -> Answer {
    python(&["-c", "import sys\nfrom cfnlint.runner import main\nsys.exit(main())", template.to_str().unwrap()])
}

#[track_caller]
fn clean(template: &Path) {
    let answer = cfn_lint(template);
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{answer:?}");
}

fn stack(endpoint: &str, template: &Path, parameters: &[&str]) -> Value {
    let program = root().join("testenv/stack.py");
    let fixed = [program.to_str().unwrap(), endpoint, template.to_str().unwrap()];
    let answer = python(&[&fixed[..], parameters].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    let made = answer.json();
    assert_eq!(made["status"], "CREATE_COMPLETE", "{made:#}");
    made
}

/// A declaration that reads all that is read of AWS.
const EVERYTHING: &str = "witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets:
  - {id: prod, collector: [aws-iam, aws-kms, aws-cloudtrail, aws-organizations, aws-cloudhsm], account: \"123456789012\", regions: [eu-west-1]}
  - {id: trail, collector: aws-s3, account: \"123456789012\", regions: [eu-west-1], buckets: [trail]}
controls:
  - {id: ROOT, title: The root user has a second factor, checks: [{use: aws-iam/root-has-mfa}]}
";

#[test]
fn a_role_is_made_with_exactly_the_printed_rights() {
    let desk = Desk::bare();
    fs::write(desk.path("witnessmark.yaml"), EVERYTHING).unwrap();
    let printed = |form: &str| {
        let answer = desk.witnessmark(&["rights", "--format", form]);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer
    };
    let policy = printed("aws-policy").json();
    assert!(policy["Statement"].as_array().unwrap().len() >= 6, "{policy:#}");
    // What a role's own policies may have together: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
    assert!(policy.to_string().len() < 10_240, "{}", policy.to_string().len());
    let template = desk.path("reader.json");
    fs::write(&template, printed("cloudformation").stdout).unwrap();
    clean(&template);

    let scratch = tempfile::tempdir().unwrap();
    let moto = emulators::moto(scratch.path());
    let trusted = format!("TrustedPrincipal={RUNNER}");
    let mut trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": RUNNER}, "Action": "sts:AssumeRole"}]});
    let made = stack(moto.url(), &template, &[&trusted]);
    let role = &made["roles"]["witnessmark"];
    assert_eq!(role["policies"], json!({"witnessmark": policy}));
    assert_eq!((&role["attached"], &role["trust"]), (&json!([]), &trust));
    assert_eq!((&made["others"], made["roles"].as_object().unwrap().len()), (&json!([]), 1));
    assert_eq!(made["outputs"]["RoleArn"], "arn:aws:iam::123456789012:role/witnessmark");
    let made = stack(moto.url(), &template, &[&trusted, "ExternalId=4711", "RoleName=reader"]);
    trust["Statement"][0]["Condition"] = json!({"StringEquals": {"sts:ExternalId": "4711"}});
    assert_eq!(
        (&made["roles"]["reader"]["trust"], &made["roles"]["reader"]["policies"]["witnessmark"]),
        (&trust, &policy)
    );
}

#[test]
fn the_signing_key_is_made() {
    let template = root().join("deploy/cloudformation/signing-key.yaml");
    clean(&template);
    let scratch = tempfile::tempdir().unwrap();
    let moto = emulators::moto(scratch.path());
    let parameters =
        [&format!("SignerArn={RUNNER}"), "AdministratorArn=arn:aws:iam::123456789012:role/custodian-of-keys"];
    let made = stack(moto.url(), &template, &parameters);
    assert_eq!(made["others"], json!(["AWS::KMS::Key", "AWS::KMS::Alias"]));
    // cfn-lint knows what KMS knows.
    let wrong = scratch.path().join("wrong.yaml");
    let text = fs::read_to_string(&template).unwrap();
    fs::write(
        &wrong,
        text.replace("ECC_NIST_EDWARDS25519", "ED25519").replace("KeyUsage: SIGN_VERIFY", "KeyUsage: SIGN"),
    )
    .unwrap();
    let answer = cfn_lint(&wrong);
    assert!(answer.code != 0 && answer.stdout.contains("'ED25519'") && answer.stdout.contains("'SIGN'"), "{answer:?}");
}
