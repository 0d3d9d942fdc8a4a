//! The command line of `witnessmark` and its outputs as data: for the program itself, and for what is derived from it (`cargo xtask generate`).

pub mod args;
pub mod outputs;
pub mod rights_forms;
