//! Records everybody who is named by a binding, is a service account or is let in by EKS, with what they may do.

use std::collections::BTreeSet;

use sdk::{CoverageNote, DerivedNote, GapNote, GapReason, Input, Recorder, SinkError};

use crate::cluster::Cluster;
use crate::eks;
use crate::known::{Answers, Beside, changed_meanwhile};
use crate::lists::Lists;
use rbac::effective::Effective;
use rbac::resource::{ACCESS_ENTRY, BINDING, CLUSTER, ROLE, SUBJECT};
use rbac::rules::Rbac;
use rbac::sensitive::{POLICY, Role};
use rbac::subject::Subject;

/// What the subjects are computed from.
pub(crate) struct Subjects<'a> {
    pub cluster: &'a Cluster,
    pub recorder: &'a Recorder,
    pub rbac: &'a Rbac,
    pub lists: &'a Lists,
    pub beside: Option<&'a Beside>,
}

impl Subjects<'_> {
    /// Who holds which sensitive right, subject by subject.
    pub fn record(&self, effective: &Effective, answers: &Answers) -> Result<(), SinkError> {
        let (cluster, lists, recorder) = (self.cluster, self.lists, self.recorder);
        let sources = [&lists.accounts, &lists.cluster_roles, &lists.roles, &lists.cluster_bindings, &lists.bindings];
        let mut inputs: Vec<Input> = sources.iter().flat_map(|found| found.inputs()).collect();
        // Its version says by which rules the server answers.
        inputs.push(Input::Resource { kind: CLUSTER.to_owned(), id: cluster.settings.uid.clone() });
        if self.beside.is_some() {
            inputs.push(Input::Population(ACCESS_ENTRY.to_owned()));
        }
        let changed = self.changed();
        for subject in effective.subjects() {
            let facts = effective.facts(subject);
            let mut bases = inputs.clone();
            for binding in &facts.bindings {
                bases.push(Input::Resource { kind: BINDING.to_owned(), id: binding.clone() });
            }
            for principal in &facts.access_entries {
                bases.push(Input::Resource { kind: ACCESS_ENTRY.to_owned(), id: principal.clone() });
            }
            for grant in &facts.grants {
                bases.extend(grounds(&grant.role, grant.namespace.as_ref(), &grant.binding));
                if let Some(with) = &grant.with {
                    bases.extend(grounds(&with.role, with.namespace.as_ref(), &with.binding));
                }
            }
            let in_changed = changed.contains(subject)
                || facts.groups.iter().any(|group| changed.contains(&Subject::Group(group.clone())));
            if in_changed {
                recorder.gap(changed_meanwhile(SUBJECT, &subject.id(), "grants"))?;
            }
            if let Some(gap) = by_node(subject, effective.authorizers.as_deref()) {
                recorder.gap(gap)?;
            }
            recorder.derived(DerivedNote {
                population: SUBJECT.to_owned(),
                kind: SUBJECT.to_owned(),
                id: subject.id(),
                inputs: bases,
                facts: sdk::facts(&facts)?,
            })?;
        }
        if let Err(refusal) = &answers.known {
            recorder.gap(refusal.gap_of(SUBJECT, Some("grants")))?;
        }
        self.close(effective.subjects().len())
    }

    /// Whoever is named by a binding whose role could not be made out.
    fn changed(&self) -> BTreeSet<Subject> {
        let changed = self
            .rbac
            .bindings
            .iter()
            .filter(|binding| self.lists.changed.contains(&binding.id()) && self.rbac.rules(binding).is_none());
        changed
            .flat_map(|binding| {
                binding.subjects.iter().filter_map(|named| Subject::of(named, binding.namespace_of(named)))
            })
            .collect()
    }

    /// What is missing among the subjects, and of each of them.
    fn close(&self, items: usize) -> Result<(), SinkError> {
        let (lists, recorder) = (self.lists, self.recorder);
        // Whoever is named only where nothing was read is missing here.
        let naming = [&lists.accounts, &lists.cluster_bindings, &lists.bindings];
        for list in naming {
            if let Some(refusal) = list.stopped() {
                recorder.gap(refusal.gap_of(SUBJECT, None))?;
            }
        }
        for list in [&lists.cluster_roles, &lists.roles] {
            if let Some(refusal) = list.stopped() {
                recorder.gap(refusal.gap_of(SUBJECT, Some("grants")))?;
            }
        }
        for list in [&lists.cluster_bindings, &lists.bindings] {
            if let Some(refusal) = list.stopped() {
                recorder.gap(refusal.gap_of(SUBJECT, Some("grants")))?;
                recorder.gap(refusal.gap_of(SUBJECT, Some("bindings")))?;
            }
        }
        if let Some(Err(refusal)) = self.beside.map(|beside| &beside.described) {
            recorder.gap(GapNote { part: Some("authorizers".to_owned()), ..eks::of_subjects(refusal) })?;
        } else if let Some(detail) = unseen_authorizers(self.cluster) {
            recorder.gap(GapNote {
                population: Some(SUBJECT.to_owned()),
                subject: None,
                part: Some("authorizers".to_owned()),
                right: None,
                reason: GapReason::Unsupported,
                detail,
                exchange: None,
            })?;
        }
        recorder.coverage(CoverageNote {
            population: SUBJECT.to_owned(),
            calls: 0,
            pages: 0,
            items: u64::try_from(items).unwrap_or(u64::MAX),
            complete: naming.iter().all(|list| list.stopped().is_none())
                && self.beside.is_none_or(|beside| beside.access.complete),
            total: None,
        })
    }
}

