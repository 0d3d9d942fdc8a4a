//! What tests share: servers on loopback that answer, fail and forward; a fake of the AWS protocols that really
//! pages; a sink in memory; and the suite every collector has to pass.
//!
//! Never part of a program that is shipped. It panics where a test should stop.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper stops at the first surprise"
)]

pub mod aws_fake;
mod changed;
mod collect;
pub mod conformance;
pub mod eks_fake;
mod fault;
mod files;
pub mod github_fake;
pub mod k8s_fake;
mod memory;
mod proxy;
mod replay;
mod request;
mod server;
mod systems;
mod wording;

pub use changed::Changed;
pub use collect::collect;
pub use fault::{Fault, Faulty, Rule};
pub use files::executable;
pub use memory::{Memory, Seen, SeenExchange};
pub use proxy::Proxy;
pub use replay::{Recording, Replay};
pub use request::{Protocol, Request};
pub use server::{Delivery, Handler, Logged, Reply, Server};
pub use systems::{Emulator, system};
pub use wording::{AwsWording, Wording, query};

#[doc(hidden)]
pub use serde_json::json;
