//! The actions that count, by what they do to a key.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>

use super::answer::Does;

/// One action on a key, and what whoever may do it does. Several: who may change the key's policy, or make a copy with a policy of its own, may
/// give themselves all the rest; who may create grants may give themselves its use.
#[derive(Clone, Copy, Debug)]
pub struct KeyAction {
    pub name: &'static str,
    pub does: &'static [Does],
    /// Whether a grant's constraint on the encryption context can be met by it: the others carry none.
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html>
    pub takes_context: bool,
}

const USE: &[Does] = &[Does::Use];
const ADMINISTER: &[Does] = &[Does::Administer];
const DESTROY: &[Does] = &[Does::Destroy];
const GIVE_USE: &[Does] = &[Does::Use, Does::Administer];
const ALL: &[Does] = &[Does::Use, Does::Administer, Does::Destroy];

const fn of(name: &'static str, does: &'static [Does]) -> KeyAction {
    KeyAction { name, does, takes_context: true }
}

const fn without_context(name: &'static str, does: &'static [Does]) -> KeyAction {
    KeyAction { name, does, takes_context: false }
}

/// Those with the widest effect first: they name the path.
pub const KEY_ACTIONS: [KeyAction; 33] = [
    of("kms:PutKeyPolicy", ALL),
    of("kms:CreateGrant", GIVE_USE),
    of("kms:ReplicateKey", GIVE_USE),
    of("kms:Decrypt", USE),
    without_context("kms:Sign", USE),
    without_context("kms:DeriveSharedSecret", USE),
    without_context("kms:GenerateMac", USE),
    of("kms:ReEncryptFrom", USE),
    of("kms:Encrypt", USE),
    of("kms:GenerateDataKey", USE),
    of("kms:GenerateDataKeyPair", USE),
    of("kms:GenerateDataKeyPairWithoutPlaintext", USE),
    of("kms:GenerateDataKeyWithoutPlaintext", USE),
    of("kms:ReEncryptTo", USE),
    without_context("kms:Verify", USE),
    without_context("kms:VerifyMac", USE),
    of("kms:ScheduleKeyDeletion", DESTROY),
    of("kms:DeleteImportedKeyMaterial", DESTROY),
    of("kms:DisableKey", DESTROY),
    of("kms:CancelKeyDeletion", ADMINISTER),
    of("kms:CreateAlias", ADMINISTER),
    of("kms:DeleteAlias", ADMINISTER),
    of("kms:DisableKeyRotation", ADMINISTER),
    of("kms:EnableKey", ADMINISTER),
    of("kms:EnableKeyRotation", ADMINISTER),
    of("kms:ImportKeyMaterial", ADMINISTER),
    of("kms:RevokeGrant", ADMINISTER),
    of("kms:RotateKeyOnDemand", ADMINISTER),
    of("kms:TagResource", ADMINISTER),
    of("kms:UntagResource", ADMINISTER),
    of("kms:UpdateAlias", ADMINISTER),
    of("kms:UpdateKeyDescription", ADMINISTER),
    of("kms:UpdatePrimaryRegion", ADMINISTER),
];

/// Whoever may do one of these lets themselves into a cluster of EKS, as whom they like.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html>
pub const LET_IN: [&str; 3] = ["eks:AssociateAccessPolicy", "eks:CreateAccessEntry", "eks:UpdateAccessEntry"];

/// The action that an operation of a grant stands for, where it is one that counts.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations>
pub fn of_grant(operation: &str) -> Option<&'static KeyAction> {
    const NEVER: [&str; 2] = ["kms:PutKeyPolicy", "kms:ReplicateKey"];
    KEY_ACTIONS
        .iter()
        .filter(|one| one.does.contains(&Does::Use) && !NEVER.contains(&one.name))
        .find(|one| one.name.strip_prefix("kms:") == Some(operation))
}
