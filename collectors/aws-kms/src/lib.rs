//! Reads AWS KMS: keys, their policies, grants, tags and rotation, aliases, custom key stores, in every declared region.

pub mod resource;
