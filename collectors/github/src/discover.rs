//! Which organisation a first declaration is about: the one that the environment names, as GitHub's own jobs have it.
//!
//! To list the organisations of a token would need a right that no run uses.

use sdk::{CollectError, Environment, FoundTarget, Recorder, Target};
use serde_json::{Map, Value};

use crate::organization::{self, Told};
use crate::session::{Refusal, Session};
use crate::settings::PUBLIC;

/// Variables that every job of GitHub Actions has: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
const OWNER: &str = "GITHUB_REPOSITORY_OWNER";
const REPOSITORY: &str = "GITHUB_REPOSITORY";
const API_URL: &str = "GITHUB_API_URL";
const TOKEN: &str = "GITHUB_TOKEN";

/// The organisation that the environment names, pinned to the number by which GitHub knows it.
///
/// # Errors
/// When the environment names none or holds no token, or GitHub does not show it to that token.
pub async fn discover(environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
    let variable = |name: &str| sdk::variable(&[name]).filter(|value| !value.trim().is_empty());
    let mut settings = named(variable).map_err(|problem| CollectError::Credentials { problem })?;
    // Which number it has is what is asked: none has this one.
    settings.insert("organization_id".to_owned(), Value::from(0));
    let target = Target { id: recorder.target().to_owned(), settings };
    let session = Session::connect(&target, environment, recorder).await?;
    let call = organization::call(&session);
    let answer = session.get(&call).await?.map_err(Refusal::fatal)?;
    let told: Told = answer.read(&call).map_err(Refusal::fatal)?;
    let mut settings = target.settings;
    settings.insert("organization".to_owned(), Value::from(told.login.as_str()));
    settings.insert("organization_id".to_owned(), Value::from(told.id));
    Ok(vec![FoundTarget {
        id: format!("github-{}", told.login.to_lowercase()),
        settings,
        note: format!(
            "the organisation that `{OWNER}` names; list under `repositories` those whose protection matters. The token of a GitHub Actions job sees little of an organisation: `witnessmark rights` prints what a GitHub App needs"
        ),
    }])
}

/// The settings of a target as far as the environment says them.
fn named(variable: impl Fn(&str) -> Option<String>) -> Result<Map<String, Value>, String> {
    let (Some(owner), Some(_)) = (variable(OWNER), variable(TOKEN)) else {
        return Err(format!("to find an organisation, set `{OWNER}` to its name and `{TOKEN}` to a token"));
    };
    let mut settings = Map::from_iter([("organization".to_owned(), Value::from(owner.as_str()))]);
    if let Some(url) = variable(API_URL).filter(|url| url != PUBLIC) {
        settings.insert("api_url".to_owned(), Value::from(url));
    }
    let of_owner = variable(REPOSITORY).and_then(|full| {
        let (whose, name) = full.split_once('/')?;
        (whose == owner).then(|| name.to_owned())
    });
    if let Some(name) = of_owner {
        settings.insert("repositories".to_owned(), Value::from(vec![name]));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Value, String> {
        let value = |name: &str| variables.iter().find(|one| one.0 == name).map(|one| one.1.to_owned());
        named(value).map(Value::Object)
    }

    #[test]
    fn the_environment_names_organisation_server_and_repository() {
        let job = [(OWNER, "northbank"), (TOKEN, "t"), (REPOSITORY, "northbank/signer"), (API_URL, PUBLIC)];
        assert_eq!(of(&job), Ok(json!({"organization": "northbank", "repositories": ["signer"]})));
        let elsewhere = "https://github.northbank.example/api/v3";
        assert_eq!(
            of(&[(OWNER, "northbank"), (TOKEN, "t"), (REPOSITORY, "other/signer"), (API_URL, elsewhere)]),
            Ok(json!({"organization": "northbank", "api_url": elsewhere}))
        );
    }

    #[test]
    fn without_a_name_or_a_token_it_says_what_is_missing() {
        for some in [&[][..], &[(OWNER, "northbank")], &[(TOKEN, "t")]] {
            let problem = of(some).unwrap_err();
            assert!(problem.contains(OWNER) && problem.contains(TOKEN), "{problem}");
        }
    }
}
