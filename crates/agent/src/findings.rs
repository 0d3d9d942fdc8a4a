//! Findings on their way into the bundle: written to disk as they are concluded, read back in the order of the bundle.

use std::io;
use std::path::Path;

use model::record::Finding;

use crate::spool::{LineFile, Name, Names, Span};

/// Findings as they come.
#[derive(Debug)]
pub(crate) struct Findings {
    file: LineFile,
    names: Names,
    keys: Vec<Key>,
}

/// All of a finding that stays in memory.
#[derive(Debug)]
struct Key {
    control: Name,
    check: Name,
    target: Name,
    /// The kind of its subject, or the population.
    about: Name,
    subject: Option<Box<str>>,
    span: Span,
}

/// The findings in the order of the bundle ([`Finding::place`]).
#[derive(Debug)]
pub struct SortedFindings {
    file: LineFile,
    spans: Vec<Span>,
}

impl Findings {
    /// In a new file.
    ///
    /// # Errors
    /// When it is there already or cannot be made; as all that follow.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: LineFile::create(path)?, names: Names::default(), keys: Vec::new() })
    }

    pub(crate) fn push(&mut self, finding: &Finding) -> io::Result<()> {
        let span = self.file.append(&serde_json::to_vec(finding)?)?;
        let (control, check, target, about, subject) = finding.place();
        self.keys.push(Key {
            control: self.names.of(control),
            check: self.names.of(check),
            target: self.names.of(target),
            about: self.names.of(about),
            subject: subject.map(Into::into),
            span,
        });
        Ok(())
    }

    /// Puts them into order.
    ///
    /// # Errors
    /// Also when there are two findings of one check about the same: a bundle holds one.
    pub(crate) fn sorted(mut self) -> io::Result<SortedFindings> {
        self.file.flush()?;
        let ranks = self.names.ranks();
        let place = |key: &Key| (ranks.of(key.control), ranks.of(key.check), ranks.of(key.target), ranks.of(key.about));
        self.keys.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.subject.cmp(&b.subject)));
        for (one, other) in self.keys.iter().zip(self.keys.iter().skip(1)) {
            if place(one) == place(other) && one.subject == other.subject {
                let (check, about) = (self.names.text(one.check), self.names.text(one.about));
                let about = one.subject.as_deref().unwrap_or(about);
                return Err(io::Error::other(format!("the check `{check}` gave two findings about `{about}`")));
            }
        }
        Ok(SortedFindings { file: self.file, spans: self.keys.iter().map(|key| key.span).collect() })
    }
}

impl SortedFindings {
    /// The findings as JSON, one by one.
    pub fn texts(&self) -> impl Iterator<Item = io::Result<Vec<u8>>> + '_ {
        self.spans.iter().map(|span| self.file.read(*span))
    }
}

#[cfg(test)]
mod tests {
    use model::record::Subject;
    use model::{Outcome, Severity};

    use super::*;

    fn finding(control: &str, population: &str, id: Option<&str>) -> Finding {
        Finding {
            control: control.to_owned(),
            check: "x/check".to_owned(),
            target: "t".to_owned(),
            population: Some(population.to_owned()),
            subject: id.map(|id| Subject { kind: "x/thing".to_owned(), id: id.to_owned() }),
            outcome: Outcome::Undetermined,
            severity: Severity::High,
            evidence: Vec::new(),
            reason: Some("r".to_owned()),
            rests_on: Vec::new(),
            acceptance: None,
        }
    }

    fn sorted(findings: &[Finding]) -> io::Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let mut all = Findings::create(&folder.path().join("findings")).unwrap();
        findings.iter().for_each(|one| all.push(one).unwrap());
        let read = |text: io::Result<Vec<u8>>| {
            let one: Finding = serde_json::from_slice(&text.unwrap()).unwrap();
            format!("{} {} {}", one.control, one.population.unwrap(), one.subject.map_or("-".to_owned(), |s| s.id))
        };
        Ok(all.sorted()?.texts().map(read).collect())
    }

    #[test]
    fn the_order_is_that_of_the_bundle_and_not_of_arrival() {
        let findings = [
            finding("B", "x/thing@r1", Some("1")),
            finding("A", "x/thing@r1", Some("b")),
            finding("A", "x/thing@r2", Some("a")),
            finding("A", "x/thing@r1", None),
            finding("A", "x/thing", None),
        ];
        let expected = ["A x/thing -", "A x/thing@r2 a", "A x/thing@r1 b", "A x/thing@r1 -", "B x/thing@r1 1"];
        assert_eq!(sorted(&findings).unwrap(), expected);
        let mut reversed = findings;
        reversed.reverse();
        assert_eq!(sorted(&reversed).unwrap(), expected);
    }

    #[test]
    fn two_about_the_same_are_refused() {
        let twice = [finding("A", "x/thing@r1", Some("b")), finding("A", "x/thing@r2", Some("b"))];
        assert!(sorted(&twice).unwrap_err().to_string().contains("two findings about `b`"));
        let lists = [finding("A", "x/thing", None), finding("A", "x/thing", None)];
        assert!(sorted(&lists).unwrap_err().to_string().contains("two findings about `x/thing`"));
    }
}
