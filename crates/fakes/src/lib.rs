//! Fakes of the sources that collectors read, each in the words of the real one: AWS, EKS, Kubernetes, GitHub; and the
//! emulators by others that tests start beside them.
//!
//! Never part of a program that is shipped. It panics where a test should stop.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper stops at the first surprise"
)]

pub mod aws;
pub mod eks;
pub mod emulators;
pub mod github;
pub mod kubernetes;
