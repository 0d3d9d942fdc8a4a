//! The key inventory.

use diagnose::{Id, Located, record};
use model::Date;

record! {
    /// One key of the inventory.
    pub struct Key ("key") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What it is for: `operational`, `backup`, any word.
            class: Located<Id>,
        }
        optional {
            /// What is kept: `private-key`, `seed`, `share`, any word.
            material: Option<Located<Id>>,
            /// Where it is.
            place as "at": Option<KeyPlace>,
            /// Key holders.
            holders: Vec<Located<Id>>,
            /// Wallets that it signs for.
            wallets: Vec<Located<Id>>,
            /// When the entry was last reviewed.
            reviewed: Option<Located<Date>>,
        }
    }
}

record! {
    /// Where a key is.
    pub struct KeyPlace ("key's place") {
        required {
            /// The target that holds it.
            target: Located<Id>,
            /// Its name there: an alias, a key id, a label.
            key: Located<String>,
        }
        optional {
        }
    }
}
