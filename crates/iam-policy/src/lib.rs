//! AWS policy documents in one normal form.
//!
//! AWS accepts many spellings of one policy: an object or a list of statements, a text or a list of actions, an account's
//! number or its root's ARN. Checks read the normal form made here; the source's own text stays beside it in `text`.
//! What no documented form covers is malformed, never guessed: unknown is not clean.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

pub mod access;
pub mod account;
pub mod arn;
mod ask;
mod document;
pub mod federation;
mod guard;
mod keys;
mod operators;
mod parse;
mod parties;
mod permissions;
mod reach;
mod scope;
#[cfg(test)]
mod tests;
mod text;
mod wildcard;

pub use ask::{Caller, Request};
pub use document::{
    Condition, Effect, ForValues, MalformedPolicy, PolicyDocument, Principal, PrincipalForm, PrincipalKind, Statement,
};
pub use guard::{Guard, guard, unallowed};
pub use parse::{is_percent_encoded, principal_form};
pub use parties::{Bound, LetIn, Party, PartyKind};
pub use permissions::{BECOME, Digest, Held, Holder, May, OF_KEYS, Power, RAISE, Raised, Shared, raised};
pub use scope::{Answer, Scope};
pub use wildcard::{action_matches, wildcard_matches};
