//! Profiles of the AWS configuration files as people have them: by which key each of them asks, or why none does.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fakes::aws::{AwsFake, AwsWording, Size, World};
use testkit::{Handler, Reply, Request, Server, Wording, executable};
use workspace_tests::desk::Desk;

/// What was asked of STS, in that order: the operation, the key that signed it, and what else it bears.
type Asked = Arc<Mutex<Vec<String>>>;

struct Noting {
    fake: AwsFake,
    asked: Asked,
}

#[async_trait]
impl Handler for Noting {
    async fn answer(&self, request: &Request) -> Reply {
        if request.operation.starts_with("sts:") {
            let by = request.header("authorization").and_then(|text| text.split("Credential=").nth(1));
            let by = by.and_then(|text| text.split('/').next()).unwrap_or("nobody");
            let name = request.operation.trim_start_matches("sts:");
            let mut line = format!("{name} by {by}");
            for parameter in ["RoleArn", "ExternalId", "SerialNumber", "TokenCode", "DurationSeconds"] {
                if let Some(value) = request.parameter(parameter) {
                    line.push_str(&format!(" {}", value.rsplit('/').next().unwrap_or(value)));
                }
            }
            self.asked.lock().unwrap().push(line);
        }
        self.fake.answer(request).await
    }

    fn wording(&self) -> &dyn Wording {
        &AwsWording
    }
}

const FILES: &str = r"
[default]
region = eu-west-1

[profile keys]
aws_access_key_id = AKIAOFTHEPROFILE0000
aws_secret_access_key = an example of a secret

[profile region]
region = eu-west-1

[profile role]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = keys
external_id = x-1
duration_seconds = 1800

[profile twice]
role_arn = arn:aws:iam::111122223333:role/two
source_profile = role

[profile itself]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = itself
aws_access_key_id = AKIAOFITSELF00000000
aws_secret_access_key = an example of a secret

[profile environment]
role_arn = arn:aws:iam::111122223333:role/one
credential_source = Environment

[profile nothing]
role_arn = arn:aws:iam::111122223333:role/one

[profile both]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = keys
credential_source = Environment

[profile odd]
role_arn = arn:aws:iam::111122223333:role/one
credential_source = Elsewhere

[profile lost]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = gone

[profile circle]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = round

[profile round]
role_arn = arn:aws:iam::111122223333:role/two
source_profile = circle

[profile process]
credential_process = ./gives.sh

[profile mfa]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = keys
mfa_serial = arn:aws:iam::111122223333:mfa/ada

[profile login]
login_session = arn:aws:iam::111122223333:user/ada

[profile beyond-login]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = login

[profile bundle]
aws_access_key_id = AKIAOFTHEPROFILE0000
aws_secret_access_key = an example of a secret
ca_bundle = nowhere.pem
";

/// A desk whose target names this profile, if any.
fn desk(server: &Server, profile: Option<&str>) -> Desk {
    let profile = profile.map(|name| format!(", profile: {name}")).unwrap_or_default();
    // Nothing is sealed: no keys, and no ledger.
    let mut desk = Desk::bare();
    let declaration = format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: prod, collector: aws-kms, account: \"111122223333\", \
         regions: [eu-west-1]{profile}}}\ncontrols:\n  - id: KEYS\n    title: Keys can be used\n    checks: [{{use: aws-kms/key-is-usable}}]\n"
    );
    fs::write(desk.path("witnessmark.yaml"), declaration).unwrap();
    fs::write(desk.path("config"), FILES).unwrap();
    executable(
        &desk.path("gives.sh"),
        "#!/bin/sh\necho '{\"Version\": 1, \"AccessKeyId\": \"AKIAOFTHEPROCESS0000\", \"SecretAccessKey\": \"an example of a secret\"}'\n",
    );
    let config = desk.path("config").display().to_string();
    desk.set("AWS_CONFIG_FILE", &config);
    desk.set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    desk.set("AWS_ENDPOINT_URL", &server.url());
    desk
}

fn server() -> (Server, Asked) {
    let asked = Asked::default();
    let fake = AwsFake::new(World::new(Size::SMALL));
    (Server::http(Noting { fake, asked: Arc::clone(&asked) }), asked)
}

/// What was asked of STS, or why nothing could be.
fn preflight(profile: Option<&str>, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let (server, asked) = server();
    let mut desk = desk(&server, profile);
    for (name, value) in variables {
        desk.set(name, value);
    }
    let answer = desk.witnessmark(&["preflight", "--quiet", "--format", "json", "--deadline", "60"]);
    let told = answer.json()["targets"].clone();
    match told[0]["failure"].as_str() {
        Some(failure) => Err(failure.to_owned()),
        None => {
            assert!(told[0]["caller"].is_string(), "{answer:?}");
            Ok(asked.lock().unwrap().clone())
        }
    }
}

