//! Reads AWS IAM: the account and its root user, users with their credentials and MFA devices, groups, roles, managed policies, identity providers.

pub mod resource;
