//! Tests that need a system beside the Rust toolchain: `scripts/testenv run` starts them.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

mod aws_rights;
mod browser;
mod clear;
mod cloudformation;
mod eks;
mod emulators;
mod everything;
mod github_description;
mod helm;
mod images;
mod interop;
mod judging;
mod kubernetes;
mod kubernetes_credentials;
mod kubernetes_fresh;
mod kubernetes_rights;
mod object_store;
mod pkcs11;
mod units;
mod workflow;