#[test]
fn each_shape_of_a_profile_asks_as_whom_it_says() {
    const KEYS: [(&str, &str); 2] =
        [("AWS_ACCESS_KEY_ID", "AKIAOFENVIRONMENT000"), ("AWS_SECRET_ACCESS_KEY", "an example of a secret")];
    let who = |key: &str| format!("GetCallerIdentity by {key}");
    let (of_profile, of_environment) = (who("AKIAOFTHEPROFILE0000"), who("AKIAOFENVIRONMENT000"));
    let session = who("ASIA0000000000WITNES");
    let with = |more: &[(&'static str, &'static str)]| [&KEYS[..], more].concat();
    let one = |by: &str| format!("AssumeRole by {by} one");
    type Shape<'s> = (Option<&'s str>, Vec<(&'s str, &'s str)>, Result<Vec<String>, &'s str>);
    let shapes: Vec<Shape<'_>> = vec![
        // C1: what is declared wins.
        (Some("keys"), vec![], Ok(vec![of_profile.clone()])),
        (Some("keys"), with(&[]), Ok(vec![of_profile.clone()])),
        (Some("keys"), with(&[("AWS_PROFILE", "process")]), Ok(vec![of_profile.clone()])),
        (None, with(&[]), Ok(vec![of_environment.clone()])),
        (None, with(&[("AWS_PROFILE", "keys")]), Ok(vec![of_environment])),
        (None, vec![("AWS_PROFILE", "keys")], Ok(vec![of_profile])),
        // A default profile that says nothing of credentials leaves the other places to the SDK.
        (None, vec![], Err("no credentials found in chain. Attempted:")),
        (Some("gone"), vec![], Err("`profile` of target `prod`: there is no profile `gone` in ")),
        (Some("gone"), with(&[]), Err("there is no profile `gone` in ")),
        (None, vec![("AWS_PROFILE", "gone")], Err("`AWS_PROFILE`: there is no profile `gone` in ")),
        (None, with(&[("AWS_PROFILE", "gone")]), Err("`AWS_PROFILE`: there is no profile `gone` in ")),
        (Some("region"), with(&[]), Err("the profile `region` says nothing of credentials")),
        // Roles.
        (
            Some("role"),
            with(&[]),
            Ok(vec!["AssumeRole by AKIAOFTHEPROFILE0000 one x-1 1800".to_owned(), session.clone()]),
        ),
        (
            Some("twice"),
            vec![],
            Ok(vec![
                "AssumeRole by AKIAOFTHEPROFILE0000 one x-1 1800".to_owned(),
                "AssumeRole by ASIA0000000000WITNES two".to_owned(),
                session.clone(),
            ]),
        ),
        (Some("itself"), vec![], Ok(vec![one("AKIAOFITSELF00000000"), session.clone()])),
        (Some("environment"), with(&[]), Ok(vec![one("AKIAOFENVIRONMENT000"), session])),
        (
            Some("nothing"),
            vec![],
            Err("the profile `nothing` takes on a role, and says with whose credentials neither"),
        ),
        (Some("both"), vec![], Err("has `source_profile` and `credential_source`")),
        (Some("odd"), vec![], Err("`credential_source` of the profile `odd` is `Elsewhere`")),
        (Some("lost"), vec![], Err("the profile `lost` takes its credentials from `gone`")),
        (Some("circle"), vec![], Err("the profiles circle, round lead in a circle")),
        (Some("process"), with(&[]), Ok(vec![who("AKIAOFTHEPROCESS0000")])),
        // C2, C3.
        (
            Some("mfa"),
            vec![],
            Err("asks for a code of the MFA device `arn:aws:iam::111122223333:mfa/ada`, and there is no terminal"),
        ),
        (None, vec![("AWS_PROFILE", "mfa")], Err("there is no terminal to prompt on")),
        (Some("login"), vec![], Err("the profile `login` is one of `aws login`")),
        (None, vec![("AWS_PROFILE", "login")], Err("the profile `login` is one of `aws login`")),
        (Some("beyond-login"), vec![], Err("aws configure export-credentials --profile login")),
        (Some("bundle"), vec![], Err("nowhere.pem")),
    ];
    let mut wrong = Vec::new();
    for (profile, variables, expected) in shapes {
        let found = preflight(profile, &variables);
        let fits = match (&found, &expected) {
            (Ok(found), Ok(expected)) => found == expected,
            (Err(found), Err(expected)) => found.contains(expected),
            _ => false,
        };
        if !fits {
            wrong.push(format!("{profile:?} {variables:?}: {found:?}, and not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A terminal of its own, by `script` (of util-linux), on which a person types the code.
#[test]
fn a_code_of_an_mfa_device_is_prompted_for_once() {
    let (server, asked) = server();
    let desk = desk(&server, Some("mfa"));
    fs::write(desk.path("typed"), "123456\n").unwrap();
    let program = workspace_tests::desk::program("witnessmark");
    let command = format!("{} preflight --quiet --format json --deadline 60", program.display());
    let output = desk
        .command(std::path::Path::new("script"))
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(fs::File::open(desk.path("typed")).unwrap())
        .output()
        .unwrap_or_else(|error| panic!("`script` (of util-linux): {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Code of the MFA device arn:aws:iam::111122223333:mfa/ada (profile mfa): "), "{said}");
    let asked = asked.lock().unwrap().clone();
    let expected = [
        "AssumeRole by AKIAOFTHEPROFILE0000 one ada 123456".to_owned(),
        "GetCallerIdentity by ASIA0000000000WITNES".to_owned(),
    ];
    assert_eq!(asked, expected, "{said}");
}
