//! What an earlier bundle is asked for.

use serde_json::Value;

/// What an earlier bundle says.
pub trait Before {
    /// When it was begun, in seconds since 1970.
    fn started(&self) -> i64;
    /// The facts of the declared thing of this kind and id.
    fn facts(&self, kind: &str, id: &str) -> Option<&Value>;
}
