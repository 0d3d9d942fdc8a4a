//! What a denying statement of an organisation's policy takes from everyone in an account, of the actions that matter of keys.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Condition, Effect, PrincipalForm, Statement};
use crate::operators::Operator;
use crate::reach::{Comer, Says, escape, is_of_resource, words};
use crate::text::{self, Pattern};

/// What is asked: actions on keys, and those that have no resource but everything.
const OF_KEYS: [&str; 16] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DeleteImportedKeyMaterial",
    "kms:DeriveSharedSecret",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:GenerateMac",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:Sign",
    "kms:UpdateAlias",
    "kms:UpdatePrimaryRegion",
];
const OF_EVERYTHING: [&str; 6] = [
    "cloudhsm:DeleteBackup",
    "cloudhsm:DeleteCluster",
    "cloudhsm:DeleteHsm",
    "kms:DeleteCustomKeyStore",
    "kms:DisconnectCustomKeyStore",
    "kms:UpdateCustomKeyStore",
];

/// What a denying statement guards.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The actions that it denies, as AWS writes them, of those that are asked for: on every key, or on everything of their service.
    pub actions: Vec<String>,
    /// ARNs of the principals that it excepts, as the policy has them.
    pub except: Vec<String>,
    /// Why it denies only sometimes, or only some, in the policy's words. Empty: everyone but those.
    pub sometimes: Vec<String>,
    /// What is not understood, in the policy's words.
    pub unclear: Vec<String>,
}

/// What this statement guards in an account of this partition (`aws`); `None`: nothing that is asked for.
#[must_use]
pub fn guard(statement: &Statement, partition: &str) -> Option<Guard> {
    if statement.effect != Effect::Deny {
        return None;
    }
    let keys = format!("arn:{partition}:kms:*:*:key/*");
    let of = |asked: &[&str]| -> Vec<String> {
        asked.iter().filter(|action| statement.covers_action(action)).map(|&action| action.to_owned()).collect()
    };
    let (of_keys, of_everything) = (of(&OF_KEYS), of(&OF_EVERYTHING));
    let (all_keys, everything) = (covers(statement, &keys), covers(statement, "*"));
    let mut guard = Guard { actions: Vec::new(), except: Vec::new(), sometimes: Vec::new(), unclear: Vec::new() };
    match (all_keys, everything) {
        (_, true) => guard.actions = [of_keys, of_everything].concat(),
        (true, false) if !of_keys.is_empty() => guard.actions = of_keys,
        _ => {
            guard.actions = of_keys;
            guard.sometimes.push("only on some keys".to_owned());
        }
    }
    guard.actions.sort();
    match (&statement.principals, &statement.not_principals) {
        // A service control policy names nobody, a resource control policy everyone.
        (None, None) => {}
        (Some(named), _) if named.iter().any(|one| one.form == PrincipalForm::Everyone) => {}
        _ => guard.sometimes.push("only for some principals".to_owned()),
    }
    for condition in &statement.conditions {
        guard.condition(condition);
    }
    (!guard.actions.is_empty()).then_some(guard)
}

fn covers(statement: &Statement, wanted: &str) -> bool {
    match (&statement.resources, &statement.not_resources) {
        (Some(denied), _) => denied.iter().any(|one| text::contains(one, wanted)),
        (None, Some(spared)) => !spared.iter().any(|one| text::overlap(one, wanted)),
        (None, None) => false,
    }
}

impl Guard {
    fn condition(&mut self, condition: &Condition) {
        let excepts = matches!(
            Operator::named(&condition.base),
            Some(Operator::Arn { negated: true } | Operator::String { negated: true, ignore_case: false, .. })
        );
        let by = words(condition);
        if excepts && condition.key == "aws:principalarn" && condition.for_values.is_none() {
            let plain = condition.values.iter().all(|value| !Pattern::of(value, true, true).has_variables());
            if plain {
                self.except.extend(condition.values.iter().cloned());
            } else {
                self.unclear.push(by);
            }
            return;
        }
        match escape(condition, Comer::Person, None, true) {
            Says::Only(parties) if parties.is_empty() => {}
            Says::Only(_) | Says::Nothing if !is_of_resource(condition) => self.sometimes.push(by),
            _ => self.unclear.push(by),
        }
    }
}
