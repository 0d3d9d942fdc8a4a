//! The key inventory.

use diagnose::{Cadence, Id, Located, record};
use model::Date;

use crate::declared::Review;

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
            /// What it is made for, as its source names it: `ECC_SECG_P256K1`, `secp256k1`, `RSA_4096`.
            spec: Option<Located<String>>,
            /// Where its material comes from, as its source names it: `AWS_KMS`, `AWS_CLOUDHSM`, `EXTERNAL`; on a token `local` or `imported`.
            origin: Option<Located<String>>,
            /// Where it is.
            place as "at": Option<KeyPlace>,
            /// Where that lies, in words that are the same for all keys there: `vault in Zurich`.
            location: Option<Located<String>>,
            /// Keys that it is a backup of.
            backup_of: Vec<Located<Id>>,
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

record! {
    /// How the key inventory as a whole is reviewed.
    pub struct KeyInventory ("key inventory") {
        required {
        }
        optional {
            /// How often it is reviewed.
            review_every: Option<Located<Cadence>>,
            /// The reviews that were made.
            reviews: Vec<Review>,
        }
    }
}

record! {
    /// What is done when key material may have been compromised.
    pub struct CompromisePlan ("compromise plan") {
        required {
            /// Classes of keys that it answers for.
            classes: Vec<Located<Id>>,
        }
        optional {
            /// Where it is written down: one of `documents`.
            document: Option<Located<Id>>,
            /// How often it is reviewed.
            review_every: Option<Located<Cadence>>,
            /// The reviews that were made.
            reviews: Vec<Review>,
        }
    }
}

record! {
    /// Something that holds assets and is signed for with keys.
    pub struct Wallet ("wallet") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What it is for.
            title: Located<String>,
        }
        optional {
            /// How many signatures a transfer needs.
            signatures: Option<Signatures>,
            /// How a transfer is signed, step by step.
            workflow: Vec<Step>,
        }
    }
}

record! {
    /// How many signatures a transfer needs.
    pub struct Signatures ("number of signatures") {
        required {
            /// So many are needed.
            needed: Located<u32>,
            /// So many keys can give one.
            of: Located<u32>,
        }
        optional {
        }
    }
}

record! {
    /// One step of signing a transfer.
    pub struct Step ("step") {
        required {
            /// What is done.
            what: Located<String>,
        }
        optional {
            /// Roles that do it.
            by: Vec<Located<Id>>,
        }
    }
}
