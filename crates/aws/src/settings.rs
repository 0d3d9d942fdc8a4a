//! The settings of an AWS target.

use schemars::JsonSchema;
use sdk::{CollectError, Target};
use serde::Deserialize;
use serde_json::Value;

use crate::partition::Partition;

/// The setting that pins a target to its account.
pub const PINNED_BY: &str = "account";

/// One AWS account, and how it is entered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"external_id": ["assume_role"], "via": ["assume_role"]}))]
pub struct AccountSettings {
    /// Twelve digits, in quotation marks. Nothing is read of any other account.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account: String,
    /// Regions to read. Without it: all that are enabled for the account. A region left out is a gap.
    #[serde(default)]
    #[schemars(length(min = 1), inner(regex(pattern = r"^[a-z]+(-[a-z]+)+-[0-9]+$")))]
    pub regions: Option<Vec<String>>,
    /// ARN of a role to take on with the credentials found.
    #[serde(default)]
    #[schemars(regex(pattern = r"^arn:[a-z-]+:iam::[0-9]{12}:role/.+$"))]
    pub assume_role: Option<String>,
    /// ARNs of roles to take on before `assume_role`, in this order: where the credentials found may enter the account only
    /// through another one. AWS lets a role taken on by a role last an hour at most.
    #[serde(default)]
    #[schemars(length(min = 1), inner(regex(pattern = r"^arn:[a-z-]+:iam::[0-9]{12}:role/.+$")))]
    pub via: Option<Vec<String>>,
    /// What the trust policy of `assume_role` asks for as `sts:ExternalId`.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Profile of the AWS configuration files instead of the default one.
    #[serde(default)]
    pub profile: Option<String>,
}

/// The JSON Schema of the settings, for a collector's descriptor.
#[must_use]
pub fn settings_schema() -> Value {
    schemars::schema_for!(AccountSettings).to_value()
}

impl AccountSettings {
    /// Parses and checks a target's settings.
    ///
    /// # Errors
    /// [`CollectError::Settings`], naming the setting.
    pub fn of(target: &Target) -> Result<Self, CollectError> {
        let wrong = |setting: &str, problem: String| CollectError::Settings {
            target: target.id.clone(),
            setting: setting.to_owned(),
            problem,
        };
        for required in [PINNED_BY] {
            if !target.settings.contains_key(required) {
                return Err(wrong(required, "is missing".to_owned()));
            }
        }
        // Member by member, so that an error names its setting.
        for (name, value) in &target.settings {
            let expected = match name.as_str() {
                "account" | "assume_role" | "external_id" | "profile" if value.is_string() => None,
                "account" => Some("is twelve digits in quotation marks"),
                "assume_role" | "external_id" | "profile" => Some("is a text"),
                "via" if value.as_array().is_some_and(|list| list.iter().all(Value::is_string)) => None,
                "via" => Some("is a list of ARNs of roles"),
                "regions" if value.as_array().is_some_and(|list| list.iter().all(Value::is_string)) => None,
                "regions" => Some("is a list of region names"),
                _ => Some("is not a setting of an AWS target"),
            };
            if let Some(expected) = expected {
                return Err(wrong(name, expected.to_owned()));
            }
        }
        let settings: Self = serde_json::from_value(Value::Object(target.settings.clone()))
            .map_err(|error| wrong("account", error.to_string()))?;

        if settings.account.len() != 12 || !settings.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("account", format!("`{}` is not twelve digits", settings.account)));
        }
        if let Some(regions) = &settings.regions {
            if regions.is_empty() {
                return Err(wrong("regions", "names no region".to_owned()));
            }
            for region in regions {
                if !is_region(region) {
                    return Err(wrong("regions", format!("`{region}` is not the name of a region")));
                }
            }
        }
        for (setting, role) in settings.roles() {
            if account_of_arn(role).is_none() {
                return Err(wrong(setting, format!("`{role}` is not the ARN of a role")));
            }
        }
        let partitions = settings.partitions();
        if let Some((first, (setting, other))) =
            partitions.first().and_then(|first| Some((first, partitions.iter().find(|one| one.1 != first.1)?)))
        {
            let problem = format!(
                "is of the partition `{}`, and `{}` of `{}`: an account is in one",
                other.name, first.0, first.1.name
            );
            return Err(wrong(setting, problem));
        }
        if settings.assume_role.is_none() {
            for (setting, written) in [("via", settings.via.is_some()), ("external_id", settings.external_id.is_some())]
            {
                if written {
                    return Err(wrong(setting, "needs `assume_role`".to_owned()));
                }
            }
        }
        Ok(settings)
    }
}

