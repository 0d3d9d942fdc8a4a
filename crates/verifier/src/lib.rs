//! The command line of `witnessmark-verify` and its outputs as data: for the program itself, and for what is derived from it (`cargo xtask generate`).

pub mod args;
pub mod outputs;
mod period;
