//! A profile of the AWS configuration files: which one is meant, and what its credentials are made of.
//!
//! The SDK's own chain asks the environment first, takes a profile that is not there for none, and leaves `mfa_serial` out. Here what is
//! declared wins; the parts that a profile is made of (keys, single sign-on, a program, a file of a web identity) stay the SDK's to read.

use std::path::PathBuf;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use sdk::{CollectError, Target};
use transport::Recording;

use crate::http_client::RecordingClient;
use crate::settings::AccountSettings;

/// A profile that is there.
#[derive(Debug)]
pub struct Named {
    name: String,
    sections: ProfileSet,
    /// The target names it: nothing else counts.
    declared: bool,
}

/// A role that a profile takes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
    /// The MFA device whose code is asked for.
    pub mfa_serial: Option<String>,
    pub seconds: Option<i32>,
    /// The profile that says so.
    pub profile: String,
}

/// Why a profile leads to no credentials.
#[derive(Debug)]
enum Unusable {
    /// It is one of `aws login`, which the SDK speaks of in words for programmers.
    ByLogin(String),
    Otherwise(String),
}

impl From<String> for Unusable {
    fn from(problem: String) -> Self {
        Self::Otherwise(problem)
    }
}

/// Where the first credentials of a profile come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    /// As the SDK reads that profile.
    Profile(String),
    /// Keys that stand in a profile which takes on a role with them itself.
    Keys {
        id: String,
        secret: String,
        token: Option<String>,
    },
    Environment,
    Instance,
    Container,
}

impl Named {
    /// The profile that the target names, or `AWS_PROFILE`, or the default one; `None`: there is no default one.
    ///
    /// # Errors
    /// When one is named and is not there, or the files cannot be read.
    pub async fn find(target: &Target, settings: &AccountSettings) -> Result<Option<Self>, CollectError> {
        let by_variable = sdk::variable(&["AWS_PROFILE"]);
        let named = settings.profile.clone().or_else(|| by_variable.clone());
        let loaded = aws_config::profile::load(
            &Default::default(),
            &Default::default(),
            &Default::default(),
            named.clone().map(Into::into),
        )
        .await;
        let sections = match (loaded, &named) {
            (Ok(sections), _) => sections,
            // What is wrong with files that nobody named is for the SDK to say, if it comes to them.
            (Err(_), None) => return Ok(None),
            (Err(error), Some(_)) => {
                let problem = format!("the AWS configuration files cannot be read: {}", transport::causes(&error));
                return Err(CollectError::Credentials { problem });
            }
        };
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        if sections.get_profile(&name).is_some() {
            return Ok(Some(Self { name, sections, declared: settings.profile.is_some() }));
        }
        let problem = format!("there is no profile `{name}` in {}", files());
        match (&settings.profile, by_variable) {
            (Some(_), _) => {
                Err(CollectError::Settings { target: target.id.clone(), setting: "profile".to_owned(), problem })
            }
            (None, Some(_)) => Err(CollectError::Credentials { problem: format!("`AWS_PROFILE`: {problem}") }),
            (None, None) => Ok(None),
        }
    }

    /// PEM file of the authorities by which AWS is trusted, as the AWS CLI reads it.
    pub fn ca_bundle(&self) -> Option<&str> {
        self.sections.get_profile(&self.name)?.get("ca_bundle")
    }

