//! What an organisation's policies take from everyone in an account, of the actions that matter of keys: what a statement denies, and what
//! the service control policies of one level do not allow.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arn;
use crate::document::{Condition, Effect, PrincipalForm, Statement};
use crate::operators::Operator;
use crate::reach::{Comer, Says, escape, is_of_resource, says, words};
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

/// What a denying statement guards, or policies that do not allow it.
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
            let on = if meets(statement, &keys) { "only on some keys" } else { "only on what is no key" };
            guard.sometimes.push(on.to_owned());
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

/// What the service control policies of one level (the root, a unit, an account) guard by not allowing it: an action that no level may leave
/// out is denied where none of its policies allows it. `statements`: all of theirs. Actions that are spared alike are in one guard.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>
#[must_use]
pub fn unallowed(statements: &[&Statement], partition: &str) -> Vec<Guard> {
    let keys = format!("arn:{partition}:kms:*:*:key/*");
    let asked = OF_KEYS.iter().map(|action| (*action, keys.as_str())).chain(OF_EVERYTHING.map(|action| (action, "*")));
    let mut guards: Vec<Guard> = Vec::new();
    for (action, resources) in asked {
        let mut one = Guard { actions: Vec::new(), except: Vec::new(), sometimes: Vec::new(), unclear: Vec::new() };
        let allowing = statements.iter().filter(|statement| {
            statement.effect == Effect::Allow && statement.covers_action(action) && meets(statement, resources)
        });
        let mut allowed = false;
        for statement in allowing {
            allowed |= one.spare(statement, resources);
        }
        if allowed {
            continue;
        }
        for list in [&mut one.except, &mut one.sometimes, &mut one.unclear] {
            list.sort();
            list.dedup();
        }
        let alike = |other: &&mut Guard| {
            (&other.except, &other.sometimes, &other.unclear) == (&one.except, &one.sometimes, &one.unclear)
        };
        match guards.iter_mut().find(alike) {
            Some(other) => other.actions.push(action.to_owned()),
            None => guards.push(Guard { actions: vec![action.to_owned()], ..one }),
        }
    }
    guards.iter_mut().for_each(|guard| guard.actions.sort());
    guards
}

/// Whether a statement is about any of these resources.
fn meets(statement: &Statement, wanted: &str) -> bool {
    match (&statement.resources, &statement.not_resources) {
        (Some(allowed), _) => allowed.iter().any(|one| overlap(one, wanted)),
        (None, Some(spared)) => !spared.iter().any(|one| text::contains(one, wanted)),
        (None, None) => true,
    }
}

/// Whether some resource is named by both: by fields, for a wildcard of a resource does not cross colons
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>).
fn overlap(one: &str, wanted: &str) -> bool {
    match (arn::fields(one), arn::fields(wanted)) {
        (Some(one), Some(wanted)) => one.iter().zip(wanted).all(|(a, b)| text::overlap(a, b)),
        _ => text::overlap(one, wanted),
    }
}

/// Whether a condition holds for nobody but principals by their ARNs.
fn names_principals(condition: &Condition) -> bool {
    let positive = matches!(
        Operator::named(&condition.base),
        Some(Operator::Arn { negated: false } | Operator::String { negated: false, ignore_case: false, .. })
    );
    positive
        && condition.key == "aws:principalarn"
        && !condition.if_exists
        && condition.for_values.is_none()
        && !condition.values.iter().any(|value| Pattern::of(value, true, true).has_variables())
}

fn covers(statement: &Statement, wanted: &str) -> bool {
    match (&statement.resources, &statement.not_resources) {
        (Some(denied), _) => denied.iter().any(|one| text::contains(one, wanted)),
        (None, Some(spared)) => !spared.iter().any(|one| text::overlap(one, wanted)),
        (None, None) => false,
    }
}

impl Guard {
    /// What of it a resource control policy takes: that binds who asks for a key, and nothing that has no key.
    ///
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    #[must_use]
    pub fn of_resources(mut self) -> Option<Self> {
        self.actions.retain(|action| OF_KEYS.contains(&action.as_str()));
        (!self.actions.is_empty()).then_some(self)
    }

    /// Takes in whom an allowing statement spares. `true`: everyone.
    fn spare(&mut self, statement: &Statement, wanted: &str) -> bool {
        let said = |condition| says(condition, Comer::Person, true);
        if statement.conditions.iter().any(|one| said(one) == Says::Only(Vec::new())) {
            // No person ever meets it.
            return false;
        }
        // What else it asks of those it names narrows further.
        if let Some(named) = statement.conditions.iter().find(|one| names_principals(one)) {
            self.except.extend(named.values.iter().cloned());
            return false;
        }
        let everywhere = covers(statement, wanted);
        if statement.conditions.is_empty() && everywhere {
            return true;
        }
        // It allows where all of it holds together: one condition that is not understood leaves all of it open.
        let unclear =
            statement.conditions.iter().any(|condition| said(condition) == Says::Unclear || is_of_resource(condition));
        let conditions: Vec<String> = statement.conditions.iter().map(words).collect();
        let on = match (everywhere, wanted) {
            (true, _) => "",
            (false, "*") => " on some resources",
            (false, _) => " on some keys",
        };
        let when = if conditions.is_empty() { String::new() } else { format!(" if {}", conditions.join(" and ")) };
        let by = format!("allowed{on}{when}");
        if unclear {
            self.unclear.push(by);
        } else {
            self.sometimes.push(by);
        }
        false
    }

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
