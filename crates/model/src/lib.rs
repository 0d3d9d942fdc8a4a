//! The words of the domain as types: digests, times, references, locators and the records of a bundle.
//!
//! No I/O, no clock, no network. What is written here is what `docs/spec/bundle.md` describes.

mod covers;
mod date;
pub mod demand;
mod digest;
pub mod due;
mod endpoint;
mod exit;
mod form;
mod joiner;
mod names;
pub mod origin;
mod path;
pub mod printable;
pub mod record;
pub mod rego;
mod secret;
mod text;
mod texts;
mod time;

pub use date::{Date, ParseDateError};
pub use digest::{Digest, ParseDigestError};
pub use endpoint::{is_endpoint, is_proxy};
pub use exit::{ExitStatus, exit_codes_help};
pub use form::{Form, Formed, Output, schema};
pub use names::{Outcome, ParseRefError, RecordRef, RecordType, Severity, is_statement_text};
pub use path::{is_pointer, leads_into};
pub use record::Covers;
pub use secret::Secret;
pub use texts::{FILLER, TextAt, places_touch, texts_of};
pub use time::{ParseTimestampError, Timestamp};
