//! What tests share: servers on loopback that answer, fail and forward; a sink in memory; and the suite every collector
//! has to pass. It knows no source: what one is like stands in `fakes`.
//!
//! Never part of a program that is shipped. It panics where a test should stop.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::expect_used, clippy::panic, reason = "a test helper stops at the first surprise")]

mod changed;
mod collect;
pub mod conformance;
mod counts;
mod fault;
mod files;
mod hasty;
mod items;
mod memory;
mod proxy;
mod replay;
mod reply;
mod request;
mod server;
mod systems;
mod tunnel;
mod wording;

pub use changed::Changed;
pub use collect::{TOKEN, collect, preflight};
pub use fault::{Fault, Faulty, Rule};
pub use files::executable;
pub use hasty::HASTY;
pub use memory::{Memory, Seen, SeenExchange};
pub use proxy::Proxy;
pub use replay::{Recording, Replay};
pub use reply::{Delivery, Reply};
pub use request::{Request, Understood, form};
pub use server::{Handler, Logged, Server, lock};
pub use systems::{Emulator, free_port, system};
pub use tunnel::Tunnel;
pub use wording::{HttpWording, Wording, query};

#[doc(hidden)]
pub use serde_json::json;
