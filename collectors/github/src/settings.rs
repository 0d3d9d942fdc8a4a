//! The settings of a target of GitHub.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sdk::{CollectError, Digest, Target};
use serde::Deserialize;
use serde_json::Value;

/// Where GitHub answers when no server of one's own is declared.
pub const PUBLIC: &str = "https://api.github.com";
/// How the host of an enterprise with data residency ends: `api.northbank.ghe.com`.
const OF_ENTERPRISES: &str = ".ghe.com";

/// One organisation, and how it is entered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The organisation's name, as it is in addresses.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    pub organization: String,
    /// The organisation's number (`id` of `GET /orgs/{org}`): a name can be given up and taken by others. Nothing is read of another one.
    pub organization_id: u64,
    /// Names of the repositories to look at closely, without the organisation's.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^[A-Za-z0-9._-]+$")))]
    pub repositories: Vec<String>,
    /// Of an Enterprise Server: `https://github.example/api/v3`. Of an enterprise with data residency: `https://api.northbank.ghe.com`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^https?://[^/?#@]+(/[^?#]*)?$"))]
    pub api_url: Option<String>,
    /// PEM file of further certificate authorities, for an Enterprise Server.
    #[serde(default)]
    pub ca_file: Option<String>,
    /// SHA-256 (hex) of each certificate of an Enterprise Server's authority in DER form, of `ca_file` or of this machine. Others are not
    /// trusted. Without it a run against a server of one's own is a rehearsal: anybody could answer in its place.
    #[serde(default)]
    #[schemars(length(min = 1), inner(regex(pattern = r"^[0-9a-f]{64}$")))]
    pub ca: Option<Vec<String>>,
    /// Environment variable that holds the token; `GITHUB_TOKEN` without it.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Z_][A-Z0-9_]*$"))]
    pub token_variable: Option<String>,
    /// Asks as an App instead of a token.
    #[serde(default)]
    pub app: Option<App>,
    /// How many days of the audit log are read. 90 without it.
    #[serde(default)]
    #[schemars(range(min = 1, max = 180))]
    pub audit_log_days: Option<u16>,
}

/// A GitHub App and its installation in the organisation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct App {
    pub id: u64,
    pub installation: u64,
    /// PEM file of the App's private key.
    pub private_key_file: String,
}

/// The JSON Schema of the settings, for the descriptor.
pub fn schema() -> Value {
    schemars::schema_for!(Settings).to_value()
}

impl Settings {
    /// Parses and checks a target's settings.
    pub fn of(target: &Target) -> Result<Self, CollectError> {
        let wrong = |setting: &str, problem: String| CollectError::Settings {
            target: target.id.clone(),
            setting: setting.to_owned(),
            problem,
        };
        for required in ["organization", "organization_id"] {
            if !target.settings.contains_key(required) {
                return Err(wrong(required, "is missing".to_owned()));
            }
        }
        let mut settings: Self = serde_json::from_value(Value::Object(target.settings.clone()))
            .map_err(|error| wrong("organization", format!("the settings cannot be read: {error}")))?;
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        if !plain(&settings.organization) {
            return Err(wrong(
                "organization",
                format!("`{}` is not the name of an organisation", settings.organization),
            ));
        }
        if let Some(name) = settings.repositories.iter().find(|name| !plain(name)) {
            return Err(wrong(
                "repositories",
                format!("`{name}` is not the name of a repository: leave out the organisation's name"),
            ));
        }
        // One that is named twice is read once. GitHub does not tell names by capitals.
        let mut named = BTreeSet::new();
        settings.repositories.retain(|name| named.insert(name.to_ascii_lowercase()));
        if settings.ca.is_some() && settings.api_url.is_none() {
            return Err(wrong("ca", "pins the authority of an Enterprise Server: it needs `api_url`".to_owned()));
        }
        if let Some(pinned) = &settings.ca
            && let Some(wrong_one) = pinned.iter().find(|text| text.parse::<Digest>().is_err())
        {
            return Err(wrong("ca", format!("`{wrong_one}` is not a SHA-256 of 64 hex digits")));
        }
        if settings.app.is_some() && settings.token_variable.is_some() {
            return Err(wrong("app", "cannot be combined with `token_variable`: give one of the two".to_owned()));
        }
        Ok(settings)
    }

    /// The authorities that `ca` pins.
    pub fn pinned(&self) -> BTreeSet<Digest> {
        self.ca.iter().flatten().filter_map(|text| text.parse().ok()).collect()
    }

    /// Whether every account of the server is managed by its enterprise: GitHub Enterprise Cloud with data residency has no others.
    pub fn all_managed(&self) -> bool {
        let host = self.api_url.as_deref().and_then(|url| url.parse::<http::Uri>().ok());
        host.as_ref().and_then(http::Uri::host).is_some_and(|host| host.to_ascii_lowercase().ends_with(OF_ENTERPRISES))
    }

    /// `northbank/signer`.
    pub fn full_name(&self, repository: &str) -> String {
        format!("{}/{repository}", self.organization)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn of(settings: Value) -> Result<Settings, String> {
        let Value::Object(settings) = settings else { panic!("an object") };
        Settings::of(&Target { id: "gh".to_owned(), settings }).map_err(|error| error.to_string())
    }

    #[test]
    fn a_repository_that_is_named_twice_is_read_once() {
        let settings =
            json!({"organization": "a", "organization_id": 1, "repositories": ["signer", "b", "Signer", "b"]});
        assert_eq!(of(settings).unwrap().repositories, ["signer", "b"]);
    }

    #[test]
    fn says_which_setting_is_wrong() {
        assert!(of(json!({"organization": "northbank", "organization_id": 1})).is_ok());
        for (settings, words) in [
            (json!({"organization": "northbank"}), "setting `organization_id`"),
            (json!({"organization": "north/bank", "organization_id": 1}), "setting `organization`"),
            (json!({"organization": "a", "organization_id": 1, "repositories": ["a/b"]}), "setting `repositories`"),
            (json!({"organization": "a", "organization_id": 1, "nothing": 1}), "unknown field `nothing`"),
            (
                json!({"organization": "a", "organization_id": 1, "ca": [DIGEST]}),
                "setting `ca` of target `gh`: pins the authority of an Enterprise Server: it needs `api_url`",
            ),
            (
                json!({"organization": "a", "organization_id": 1, "api_url": "https://ghe.example/api/v3", "ca": ["9A"]}),
                "`9A` is not a SHA-256",
            ),
            (
                json!({"organization": "a", "organization_id": 1, "token_variable": "T", "app": {"id": 1, "installation": 2, "private_key_file": "k"}}),
                "setting `app`",
            ),
        ] {
            let error = of(settings).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