impl AccountSettings {
    /// The roles to take on one after the other, each with the setting that names it.
    pub fn roles(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let before = self.via.iter().flatten().map(|role| ("via", role.as_str()));
        before.chain(self.assume_role.iter().map(|role| ("assume_role", role.as_str())))
    }

    /// The partitions that the settings speak of, each with the setting.
    fn partitions(&self) -> Vec<(&'static str, &'static Partition)> {
        let regions = self.regions.iter().flatten().map(|region| ("regions", Partition::of_region(region)));
        let roles = self.roles().filter_map(|(setting, role)| Some((setting, Partition::of_arn(role)?)));
        regions.chain(roles).collect()
    }

    /// The account's partition, as far as its regions and roles tell.
    #[must_use]
    pub fn partition(&self) -> Option<&'static Partition> {
        self.partitions().first().map(|(_, partition)| *partition)
    }
}

/// Whether a text has the form of a region's name: `eu-west-1`, `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (Some((number, words)), true) = (parts.split_last(), parts.len() >= 3) else {
        return false;
    };
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The account in the ARN of a role.
fn account_of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", _, "iam", _, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    (account.len() == 12 && resource.starts_with("role/")).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(settings: Value) -> Result<AccountSettings, String> {
        let Value::Object(settings) = settings else {
            panic!("an object");
        };
        AccountSettings::of(&Target { id: "prod".to_owned(), settings }).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_a_target() {
        let settings = parse(json!({
            "account": "111122223333",
            "regions": ["eu-west-1", "us-east-1"],
            "assume_role": "arn:aws:iam::111122223333:role/path/witnessmark",
        }))
        .unwrap();
        assert_eq!(settings.account, "111122223333");
        assert_eq!(settings.partition().unwrap().name, "aws");
        assert_eq!(parse(json!({"account": "111122223333"})).unwrap().partition(), None);
        let role = "arn:aws-us-gov:iam::111122223333:role/witnessmark";
        let gov = parse(json!({"account": "111122223333", "assume_role": role})).unwrap();
        assert_eq!(gov.partition().unwrap().home, "us-gov-west-1");
    }

    #[test]
    fn names_the_wrong_setting() {
        for (settings, said) in [
            (json!({}), "`account` of target `prod`: is missing"),
            (json!({"account": 111_122_223_333_u64}), "twelve digits in quotation marks"),
            (json!({"account": "1"}), "`1` is not twelve digits"),
            (json!({"account": "111122223333", "regions": []}), "names no region"),
            (json!({"account": "111122223333", "regions": ["eu-wst"]}), "`eu-wst` is not the name"),
            (json!({"account": "111122223333", "regions": "eu-west-1"}), "list of region names"),
            (json!({"account": "111122223333", "assume_role": "witnessmark"}), "not the ARN of a role"),
            (json!({"account": "111122223333", "via": ["arn:aws:iam::111122223333:role/a"]}), "needs `assume_role`"),
            (json!({"account": "111122223333", "external_id": "x"}), "needs `assume_role`"),
            (json!({"account": "111122223333", "via": "arn:aws:iam::111122223333:role/a"}), "list of ARNs"),
            (
                json!({"account": "111122223333", "via": ["hub"], "assume_role": "arn:aws:iam::111122223333:role/a"}),
                "`via` of target `prod`: `hub` is not the ARN of a role",
            ),
            (
                json!({"account": "111122223333", "regions": ["eu-west-1", "cn-north-1"]}),
                "`regions` of target `prod`: is of the partition `aws-cn`, and `regions` of `aws`: an account is in one",
            ),
            (
                json!({"account": "111122223333", "regions": ["eu-west-1"], "assume_role": "arn:aws-cn:iam::111122223333:role/a"}),
                "`assume_role` of target `prod`: is of the partition `aws-cn`",
            ),
            (json!({"account": "111122223333", "region": "eu-west-1"}), "`region` of target `prod`: is not a setting"),
        ] {
            let error = parse(settings).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
