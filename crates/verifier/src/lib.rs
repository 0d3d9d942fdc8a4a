//! The command line of `witnessmark-verify` as data: for the program itself, and for what is derived from it (`cargo xtask generate`).

pub mod args;
mod period;
