//! What the collector says of itself: its kinds of resources, and every right it may use.

use sdk::{Descriptor, Feed, Right};

use crate::resource::{
    ACCOUNT, GROUP, OIDC_PROVIDER, PERMISSIONS, POLICY, ROLE, SAML_PROVIDER, SERVER_CERTIFICATE, USER, kinds,
};

pub const DETAILS: &str = "iam:GetAccountAuthorizationDetails";
pub const SUMMARY: &str = "iam:GetAccountSummary";
pub const GENERATE_REPORT: &str = "iam:GenerateCredentialReport";
pub const GET_REPORT: &str = "iam:GetCredentialReport";
pub const PASSWORD_POLICY: &str = "iam:GetAccountPasswordPolicy";
pub const ALIASES: &str = "iam:ListAccountAliases";
pub const VIRTUAL_MFA: &str = "iam:ListVirtualMFADevices";
pub const MFA: &str = "iam:ListMFADevices";
pub const ACCESS_KEYS: &str = "iam:ListAccessKeys";
pub const KEY_LAST_USED: &str = "iam:GetAccessKeyLastUsed";
pub const SERVICE_CREDENTIALS: &str = "iam:ListServiceSpecificCredentials";
pub const SSH_KEYS: &str = "iam:ListSSHPublicKeys";
pub const SIGNING_CERTIFICATES: &str = "iam:ListSigningCertificates";
pub const SERVER_CERTIFICATES: &str = "iam:ListServerCertificates";
pub const LOGIN_PROFILE: &str = "iam:GetLoginProfile";
pub const SAML_LIST: &str = "iam:ListSAMLProviders";
pub const SAML: &str = "iam:GetSAMLProvider";
pub const OIDC_LIST: &str = "iam:ListOpenIDConnectProviders";
pub const OIDC: &str = "iam:GetOpenIDConnectProvider";

pub fn descriptor() -> Descriptor {
    Descriptor {
        name: "aws-iam".to_owned(),
        summary: "Users, roles, groups, policies and identity providers of an AWS account, and its root user: who can sign \
                  in, with which credentials and devices. Users of IAM Identity Center and of other identity providers are kept elsewhere."
            .to_owned(),
        resources: kinds(),
        rights: rights(),
        settings: aws::settings_schema(),
        endpoints: aws::own_endpoints(&["iam", "account", "sts"]),
        also: Vec::new(),
        thief: "Learn who exists in the account, with which credentials, devices and policies, and who may assume which \
                role: a map for an attack on those people and roles. It changes nothing, uses no credential and reads no secret; it can make IAM generate a new credential report."
            .to_owned(),
    }
}

fn rights() -> Vec<Right> {
    let report = || {
        vec![
            Feed::part(USER, "credential_report"),
            Feed::part(USER, "password_use"),
            Feed::part(ACCOUNT, "root_credential_report"),
        ]
    };
    vec![
        aws::caller_identity_right(),
        right(
            DETAILS,
            vec![Feed::list(USER), Feed::list(GROUP), Feed::list(ROLE), Feed::list(POLICY), Feed::list(PERMISSIONS)],
            "users, groups, roles, managed policies with their documents and attachments, in few calls",
        ),
        right(
            SUMMARY,
            vec![Feed::part(ACCOUNT, "summary")],
            "IAM's own counts: the root user's credentials, and the totals that lists are compared with",
        ),
        right(
            GENERATE_REPORT,
            report(),
            "makes IAM generate the credential report unless there is one from the last four hours; changes nothing else",
        ),
        right(GET_REPORT, report(), "the only place that shows the root user's credentials"),
        right(PASSWORD_POLICY, vec![Feed::part(ACCOUNT, "password_policy")], "rules for console passwords"),
        right(ALIASES, vec![Feed::part(ACCOUNT, "aliases")], "the account's name"),
        right(
            VIRTUAL_MFA,
            vec![Feed::part(ACCOUNT, "root_virtual_mfa_devices")],
            "whether the root user's device is virtual",
        ),
        right(MFA, vec![Feed::part(USER, "mfa_devices")], "each user's devices and what they are"),
        right(
            ACCESS_KEYS,
            vec![Feed::part(USER, "access_keys"), Feed::part(USER, "access_key_use")],
            "each user's access keys with their ids, without their secrets",
        ),
        right(KEY_LAST_USED, vec![Feed::part(USER, "access_key_use")], "when each access key was last used"),
        right(
            LOGIN_PROFILE,
            vec![Feed::part(USER, "login_profile"), Feed::part(USER, "password_use")],
            "whether each user has a console password",
        ),
        right(
            SERVICE_CREDENTIALS,
            vec![Feed::part(USER, "service_credentials")],
            "each user's service-specific credentials, which MFA does not protect; without the passwords",
        ),
        right(SSH_KEYS, vec![Feed::part(USER, "ssh_public_keys")], "each user's SSH keys for CodeCommit"),
        right(
            SIGNING_CERTIFICATES,
            vec![Feed::part(USER, "signing_certificates")],
            "each user's signing certificates, which MFA does not protect",
        ),
        right(
            SERVER_CERTIFICATES,
            vec![Feed::list(SERVER_CERTIFICATE)],
            "server certificates kept in IAM, without their private keys",
        ),
        right(SAML_LIST, vec![Feed::list(SAML_PROVIDER)], "SAML providers that people can sign in through"),
        right(SAML, vec![Feed::part(SAML_PROVIDER, "metadata")], "which signing keys each SAML provider trusts"),
        right(OIDC_LIST, vec![Feed::list(OIDC_PROVIDER)], "OpenID Connect providers that workloads sign in through"),
        right(
            OIDC,
            vec![Feed::part(OIDC_PROVIDER, "settings")],
            "issuer, audiences and certificate thumbprints of each OpenID Connect provider",
        ),
    ]
}

fn right(name: &str, feeds: Vec<Feed>, note: &str) -> Right {
    Right { name: name.to_owned(), feeds, deniable: true, note: note.to_owned() }
}
