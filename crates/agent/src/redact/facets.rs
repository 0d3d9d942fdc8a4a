//! What of a record rules look at.

use bundle::read::Record;
use declaration::{Selector, WithholdRule};
use model::{Covers, RecordRef};

/// The texts of one record by which it can be selected.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facets<'r> {
    target: Option<&'r str>,
    collector: Option<&'r str>,
    operation: Option<&'r str>,
    kind: Option<&'r str>,
    subject: Option<&'r str>,
    id: Option<&'r str>,
    control: Option<&'r str>,
    check: Option<&'r str>,
    path: Option<&'r str>,
}

impl<'r> Facets<'r> {
    pub(super) fn of(record: &'r Record) -> Self {
        let none = Self::default();
        match record {
            Record::Declaration(file) => Self { path: Some(&file.path), ..none },
            Record::Acceptance(acceptance) => Self { id: Some(&acceptance.id), ..Self::covered(&acceptance.covers) },
            Record::Exchange(exchange) => Self {
                target: Some(&exchange.target),
                collector: Some(&exchange.collector),
                operation: Some(&exchange.operation),
                ..none
            },
            // Of a body and its parameters, the exchange has the rest.
            Record::Params(params) => Self {
                kind: params.subject.as_ref().map(|subject| subject.kind.as_str()),
                subject: params.subject.as_ref().map(|subject| subject.id.as_str()),
                ..none
            },
            Record::Resource(resource) => {
                Self::object(&resource.target, &resource.collector, &resource.kind, &resource.id)
            }
            Record::Derived(derived) => Self::object(&derived.target, &derived.collector, &derived.kind, &derived.id),
            Record::Recorded(recorded) => Self { id: Some(&recorded.id), ..none },
            Record::Finding(finding) => {
                let population = finding.population.as_deref().map(|population| {
                    // `aws-kms/key@eu-west-1` is of the kind before the place.
                    population.split_once('@').map_or(population, |(kind, _)| kind)
                });
                Self {
                    target: Some(&finding.target),
                    kind: finding.subject.as_ref().map(|subject| subject.kind.as_str()).or(population),
                    subject: finding.subject.as_ref().map(|subject| subject.id.as_str()),
                    control: Some(&finding.control),
                    check: Some(&finding.check),
                    ..none
                }
            }
            Record::Run(_)
            | Record::Host(_)
            | Record::Check(_)
            | Record::Assignment(_)
            | Record::Route(_)
            | Record::Peer(_)
            | Record::Body(_)
            | Record::Coverage(_)
            | Record::Gap(_)
            | Record::Control(_) => none,
        }
    }

    fn object(target: &'r str, collector: &'r str, kind: &'r str, id: &'r str) -> Self {
        Self {
            target: Some(target),
            collector: Some(collector),
            kind: Some(kind),
            subject: Some(id),
            id: Some(id),
            ..Self::default()
        }
    }

    fn covered(covers: &'r Covers) -> Self {
        match covers {
            Covers::Deviation { control, check, subject, target } => Self {
                target: target.as_deref(),
                subject: Some(subject),
                control: Some(control),
                check: Some(check),
                ..Self::default()
            },
            Covers::Gap { target, subject, .. } => {
                Self { target: Some(target), subject: subject.as_deref(), ..Self::default() }
            }
        }
    }

    fn get(&self, selector: Selector) -> Option<&'r str> {
        match selector {
            Selector::Target => self.target,
            Selector::Collector => self.collector,
            Selector::Operation => self.operation,
            Selector::Kind => self.kind,
            Selector::Subject => self.subject,
            Selector::Id => self.id,
            Selector::Control => self.control,
            Selector::Check => self.check,
            Selector::Path => self.path,
            Selector::Reference => None,
        }
    }

    /// Whether each selector of a rule that is among these has a pattern that matches. What a record lacks matches nothing.
    pub(super) fn fit(&self, rule: &WithholdRule, at: RecordRef, among: impl Fn(Selector) -> bool) -> bool {
        rule.selectors.iter().filter(|(selector, _)| among(*selector)).all(|(selector, globs)| match selector {
            Selector::Reference => {
                let name = at.to_string();
                globs.iter().any(|glob| glob.matches(&name))
            }
            other => self.get(*other).is_some_and(|text| globs.iter().any(|glob| glob.matches(text))),
        })
    }
}
