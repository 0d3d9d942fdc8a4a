//! What RBAC of Kubernetes decides, and who holds which sensitive right: computed from roles, bindings and accounts as they were read.
//!
//! Pure: the collector computes with it what it seals, whoever verifies a bundle computes the same again from the sealed resources
//! (`docs/adr/0099-what-is-computed-again.md`).

pub mod access;
pub mod access_policies;
pub mod answer;
pub mod built_in;
pub mod effective;
pub mod question;
pub mod resource;
pub mod rules;
pub mod sealed;
pub mod sensitive;
pub mod subject;
pub mod ways;
