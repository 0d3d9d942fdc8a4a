//! Reading bundles: strict, bounded, in one pass. What the writer would not write is refused.
//!
//! Nothing here knows a key or decides that a bundle is authentic; that is `verify`.

pub mod folder;
pub mod json;
pub mod line;
pub mod source;
pub mod tar;

pub use folder::FolderSource;
pub use line::{Line, LineError, LineReader, Record};
pub use source::{Item, ReadError, Source};
pub use tar::TarSource;
