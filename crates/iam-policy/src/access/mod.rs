//! Who may reach a key: use it, administer it, destroy it; directly or by becoming somebody who may. Deliberately never too small.
//!
//! A key's policy, its grants, the policies of users, groups and roles and the trust of roles are combined as AWS documents it:
//!
//! * A key policy that names a principal is enough within the account; one that names the account leaves it to the policies of that account.
//!   <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
//! * From another account both are needed. <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>
//! * A grant is enough by itself. <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
//! * What any policy denies is denied, whatever else allows it.
//!   <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! It knows sealed facts and nothing of how they were read, so that whoever verifies a bundle can compute the same.

mod acting;
mod answer;
mod asks;
mod becoming;
mod clusters;
mod direct;
mod expand;
mod facts;
mod graph;
mod outside;
mod powers;
mod walk;

pub use answer::{Does, Entry, Given, Holds, Place, Reach, Reacher, Step, Who, WhoKind, unread as unread_step};
pub use expand::{all_who, expand};
pub use facts::{
    Account, Cluster, Grant, GrantConstraints, Key, MalformedFacts, PodIdentity, Principal, Reader, Sealed, World,
};
pub use walk::{Answer, Link, Shared, Walker};
