//! What AWS collectors share.

pub mod policy_document;
