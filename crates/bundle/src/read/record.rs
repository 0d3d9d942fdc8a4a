//! A record of any type, as a line holds it.

use model::RecordType;
use model::record::{
    Acceptance, Assignment, Body, Check, Control, Coverage, Declaration, Derived, Exchange, Finding, Gap, Host, Params,
    Peer, Recorded, Resource, Route, Run,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// A record of any type. Serialised, it is the members of the record without salt and type.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Record {
    Run(Run),
    Host(Host),
    Declaration(Declaration),
    Check(Check),
    Acceptance(Acceptance),
    Assignment(Assignment),
    Route(Route),
    Peer(Peer),
    Exchange(Exchange),
    Params(Params),
    Body(Body),
    Coverage(Coverage),
    Gap(Gap),
    Resource(Resource),
    Derived(Derived),
    Recorded(Recorded),
    Finding(Finding),
    Control(Control),
}

/// A value that is passed on as the source spelled it, and how many objects and arrays are open around it.
pub(super) struct Opaque<'a> {
    pub(super) around: usize,
    pub(super) value: &'a RawValue,
}

impl Record {
    pub(super) fn opaque(&self) -> impl Iterator<Item = Opaque<'_>> {
        let (one, two): (Option<&RawValue>, Option<&RawValue>) = match self {
            Self::Params(params) => (Some(&params.parameters), None),
            Self::Resource(resource) => (Some(&resource.facts), None),
            Self::Derived(derived) => (Some(&derived.facts), None),
            Self::Assignment(assignment) => (Some(&assignment.parameters), Some(&assignment.declared)),
            _ => (None, None),
        };
        let evidence = match self {
            Self::Finding(finding) => finding.evidence.as_slice(),
            _ => &[],
        };
        let shown = evidence.iter().flat_map(|e| [e.actual.as_deref(), e.expected.as_deref()]);
        let members = [one, two].into_iter().flatten().map(|value| Opaque { around: 1, value });
        // The record, its list of evidence, the piece of evidence.
        members.chain(shown.flatten().map(|value| Opaque { around: 3, value }))
    }

    #[must_use]
    pub const fn kind(&self) -> RecordType {
        match self {
            Self::Run(_) => RecordType::Run,
            Self::Host(_) => RecordType::Host,
            Self::Declaration(_) => RecordType::Declaration,
            Self::Check(_) => RecordType::Check,
            Self::Acceptance(_) => RecordType::Acceptance,
            Self::Assignment(_) => RecordType::Assignment,
            Self::Route(_) => RecordType::Route,
            Self::Peer(_) => RecordType::Peer,
            Self::Exchange(_) => RecordType::Exchange,
            Self::Params(_) => RecordType::Params,
            Self::Body(_) => RecordType::Body,
            Self::Coverage(_) => RecordType::Coverage,
            Self::Gap(_) => RecordType::Gap,
            Self::Resource(_) => RecordType::Resource,
            Self::Derived(_) => RecordType::Derived,
            Self::Recorded(_) => RecordType::Recorded,
            Self::Finding(_) => RecordType::Finding,
            Self::Control(_) => RecordType::Control,
        }
    }
}