    /// The way to its credentials, and the roles to take on one after the other; `None`: the SDK's own way is the right one.
    ///
    /// # Errors
    /// When the profile leads nowhere, or asks for what this program does not do.
    pub fn credentials(
        &self,
        config: &SdkConfig,
        recording: &Recording,
    ) -> Result<Option<(SharedCredentialsProvider, Vec<Role>)>, CollectError> {
        let by_keys =
            sdk::variable(&["AWS_ACCESS_KEY_ID"]).is_some() && sdk::variable(&["AWS_SECRET_ACCESS_KEY"]).is_some();
        if !self.declared && by_keys {
            // Keys in the environment win over a profile that is not declared, as in every AWS tool.
            return Ok(None);
        }
        let chain = match self.chain() {
            Ok(chain) => chain,
            // Of a profile that nobody declared the SDK may have no use either: there are other places to look.
            Err(Unusable::Otherwise(_)) if !self.declared => return Ok(None),
            Err(Unusable::ByLogin(problem) | Unusable::Otherwise(problem)) => {
                return Err(CollectError::Credentials { problem });
            }
        };
        if !self.declared && chain.1.iter().all(|role| role.mfa_serial.is_none()) {
            return Ok(None);
        }
        let (base, roles) = chain;
        let configured = configured(config.region().cloned(), recording);
        let provider = match base {
            Base::Profile(name) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder().configure(&configured).profile_name(name).build(),
            ),
            Base::Keys { id, secret, token } => {
                SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "profile"))
            }
            Base::Environment => SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()),
            Base::Instance => {
                SharedCredentialsProvider::new(ImdsCredentialsProvider::builder().configure(&configured).build())
            }
            Base::Container => {
                SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(&configured).build())
            }
        };
        Ok(Some((provider, roles)))
    }

    /// From where its credentials come, and the roles that are taken on with them, in that order
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>).
    fn chain(&self) -> Result<(Base, Vec<Role>), Unusable> {
        let mut roles = Vec::new();
        let mut visited: Vec<&str> = Vec::new();
        let mut name = self.name.as_str();
        let base = loop {
            let profile = self.sections.get_profile(name).ok_or_else(|| {
                let by = visited.last().copied().unwrap_or_default();
                format!(
                    "the profile `{by}` takes its credentials from `{name}` (`source_profile`), which is not in {}",
                    files()
                )
            })?;
            if visited.contains(&name) {
                return Err(format!("the profiles {} lead in a circle (`source_profile`)", visited.join(", ")).into());
            }
            visited.push(name);
            if visited.len() > 1
                && let Some(keys) = keys(profile)
            {
                break keys;
            }
            let role = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
            let Some(arn) = role else {
                break base(profile)?;
            };
            roles.push(of(profile, arn)?);
            match (profile.get("source_profile"), profile.get("credential_source")) {
                (Some(_), Some(_)) => {
                    return Err(format!(
                        "the profile `{name}` has `source_profile` and `credential_source`: keep one of them"
                    )
                    .into());
                }
                (None, None) => {
                    return Err(format!(
                        "the profile `{name}` takes on a role, and says with whose credentials neither by `source_profile` nor by `credential_source`"
                    ).into());
                }
                (Some(source), None) if source == name => {
                    break keys(profile).ok_or_else(|| {
                        format!("the profile `{name}` takes its credentials from itself, and has no keys")
                    })?;
                }
                (Some(source), None) => name = source,
                (None, Some("Environment")) => break Base::Environment,
                (None, Some("Ec2InstanceMetadata")) => break Base::Instance,
                (None, Some("EcsContainer")) => break Base::Container,
                (None, Some(other)) => {
                    return Err(format!(
                        "`credential_source` of the profile `{name}` is `{other}`, which is none of Environment, Ec2InstanceMetadata and EcsContainer"
                    ).into());
                }
            }
        };
        roles.reverse();
        Ok((base, roles))
    }
}

fn of(profile: &Profile, arn: &str) -> Result<Role, String> {
    let text = |name: &str| profile.get(name).map(str::to_owned);
    let seconds = text("duration_seconds").map(|text| {
        text.trim()
            .parse()
            .map_err(|_| format!("`duration_seconds` of the profile `{}` is not a number", profile.name()))
    });
    Ok(Role {
        arn: arn.to_owned(),
        external_id: text("external_id"),
        session_name: text("role_session_name"),
        mfa_serial: text("mfa_serial"),
        seconds: seconds.transpose()?,
        profile: profile.name().to_owned(),
    })
}

fn keys(profile: &Profile) -> Option<Base> {
    let text = |name: &str| profile.get(name).map(str::to_owned);
    let (id, secret) = (text("aws_access_key_id")?, text("aws_secret_access_key")?);
    Some(Base::Keys { id, secret, token: text("aws_session_token") })
}

/// A profile that takes on no role.
fn base(profile: &Profile) -> Result<Base, Unusable> {
    const OTHERS: [&str; 6] = [
        "credential_source",
        "web_identity_token_file",
        "sso_session",
        "sso_start_url",
        "sso_account_id",
        "credential_process",
    ];
    let has = |name: &&str| profile.get(name).is_some();
    let name = profile.name();
    let first = OTHERS.iter().take(5).any(&has);
    if !first && profile.get("login_session").is_some() {
        return Err(Unusable::ByLogin(format!(
            "the profile `{name}` is one of `aws login`, which only the AWS CLI can use: name another profile, with `credential_process = aws configure export-credentials --profile {name} --format process`"
        )));
    }
    if !OTHERS.iter().any(has) && profile.get("aws_access_key_id").is_none() {
        return Err(format!("the profile `{name}` says nothing of credentials").into());
    }
    Ok(Base::Profile(name.to_owned()))
}

/// What the SDK's providers are made with.
fn configured(region: Option<Region>, recording: &Recording) -> ProviderConfig {
    ProviderConfig::default().with_http_client(RecordingClient(recording.clone())).with_region(region)
}

/// The files that are read, for a person.
fn files() -> String {
    let file = |variable: &str, usual: &str| {
        let path = sdk::variable(&[variable]).map_or_else(|| PathBuf::from(usual), PathBuf::from);
        format!("`{}`", path.display())
    };
    let [config, shared] =
        [file("AWS_CONFIG_FILE", "~/.aws/config"), file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")];
    format!("{config} or {shared}")
}
