//! What AWS collectors share: credentials, roles, regions, calls with their refusals, paging, policy documents in normal form.

mod moment;
pub mod policy_document;

pub use moment::Moment;
