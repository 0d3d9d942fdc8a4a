//! Who somebody is declared to be, and by which second factors they come.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use iam_policy::access::{Who, WhoKind};
use serde::Deserialize;

use super::facts::Factors;
use crate::identities::name_at;
use crate::joined::Input;
use crate::world::{Object, World};

const USER: &str = "aws-iam/user";
const MEMBER: &str = "github/member";
const COLLABORATOR: &str = "github/outside-collaborator";

#[derive(Deserialize)]
struct Device {
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// What is known of somebody.
#[derive(Debug)]
pub struct About {
    pub holders: Vec<String>,
    pub factors: Option<Factors>,
    pub inputs: Vec<Input>,
}

/// What is known of people, by who they are.
#[derive(Debug, Default)]
pub struct People {
    /// Holders by identity as a step names it.
    holders: BTreeMap<String, BTreeSet<String>>,
    factors: BTreeMap<String, (Factors, Input)>,
}

fn input(object: &Object) -> Input {
    Input::Object { target: object.target.to_string(), kind: object.kind.to_string(), id: object.id.to_string() }
}

impl People {
    pub fn of(world: &World<'_>) -> Self {
        let mut people = Self::default();
        for holder in &world.declaration().key_holders {
            for (target, identities) in &holder.identities.by_target {
                for identity in identities {
                    let name = name_at(world, target.value.as_str(), &identity.value);
                    people.holders.entry(name).or_default().insert(holder.id.as_str().to_owned());
                }
            }
        }
        for object in world.objects(USER) {
            let devices = world.part::<Vec<Device>>(object, "mfa_devices");
            let why = devices.why().map(|why| why.text.clone());
            let known: Option<Vec<Device>> = devices.known();
            let unnamed = known.iter().flatten().any(|one| one.kind.is_none());
            let kinds: BTreeSet<String> = known.into_iter().flatten().filter_map(|one| one.kind).collect();
            let why = why
                .or_else(|| unnamed.then(|| "a device whose serial number has no form that AWS documents".to_owned()));
            let factors = match why {
                Some(why) => Factors::unknown(why),
                None => Factors { devices: Some(kinds.into_iter().collect()), undetermined: None },
            };
            people.factors.insert(object.id.to_string(), (factors, input(object)));
        }
        for object in world.objects(MEMBER).iter().chain(world.objects(COLLABORATOR)) {
            let login: Option<String> = world.part(object, "login").known();
            let login = login.unwrap_or_else(|| object.id.to_string());
            let factors = match world.part::<String>(object, "two_factor").whole() {
                Ok(state) => Factors { devices: Some(vec![state]), undetermined: None },
                Err(why) => Factors::unknown(why.text),
            };
            people.factors.insert(format!("{} {login}", object.target).to_lowercase(), (factors, input(object)));
        }
        people
    }

    /// The holders who are declared to be this one.
    pub fn holders(&self, who: &Who) -> impl Iterator<Item = &str> {
        self.holders.get(&*name_of(who)).into_iter().flatten().map(String::as_str)
    }

    /// Who they are declared to be, by which factors they come, and from what that is known.
    pub fn about(&self, who: &Who) -> About {
        let name = &*name_of(who);
        let holders: Vec<String> = self.holders(who).map(str::to_owned).collect();
        let mut inputs: Vec<Input> = holders.iter().map(|id| Input::declared("declaration/holder", id)).collect();
        let known = self.factors.get(name);
        inputs.extend(known.map(|(_, input)| input.clone()));
        let elsewhere = |what: &str| Some(Factors::unknown(format!("they live at {what} {}", who.name)));
        let factors = match who.kind {
            WhoKind::User | WhoKind::Contributor => {
                known.map(|(factors, _)| factors.clone()).or_else(|| match who.kind {
                    WhoKind::User => Some(Factors::unknown("the user was not read")),
                    _ => None,
                })
            }
            WhoKind::Root => Some(Factors::unknown("which device the root user has is told in part only")),
            WhoKind::People => elsewhere("the identity provider"),
            WhoKind::Tenant | WhoKind::Subject | WhoKind::Issuer => elsewhere("the issuer of"),
            WhoKind::ClusterSubject => elsewhere("whoever signs people in to the cluster of"),
            WhoKind::Account | WhoKind::Organization | WhoKind::Anyone | WhoKind::Other => {
                Some(Factors::unknown("who they are is not known here"))
            }
            _ => None,
        };
        About { holders, factors, inputs }
    }
}

/// The name by which people are known here: logins have no case.
fn name_of(who: &Who) -> Cow<'_, str> {
    match who.kind {
        WhoKind::Contributor => who.name.to_lowercase().into(),
        _ => who.name.as_str().into(),
    }
}

/// Whether a condition of a step, in the policy's words, lets nobody pass without a second factor. A key that is missing, as it is where somebody
/// calls with a long-term access key, meets `…IfExists` and every negated operator.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent>
#[must_use]
pub fn asks_for_mfa(words: &str) -> bool {
    let (denial, words) = words.strip_prefix("not denied by ").map_or((false, words), |rest| (true, rest));
    let mut parts = words.splitn(3, ' ');
    let (operator, key, value) = (parts.next(), parts.next(), parts.next());
    let operator = operator.unwrap_or_default().to_lowercase();
    let is = |wanted: &str| value.is_some_and(|value| value.trim_matches('"').eq_ignore_ascii_case(wanted));
    match (key, operator.as_str(), denial) {
        (Some("aws:multifactorauthpresent"), "bool", false) => is("true"),
        (Some("aws:multifactorauthpresent"), "boolifexists", true) => is("false"),
        (Some("aws:multifactorauthpresent" | "aws:multifactorauthage"), "null", false) => is("false"),
        (Some("aws:multifactorauthpresent" | "aws:multifactorauthage"), "null", true) => is("true"),
        (Some("aws:multifactorauthage"), "numericlessthan" | "numericlessthanequals", false)
        | (Some("aws:multifactorauthage"), "numericgreaterthanifexists" | "numericgreaterthanequalsifexists", true) => {
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::asks_for_mfa;

    #[test]
    fn only_what_a_long_term_key_does_not_meet_asks_for_a_second_factor() {
        for words in [
            r#"Bool aws:multifactorauthpresent "true""#,
            r#"not denied by BoolIfExists aws:multifactorauthpresent "false""#,
            r#"Null aws:multifactorauthage "false""#,
            r#"not denied by Null aws:multifactorauthpresent "true""#,
            r#"NumericLessThan aws:multifactorauthage "3600""#,
        ] {
            assert!(asks_for_mfa(words), "{words}");
        }
        for words in [
            r#"BoolIfExists aws:multifactorauthpresent "true""#,
            r#"Bool aws:multifactorauthpresent "false""#,
            r#"not denied by Bool aws:multifactorauthpresent "false""#,
            r#"NumericLessThanIfExists aws:multifactorauthage "3600""#,
            r#"IpAddress aws:sourceip "203.0.113.0/24""#,
            "",
        ] {
            assert!(!asks_for_mfa(words), "{words}");
        }
    }
}
