//! What a principal may do by their own policies: those of users, groups and roles, bounded by a permissions boundary, with what denies
//! weighed. Three-valued.
//!
//! What the policies of resources and of the organisation say is not asked here.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod asks;
mod holder;
mod loosen;
mod plan;
mod raise;
#[cfg(test)]
mod tests;
mod weigh;

pub(crate) use asks::{Ask, CHANGE_PEOPLE, On};
pub use asks::{BECOME, OF_KEYS, RAISE};
pub(crate) use holder::Loose;
pub use holder::{Digest, Held, Holder, Shared};
pub use raise::{May, Power, Raised, raised};
pub(crate) use weigh::{Gift, Named, To, Trusts, named, session_of, trusts_a_service};
