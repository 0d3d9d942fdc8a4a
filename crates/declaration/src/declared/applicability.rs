//! What of a standard does not apply to this system.

use diagnose::{Located, record};

use crate::ids::RequirementId;

record! {
    /// A requirement that does not apply to this system. It stays in every list, with this reason.
    pub struct NotApplicable ("requirement that does not apply") {
        required {
            /// The requirement.
            requirement: Located<RequirementId>,
            /// Why: what the system does not have or do. A designation alone is no reason.
            reason: Located<String>,
        }
        optional {
        }
    }
}
