//! What AWS collectors share: credentials, roles, regions, calls with their refusals, paging, policy documents in normal form.
//!
//! A collector makes a [`Session`] for its target, gives [`Session::config`] to the clients of the AWS SDK, and makes every
//! call through [`Session::call`] or a [`Pager`]. It reads facts from [`Answer::body`], not from the SDK's types:
//! these fill in `false` and empty lists where the answer says nothing.

mod call;
mod credentials;
pub mod fact;
mod http_client;
pub mod json;
mod mfa;
mod moment;
mod pager;
mod partition;
mod permits;
mod profile;
mod regions;
mod rights;
mod session;
mod settings;

mod wire;
pub mod xml;

pub use iam_policy as policy_document;

pub use model::origin::aws_names as own_endpoints;
pub use moment::Moment;
pub use pager::{Pager, Turn};
pub use partition::Partition;
pub use regions::{ListedRegion, ListedRegions, Region, record_closed};
pub use rights::{
    GET_CALLER_IDENTITY, TEMPLATE, caller_identity_right, list_regions_right, rights_forms, rights_in, statement_id,
    status as right_status,
};
pub use session::{Bounded, Session, discover};
pub use settings::{AccountSettings, PINNED_BY, settings_schema};
pub use transport::{Answer, Call, Refusal};
