//! Runs of the GitHub collector in a test's own process, and the declaration for those of the program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test is built from stops at the first surprise")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sdk::{Clock, Environment, KnownSecrets, Overrides, RightStatus, Secret, Target, Timestamp};
use serde_json::{Map, Value, json};
use testkit::{HASTY, Memory, Seen};

/// A declaration that uses every check of GitHub on the fake's organisation. `more` stands in the target.
#[must_use]
pub fn declaration(url: &str, more: &str) -> String {
    format!(
        r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {{id: hot-wallet}}
targets:
  - id: github
    collector: github
    organization: northbank
    organization_id: 4711201
    repositories: [signer, deploy]
    api_url: "{url}"
{more}controls:
  - id: GH-1
    title: Whoever can change the signer has a second factor and is known
    observe: {{every: 1d}}
    checks:
      - use: github/org-requires-2fa
      - use: github/members-have-2fa
      - use: github/members-have-secure-2fa
      - use: github/outside-collaborators-have-2fa
      - use: github/owners-are-declared
        with: {{owners: [ada, bo]}}
      - use: github/protected-branch-cannot-be-bypassed
      - use: github/deploy-keys-are-read-only
      - use: github/apps-are-declared
        with: {{apps: [ci-runner, release-bot, witnessmark]}}
      - use: github/actions-trust-is-bounded
"#
    )
}

/// The fake's organisation, as a target names it.
#[must_use]
pub fn settings() -> Map<String, Value> {
    match json!({"organization": "northbank", "organization_id": 4_711_201, "repositories": ["signer", "deploy"]}) {
        Value::Object(settings) => settings,
        other => panic!("{other}"),
    }
}

/// A private key in PEM, and its public key as `RSAPublicKey` in DER.
#[must_use]
pub fn rsa_key() -> (String, Vec<u8>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    (key.serialize_pem(), key.public_key_raw().to_vec())
}

/// What was recorded of this organisation, asked with a token.
pub async fn collect(url: &str, token: &str, settings: Map<String, Value>, seconds: u64) -> Seen {
    let (seen, error) = try_collect(url, Some(token), settings, seconds).await;
    assert_eq!(error, None);
    seen
}

/// The same with the credentials that the settings name.
pub async fn collect_as_declared(url: &str, settings: Map<String, Value>, seconds: u64) -> Seen {
    let (seen, error) = try_collect(url, None, settings, seconds).await;
    assert_eq!(error, None);
    seen
}

/// What was recorded, and why it ended early.
pub async fn try_collect(
    url: &str,
    token: Option<&str>,
    settings: Map<String, Value>,
    seconds: u64,
) -> (Seen, Option<String>) {
    let memory = Memory::default();
    let error = with_collector(&memory, url, token, settings, seconds, async |collector, recorder| {
        collector.collect(&recorder).await.err().map(|error| error.to_string())
    })
    .await
    .unwrap_or_else(Some);
    (memory.seen(), error)
}

/// What preflight says.
pub async fn preflight(url: &str, token: &str, settings: Map<String, Value>) -> Vec<RightStatus> {
    let memory = Memory::default();
    with_collector(&memory, url, Some(token), settings, 30, async |collector, recorder| {
        collector.preflight(&recorder).await.unwrap()
    })
    .await
    .unwrap()
}

async fn with_collector<T>(
    memory: &Memory,
    url: &str,
    token: Option<&str>,
    settings: Map<String, Value>,
    seconds: u64,
    use_it: impl AsyncFnOnce(Box<dyn sdk::Collector>, sdk::Recorder) -> T,
) -> Result<T, String> {
    let recorder = memory.recorder("github", "github", KnownSecrets::default());
    let environment = Environment {
        run_id: "01J0000000000000000000TEST".to_owned(),
        user_agent: "witnessmark/0.0.0".to_owned(),
        concurrency: 8,
        clock: Clock::new(|| now(Duration::ZERO)),
        deadline: now(Duration::from_secs(seconds)),
        patience: HASTY,
        stop: sdk::Stop::default(),
        pins: std::collections::BTreeMap::new(),
        overrides: Overrides {
            endpoint_url: Some(url.to_owned()),
            token: token.map(|token| Secret::new(token.to_owned())),
            ..Overrides::default()
        },
    };
    let target = Target { id: "github".to_owned(), settings };
    let kind = collectors::find("github").unwrap();
    let collector = kind.connect(&target, &environment, &recorder).await.map_err(|error| error.to_string())?;
    collector.identify(&recorder).await.map_err(|error| error.to_string())?;
    Ok(use_it(collector, recorder).await)
}

fn now(later: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + later;
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}
