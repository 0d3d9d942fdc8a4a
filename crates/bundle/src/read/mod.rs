//! Reading bundles: strict, bounded, in one pass. What the writer would not write is refused.
//!
//! Nothing here knows a key or decides that a bundle is authentic; that is `verify`.

pub mod folder;
mod form;
pub mod json;
pub mod line;
pub mod open;
mod plain;
mod record;
pub mod source;
pub mod tar;
pub mod unpack;

pub use folder::FolderSource;
pub use line::{Line, LineError, LineReader};
pub use open::{OpenError, open, open_stream};
pub use record::Record;
pub use source::{Content, Item, ReadError, Source, find};
pub use tar::TarSource;
pub use unpack::{UNPACKED_MAX, UnpackError};
