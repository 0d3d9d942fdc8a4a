//! Every call this collector makes, and what is lost without it.

use sdk::{Feed, Right};

use crate::resource::{ACCOUNT, ORGANIZATION, POLICY, UNIT};

pub const DESCRIBE: &str = "organizations:DescribeOrganization";
pub const ROOTS: &str = "organizations:ListRoots";
pub const UNITS: &str = "organizations:ListOrganizationalUnitsForParent";
pub const ACCOUNTS: &str = "organizations:ListAccounts";
pub const CHILDREN: &str = "organizations:ListAccountsForParent";
pub const POLICIES: &str = "organizations:ListPolicies";
pub const DOCUMENT: &str = "organizations:DescribePolicy";
pub const TARGETS: &str = "organizations:ListTargetsForPolicy";
pub const DELEGATED: &str = "organizations:ListDelegatedAdministrators";
pub const SERVICES: &str = "organizations:ListDelegatedServicesForAccount";

pub fn rights() -> Vec<Right> {
    let right = |name: &str, lists: &[&str], parts: &[(&str, &str)], note: &str| Right {
        name: name.to_owned(),
        feeds: lists
            .iter()
            .map(|kind| Feed::list(kind))
            .chain(parts.iter().map(|(kind, part)| Feed::part(kind, part)))
            .collect(),
        deniable: true,
        note: note.to_owned(),
    };
    const BINDING: [(&str, &str); 4] =
        [(ACCOUNT, "path"), (ACCOUNT, "policies"), (ACCOUNT, "denials"), (ACCOUNT, "unallowed")];
    const ATTACHED: [(&str, &str); 3] = [(ACCOUNT, "policies"), (ACCOUNT, "denials"), (ACCOUNT, "unallowed")];
    const WRITTEN: [(&str, &str); 3] = [(POLICY, "document"), (ACCOUNT, "denials"), (ACCOUNT, "unallowed")];
    let attached_and = |part: (&'static str, &'static str)| [ATTACHED[0], ATTACHED[1], ATTACHED[2], part];
    vec![
        aws::caller_identity_right(),
        right(
            DESCRIBE,
            &[ORGANIZATION],
            &[(ACCOUNT, "management")],
            "which organisation it is, and its management account",
        ),
        right(ROOTS, &[UNIT], &BINDING, "the root, and which policy types are enabled"),
        right(UNITS, &[UNIT], &BINDING, "the units below each unit"),
        right(ACCOUNTS, &[ACCOUNT], &[], "all accounts"),
        right(CHILDREN, &[], &BINDING, "which accounts are in each unit"),
        right(POLICIES, &[POLICY], &ATTACHED, "all service and resource control policies"),
        right(DOCUMENT, &[], &WRITTEN, "what each policy allows and denies"),
        right(TARGETS, &[], &attached_and((POLICY, "targets")), "what each policy is attached to"),
        right(DELEGATED, &[], &[(ACCOUNT, "delegated_services")], "accounts that administer a service for all others"),
        right(SERVICES, &[], &[(ACCOUNT, "delegated_services")], "for which services they do"),
    ]
}
