//! `run --fail-on new`: what deviates or is undetermined now and was not so in the bundle before.
//!
//! Nothing of this is sealed, and no finding changes by it: it only decides the exit code, for pipelines that are to stop at
//! what a change brought and not at what was there already.

use std::collections::{BTreeSet, HashMap};

use agent::run::Ran;
use bundle::read::{Line, Record};
use bundle::trust::Trust;
use conclude::Verdict;
use model::record::{Finding, RunStatus, Witness};
use model::{Digest, Outcome, RecordRef};
use store::{FolderStore, Store as _};
use verify::Observer;

use crate::failure::Failure;
use crate::summary;

/// The exit code of a run when only what is new counts.
///
/// # Errors
/// When this bundle or the one before is not accepted: what was so already is not taken from an altered file.
pub fn code(ran: &Ran, store: &FolderStore, trust: &Trust) -> Result<u8, Failure> {
    let mut now = Noted::default();
    summary::verified(&ran.sealed.folder, trust, &mut now)?;
    let found = verdict(&now, &before(store, ran.sealed.index, trust)?);
    // What rests on accepted gaps alone stops nobody, also when it is new.
    let excused = matches!(ran.verdict, Verdict::Clean | Verdict::Gaps | Verdict::Deviates);
    Ok(match found {
        Verdict::Undetermined if excused => Verdict::Gaps,
        Verdict::DeviatesAndUndetermined if excused => Verdict::Deviates,
        found => found,
    }
    .code())
}

/// The newest bundle before this one whose run did not fail: one that failed says nothing of any subject. Before the first
/// bundle nothing was so.
fn before(store: &FolderStore, index: u64, trust: &Trust) -> Result<Noted, Failure> {
    for earlier in (0..index).rev() {
        let Some(folder) = store.bundle(earlier).map_err(Failure::tool)? else { continue };
        let mut noted = Noted::default();
        let bundle = summary::verified(&folder, trust, &mut noted)?;
        if bundle.statement().predicate.status != RunStatus::Failed {
            return Ok(noted);
        }
    }
    Ok(Noted::default())
}

fn verdict(now: &Noted, before: &Noted) -> Verdict {
    let deviates = now.deviating.iter().any(|(key, shown)| match before.deviating.get(key) {
        // One value more that is not as declared is new, also where others were there already.
        Some(known) => !shown.is_subset(known),
        None => true,
    });
    let undetermined = now.undetermined.iter().any(|key| !before.undetermined.contains(key))
        || (now.findings == 0 && before.findings > 0);
    match (deviates, undetermined) {
        (true, true) => Verdict::DeviatesAndUndetermined,
        (true, false) => Verdict::Deviates,
        (false, true) => Verdict::Undetermined,
        // What is not known is never clean, however long it has been so.
        (false, false) if !now.undetermined.is_empty() || now.findings == 0 || now.gaps > 0 => Verdict::Gaps,
        (false, false) => Verdict::Clean,
    }
}

/// What of a bundle decides whether something is new.
#[derive(Debug, Default)]
struct Noted {
    /// Deviations that are not accepted: by the finding's key the digests of what they show.
    deviating: HashMap<String, BTreeSet<Digest>>,
    undetermined: BTreeSet<String>,
    findings: u64,
    /// Gaps that are not accepted.
    gaps: u64,
}

impl Noted {
    fn finding(&mut self, finding: &Finding) {
        self.findings += 1;
        match finding.outcome {
            Outcome::Deviates if finding.acceptance.is_none() => {
                self.deviating.entry(finding.key()).or_default().extend(finding.witnesses.iter().map(shown));
            }
            Outcome::Undetermined => {
                self.undetermined.insert(finding.key());
            }
            Outcome::Deviates | Outcome::Conforms | Outcome::NotApplicable => {}
        }
    }
}

/// What a witness shows: its value. Places move when something else in a list comes or goes, and sentences may count days.
fn shown(witness: &Witness) -> Digest {
    let text = match (&witness.actual, &witness.path) {
        (Some(actual), _) => actual.get(),
        (None, Some(path)) => path.as_str(),
        (None, None) => witness.because.as_deref().unwrap_or_default(),
    };
    Digest::of(text.as_bytes())
}

impl Observer for Noted {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Finding(finding) => self.finding(finding),
            Record::Gap(gap) => self.gaps += u64::from(gap.acceptance.is_none()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Severity;
    use model::record::Subject;

    use super::*;

    fn finding(id: &str, outcome: Outcome, actual: &str, acceptance: Option<&str>) -> Finding {
        Finding {
            control: "AC".into(),
            check: "c/k".into(),
            target: "t".into(),
            population: None,
            subject: Some(Subject { kind: "c/k".into(), id: id.into() }),
            outcome,
            severity: Severity::High,
            witnesses: vec![Witness {
                path: Some("/a".into()),
                actual: serde_json::from_str(actual).ok(),
                expected: None,
                because: None,
            }],
            reason: None,
            rests_on: Vec::new(),
            acceptance: acceptance.map(Into::into),
        }
    }

    fn noted(findings: &[Finding], gaps: u64) -> Noted {
        let mut noted = Noted { gaps, ..Noted::default() };
        findings.iter().for_each(|f| noted.finding(f));
        noted
    }

    #[test]
    fn only_what_was_not_so_before_counts() {
        use Outcome::{Conforms, Deviates, Undetermined};
        let bad = finding("1", Deviates, "1", None);
        let worse = finding("1", Deviates, "2", None);
        let good = finding("1", Conforms, "0", None);
        let accepted = finding("1", Deviates, "1", Some("AC-7"));
        let unknown = finding("1", Undetermined, "1", None);
        let other = finding("2", Undetermined, "1", None);
        let say = |now: &[Finding], gaps, before: &[Finding]| verdict(&noted(now, gaps), &noted(before, 0)).code();
        assert_eq!(say(std::slice::from_ref(&bad), 0, &[]), 10, "before the first bundle nothing was so");
        assert_eq!(say(std::slice::from_ref(&bad), 0, std::slice::from_ref(&bad)), 0);
        assert_eq!(say(std::slice::from_ref(&bad), 1, std::slice::from_ref(&bad)), 3);
        assert_eq!(say(std::slice::from_ref(&worse), 0, std::slice::from_ref(&bad)), 10, "it shows another value");
        assert_eq!(say(std::slice::from_ref(&bad), 0, std::slice::from_ref(&good)), 10);
        assert_eq!(say(std::slice::from_ref(&bad), 0, std::slice::from_ref(&accepted)), 10, "no longer accepted");
        assert_eq!(say(std::slice::from_ref(&accepted), 0, std::slice::from_ref(&good)), 0);
        assert_eq!(say(std::slice::from_ref(&unknown), 0, std::slice::from_ref(&bad)), 11, "no longer known");
        assert_eq!(say(std::slice::from_ref(&unknown), 0, std::slice::from_ref(&unknown)), 3, "unknown is never clean");
        assert_eq!(say(&[bad, other], 0, std::slice::from_ref(&good)), 12);
        assert_eq!(say(&[], 0, &[good]), 11, "nothing was tested any more");
        assert_eq!(say(&[], 0, &[]), 3, "nothing was tested, as before");
    }
}
