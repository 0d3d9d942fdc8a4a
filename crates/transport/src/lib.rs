//! The one HTTP client under every SDK: pooled, through proxies, over one TLS backend, and every attempt recorded.
//!
//! Recording is innermost: below retries, redirects and decoding. Each attempt leaves the exact bytes of its answer's
//! body after transfer-decoding, also when it was refused, cut or makes no sense to the caller. Headers of requests are
//! never looked at beyond what a [`Dialect`] reads from them, and never kept.
//!
//! What this is not: it knows no protocol of any source. A [`Dialect`] tells it what a request asks and what an answer says.

pub mod ask;
mod client;
mod connect;
mod error;
mod plain;
mod record;
mod route;
mod scope;

pub use ask::{Again, Answer, Asker, Call, Refusal, Trouble};
pub use client::{Limits, Settings, Transport};
pub use connect::Proxies;
pub use error::TransportError;
pub use record::{Asked, Dialect, Failure, Recording, causes};
pub use route::{endpoint, foreign_authorities};
pub use scope::{Scope, Seen};
