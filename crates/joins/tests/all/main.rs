//! What joins give for worlds made by hand, and for generated ones.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

mod coverage;
mod people;
mod planted;
mod reaching;
mod third_parties;
mod world;