/// A node gets from the Node authorizer what the pods that run on it need, their secrets and tokens among that, and no object says which.
/// <https://kubernetes.io/docs/reference/access-authn-authz/node/>
fn by_node(subject: &Subject, authorizers: Option<&[String]>) -> Option<GapNote> {
    let is_node = match subject {
        Subject::User(name) => name.starts_with("system:node:"),
        Subject::Group(name) => name == "system:nodes",
        Subject::ServiceAccount { .. } => false,
    };
    let decides = authorizers.is_some_and(|all| all.iter().any(|one| one.eq_ignore_ascii_case("Node")));
    (is_node && decides).then(|| GapNote {
        population: Some(SUBJECT.to_owned()),
        subject: Some(sdk::Subject { kind: SUBJECT.to_owned(), id: subject.id() }),
        part: Some("grants".to_owned()),
        right: None,
        reason: GapReason::Unsupported,
        detail: "the Node authorizer decides beside RBAC what a node may do, by the pods that run on it: which secrets and tokens that \
                 are, no object of RBAC shows"
            .to_owned(),
        exchange: None,
    })
}

/// The binding and the role that a grant rests on, where they are objects of the cluster.
fn grounds(role: &Role, namespace: Option<&String>, binding: &str) -> Vec<Input> {
    if role.kind == POLICY {
        return Vec::new();
    }
    // A Role is always one of the binding's own namespace.
    let id = match namespace {
        Some(namespace) if role.kind == "Role" => format!("Role/{namespace}/{}", role.name),
        _ => format!("ClusterRole/{}", role.name),
    };
    vec![
        Input::Resource { kind: BINDING.to_owned(), id: binding.to_owned() },
        Input::Resource { kind: ROLE.to_owned(), id },
    ]
}

/// Why it is not known that nothing decides but what was read.
fn unseen_authorizers(cluster: &Cluster) -> Option<String> {
    if cluster.settings.authorizers.is_none() && cluster.settings.eks.is_none() {
        return Some(
            "no object of the cluster shows which authorizers decide besides RBAC: declare `authorizers`".to_owned(),
        );
    }
    let claimed = cluster.settings.claimed();
    let others = claimed.others();
    (!others.is_empty()).then(|| format!("declared to decide besides RBAC, but not read: {}", others.join(", ")))
}
