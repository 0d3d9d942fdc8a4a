//! What is asked of a principal's own policies: the actions by which somebody becomes an administrator, and those that matter of keys.
//!
//! What each action does: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>.

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    Users,
    Groups,
    Roles,
    Policies,
    Keys,
    Providers,
}

impl On {
    /// Everything of this kind in an account, as a pattern of ARNs.
    #[must_use]
    pub fn all(self, partition: &str, account: &str) -> String {
        let of_iam = |kind: &str| format!("arn:{partition}:iam::{account}:{kind}/*");
        match self {
            Self::Users => of_iam("user"),
            Self::Groups => of_iam("group"),
            Self::Roles => of_iam("role"),
            Self::Policies => of_iam("policy"),
            Self::Providers => of_iam("saml-provider"),
            Self::Keys => format!("arn:{partition}:kms:*:{account}:key/*"),
        }
    }
}

/// One action, as AWS writes it, and what it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub action: &'static str,
    pub on: On,
}

const fn ask(action: &'static str, on: On) -> Ask {
    Ask { action, on }
}

/// Who may do one of these to anybody can give themselves, or whoever they like, every permission.
pub const RAISE: [Ask; 8] = [
    ask("iam:AttachGroupPolicy", On::Groups),
    ask("iam:AttachRolePolicy", On::Roles),
    ask("iam:AttachUserPolicy", On::Users),
    ask("iam:CreatePolicyVersion", On::Policies),
    ask("iam:PutGroupPolicy", On::Groups),
    ask("iam:PutRolePolicy", On::Roles),
    ask("iam:PutUserPolicy", On::Users),
    ask("iam:SetDefaultPolicyVersion", On::Policies),
];

/// Who may do one of these to an administrator becomes one.
pub const BECOME: [Ask; 7] = [
    ask("iam:AddUserToGroup", On::Groups),
    ask("iam:CreateAccessKey", On::Users),
    ask("iam:CreateLoginProfile", On::Users),
    ask("iam:PassRole", On::Roles),
    ask("iam:UpdateAssumeRolePolicy", On::Roles),
    ask("iam:UpdateLoginProfile", On::Users),
    ask("sts:AssumeRole", On::Roles),
];

/// Who may do one of these to themselves takes away what holds them back: their boundary, or a policy that denies.
pub const LOOSEN: [Ask; 8] = [
    ask("iam:DeleteRolePermissionsBoundary", On::Roles),
    ask("iam:DeleteRolePolicy", On::Roles),
    ask("iam:DeleteUserPermissionsBoundary", On::Users),
    ask("iam:DeleteUserPolicy", On::Users),
    ask("iam:DetachRolePolicy", On::Roles),
    ask("iam:DetachUserPolicy", On::Users),
    ask("iam:PutRolePermissionsBoundary", On::Roles),
    ask("iam:PutUserPermissionsBoundary", On::Users),
];

/// By which somebody takes themselves out of a group.
pub const LEAVE_GROUP: &str = "iam:RemoveUserFromGroup";

/// Who may do one of these to a group that they are in takes away what it denies them: by a policy that stands in it, by one that is attached, and
/// by any.
pub const LOOSEN_GROUPS: [Ask; 3] =
    [ask("iam:DeleteGroupPolicy", On::Groups), ask("iam:DetachGroupPolicy", On::Groups), ask(LEAVE_GROUP, On::Groups)];

/// What uses, gives away or ends a key.
pub const OF_KEYS: [Ask; 10] = [
    ask("kms:CreateGrant", On::Keys),
    ask("kms:Decrypt", On::Keys),
    ask("kms:DeleteImportedKeyMaterial", On::Keys),
    ask("kms:DeriveSharedSecret", On::Keys),
    ask("kms:DisableKey", On::Keys),
    ask("kms:GenerateMac", On::Keys),
    ask("kms:PutKeyPolicy", On::Keys),
    ask("kms:ReEncryptFrom", On::Keys),
    ask("kms:ScheduleKeyDeletion", On::Keys),
    ask("kms:Sign", On::Keys),
];

/// Whoever changes or makes a SAML provider says who its people are, and comes as one of them.
pub const CHANGE_PEOPLE: [Ask; 2] =
    [ask("iam:UpdateSAMLProvider", On::Providers), ask("iam:CreateSAMLProvider", On::Providers)];

/// As one of whom a role is taken on.
const AS_PEOPLE: [Ask; 1] = [ask("sts:AssumeRoleWithSAML", On::Roles)];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Ask> {
    let loosen = LOOSEN.iter().chain(&LOOSEN_GROUPS);
    RAISE.iter().chain(&BECOME).chain(loosen).chain(&OF_KEYS).chain(&CHANGE_PEOPLE).chain(&AS_PEOPLE)
}
