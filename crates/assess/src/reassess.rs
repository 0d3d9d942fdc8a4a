//! Judging once more what a bundle holds, and comparing. It covers the rules, not the collectors' normal forms.

use std::collections::HashMap;

use model::record::Finding;
use model::{Digest, Outcome, RecordRef};

use crate::assessor::{AssessError, Assessor, Case, Member, Sink};
use crate::client::WorkerCommand;
use crate::limits::Limits;
use crate::pool::Summary;

/// Judges a whole case whose members come from `members`, in any order.
///
/// # Errors
/// As [`Assessor`], and those of `members`.
pub fn reassess<M, E>(
    command: WorkerCommand,
    limits: Limits,
    case: Case,
    members: impl Iterator<Item = Result<(RecordRef, M), E>>,
    sink: Sink<'_>,
) -> Result<Summary, E>
where
    for<'m> Member<'m>: From<&'m M>,
    E: From<AssessError>,
{
    let mut assessor = Assessor::new(command, limits, case)?;
    for member in members {
        let (reference, member) = member?;
        assessor.feed(reference, Member::from(&member), sink)?;
    }
    Ok(assessor.finish(sink)?)
}

/// One finding that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// [`Finding::key`].
    pub key: String,
    /// As sealed; `None`: the bundle has no such finding.
    pub sealed: Option<Outcome>,
    /// As judged now; `None`: it does not come out any more.
    pub again: Option<Outcome>,
}

/// Compares sealed findings with those of now. All sealed ones first, then those of now, then what is left.
#[derive(Debug)]
pub struct Comparison {
    /// By a digest of the key: a million findings have to fit.
    sealed: HashMap<[u8; 16], Outcome>,
    withheld: bool,
    same: u64,
    differences: Vec<Difference>,
}

/// How a comparison went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub same: u64,
    pub differences: Vec<Difference>,
    /// Sealed findings that could not be judged again, because what they rest on is withheld.
    pub not_judged: u64,
}

impl Comparison {
    /// `withheld`: some resource or assignment is not shown. What is missing or surplus because of that is no difference.
    #[must_use]
    pub fn new(withheld: bool) -> Self {
        Self { sealed: HashMap::new(), withheld, same: 0, differences: Vec::new() }
    }

    /// A finding as the bundle has it.
    pub fn sealed(&mut self, finding: &Finding) {
        self.sealed.insert(short(&finding.key()), finding.outcome);
    }

    /// A finding as it is judged now.
    pub fn again(&mut self, finding: &Finding) {
        let key = finding.key();
        match self.sealed.remove(&short(&key)) {
            Some(outcome) if outcome == finding.outcome => self.same += 1,
            // A list some of whose members are withheld looks incomplete.
            None if self.withheld && finding.subject.is_none() => {}
            sealed => self.differences.push(Difference { key, sealed, again: Some(finding.outcome) }),
        }
    }

    /// A sealed finding once more, to name those that do not come out any more.
    pub fn left(&mut self, finding: &Finding) {
        let key = finding.key();
        if !self.withheld && self.sealed.contains_key(&short(&key)) {
            self.differences.push(Difference { key, sealed: Some(finding.outcome), again: None });
        }
    }

    #[must_use]
    pub fn finish(self) -> Compared {
        let not_judged = if self.withheld { self.sealed.len() as u64 } else { 0 };
        Compared { same: self.same, differences: self.differences, not_judged }
    }
}

fn short(key: &str) -> [u8; 16] {
    let digest = Digest::of(key.as_bytes());
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Severity;
    use model::record::Subject;

    fn finding(id: Option<&str>, outcome: Outcome) -> Finding {
        Finding {
            control: "C".into(),
            check: "a/b".into(),
            target: "t".into(),
            population: Some("a/k".into()),
            subject: id.map(|id| Subject { kind: "a/k".into(), id: id.into() }),
            outcome,
            severity: Severity::Low,
            evidence: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: None,
        }
    }

    fn compare(withheld: bool, sealed: &[Finding], again: &[Finding]) -> Compared {
        let mut comparison = Comparison::new(withheld);
        sealed.iter().for_each(|f| comparison.sealed(f));
        again.iter().for_each(|f| comparison.again(f));
        sealed.iter().for_each(|f| comparison.left(f));
        comparison.finish()
    }

    #[test]
    fn names_what_came_out_otherwise() {
        use Outcome::{Conforms, Deviates, Undetermined};
        let sealed = [finding(Some("1"), Conforms), finding(Some("2"), Conforms), finding(Some("3"), Deviates)];
        let again = [finding(Some("1"), Conforms), finding(Some("2"), Deviates), finding(None, Undetermined)];
        let compared = compare(false, &sealed, &again);
        assert_eq!(compared.same, 1);
        let found: Vec<_> = compared.differences.iter().map(|d| (d.sealed, d.again)).collect();
        assert_eq!(found, [(Some(Conforms), Some(Deviates)), (None, Some(Undetermined)), (Some(Deviates), None)]);
        assert!(compared.differences[0].key.ends_with("a/k=2"));
    }

    #[test]
    fn what_is_withheld_is_no_difference() {
        use Outcome::{Conforms, Deviates, Undetermined};
        let sealed = [finding(Some("1"), Conforms), finding(Some("2"), Conforms)];
        let again = [finding(Some("1"), Deviates), finding(None, Undetermined)];
        let compared = compare(true, &sealed, &again);
        assert_eq!((compared.differences.len(), compared.not_judged), (1, 1));
    }
}
