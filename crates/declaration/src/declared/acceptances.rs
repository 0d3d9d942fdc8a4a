//! Deviations and gaps that someone accepted.

use diagnose::{Id, Located, record};
use model::Date;

use crate::ids::CheckId;

record! {
    /// An accepted deviation (`control`, `check`, `subject`) or an accepted gap (`target` with `population`, `right`, `part` or `reason_is`).
    /// It never makes anything conform.
    pub struct Acceptance ("acceptance") {
        required {
            /// Short name, shown beside what it covers.
            id: Located<Id>,
            /// Why.
            reason: Located<String>,
            /// Who approved it. A name alone is a claim.
            approved_by: Located<String>,
            /// When it was approved.
            approved: Located<Date>,
            /// Its last day.
            expires: Located<Date>,
        }
        optional {
            /// Deviation: the control.
            control: Option<Located<Id>>,
            /// Deviation: the check.
            check: Option<Located<CheckId>>,
            /// Deviation: the subject's own id. Gap: only this subject.
            subject: Option<Located<String>>,
            /// Gap: the target. Deviation: only there.
            target: Option<Located<Id>>,
            /// Gap: what was being listed or read, `aws-kms/key` or with its place, `aws-kms/key@eu-west-1`.
            population: Option<Located<String>>,
            /// Gap: the right that is not given, as the source spells it.
            right: Option<Located<String>>,
            /// Gap: the part of the resources that is not read.
            part: Option<Located<String>>,
            /// Gap: only while this is why it was not read, `closed-by-policy` for instance.
            reason_is: Option<Located<String>>,
            /// A detached signature of the approver over the acceptance.
            signature: Option<Located<String>>,
        }
    }
}
