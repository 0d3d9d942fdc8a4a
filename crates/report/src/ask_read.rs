//! Questions about who may do what, put to the clusters of one bundle.

use std::collections::{BTreeMap, HashMap};

use bundle::read::{Line, Record};
use declaration::Declaration;
use model::RecordRef;
use model::record::{Coverage, Gap, Locator, Resource};
use rbac::answer::{Answer, By, Path, Verdict, WhoCan, World};
use rbac::effective::Claimed;
use rbac::question::{self, Question, Unclear};
use rbac::resource::{BINDING, CLUSTER, ROLE};
use rbac::rules::Asked;
use rbac::sealed::Sealed;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use verify::{Marked, Observer, VerifiedBundle};

use crate::declared::DeclaredReader;

/// A question as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `may User/alice get secrets in signer`
    May(Question),
    /// `get secrets in signer`
    WhoCan(Asked),
}

impl Ask {
    /// # Errors
    /// Where it is no question, with the place.
    pub fn may(text: &str) -> Result<Self, Unclear> {
        question::question(text).map(Self::May)
    }

    /// # Errors
    /// Where it is nothing that can be asked, with the place.
    pub fn who_can(text: &str) -> Result<Self, Unclear> {
        question::action(text).map(Self::WhoCan)
    }

    const fn asked(&self) -> &Asked {
        match self {
            Self::May(question) => &question.asked,
            Self::WhoCan(asked) => asked,
        }
    }
}

/// What is sealed of one cluster.
#[derive(Debug, Default)]
struct Cluster {
    sealed: Sealed,
    /// Members that are shown, by population.
    shown: HashMap<String, u64>,
    /// Where bindings and roles stand.
    places: HashMap<String, Place>,
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    pub record: RecordRef,
    /// The answer that it was read in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<RecordRef>,
    /// The place in that answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Takes the clusters of a bundle, in one reading.
#[derive(Debug, Default)]
pub struct AskReader {
    declared: DeclaredReader,
    clusters: BTreeMap<String, Cluster>,
    coverage: Vec<Coverage>,
    gaps: Vec<Gap>,
}

/// An answer, with where all that it follows from stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reply {
    pub target: String,
    /// The question, as it was understood.
    pub question: String,
    #[serde(flatten)]
    pub said: Said,
    /// How the cluster was read, as far as that has to be known beside the answer; `null`: nobody compared.
    pub marks: Option<Vec<Marked>>,
    /// Of each binding and role of the paths.
    pub places: BTreeMap<String, Place>,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    Answer(Answer),
    WhoCan(WhoCan),
}

impl Reply {
    /// Yes, no, or undetermined; a list is undetermined where there may be more.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match &self.said {
            Said::Answer(answer) => answer.verdict,
            Said::WhoCan(found) if found.because.is_empty() => Verdict::Yes,
            Said::WhoCan(_) => Verdict::Undetermined,
        }
    }

    /// All that gives it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let (one, many) = match &self.said {
            Said::Answer(answer) => (answer.paths.as_slice(), [].as_slice()),
            Said::WhoCan(found) => ([].as_slice(), found.subjects.as_slice()),
        };
        one.iter().chain(many.iter().flat_map(|holder| &holder.paths))
    }
}

impl AskReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn resource(&mut self, at: RecordRef, resource: &Resource) {
        if !Sealed::KINDS.contains(&resource.kind.as_str()) {
            return;
        }
        let cluster = self.clusters.entry(resource.target.clone()).or_default();
        let shown = cluster.shown.entry(resource.population.clone()).or_default();
        *shown = shown.saturating_add(1);
        cluster.sealed.take(&resource.kind, &resource.id, resource.facts.get());
        let part = match resource.kind.as_str() {
            BINDING => "subjects",
            ROLE => "rules",
            _ => return,
        };
        let (exchange, path) = match resource.parts.get(part).and_then(|places| places.first()) {
            Some(Locator::Answer(place)) => (Some(place.exchange), Some(place.path.clone())),
            Some(Locator::Declared(_)) | None => (None, None),
        };
        cluster.places.insert(resource.id.clone(), Place { record: at, exchange, path });
    }

    /// The answer. `target`: of which cluster, where there are several.
    ///
    /// # Errors
    /// Why it is no question to this bundle: no such cluster, or a resource that is written otherwise.
    pub fn finish(mut self, bundle: &VerifiedBundle, ask: &Ask, target: Option<&str>) -> Result<Reply, String> {
        let known: Vec<String> = self.targets();
        let target = match (target, known.as_slice()) {
            (_, []) => return Err("no cluster of Kubernetes was read in this run".to_owned()),
            (None, [one]) => one.clone(),
            (None, all) => {
                return Err(format!("it holds {} clusters: name one with `--target`: {}", all.len(), all.join(", ")));
            }
            (Some(named), all) if all.iter().any(|one| one == named) => named.to_owned(),
            (Some(named), all) => return Err(format!("there is no cluster `{named}` in it: {}", all.join(", "))),
        };
        let cluster = self.clusters.remove(&target).unwrap_or_default();
        let lists = self.lists(&target, &cluster);
        let declared = std::mem::take(&mut self.declared).finish(bundle).read();
        let claimed = declared.and_then(|(loaded, _)| claimed(&loaded.declaration, &target));
        let world = World { sealed: cluster.sealed, claimed, lists };
        if let Some(doubt) = world.doubt(ask.asked()) {
            return Err(doubt);
        }
        let mut notes = Vec::new();
        if !world.is_named(ask.asked()) {
            notes.push(
                "no rule of this cluster names this resource: resources are written in the plural, as in a rule"
                    .to_owned(),
            );
        }
        if let Err(why) = &world.claimed {
            notes.push(format!("what the declaration says of the cluster is not known: {why}"));
        }
        let (question, said) = match ask {
            Ask::May(question) => (question.to_string(), Said::Answer(world.answer(question))),
            Ask::WhoCan(asked) => (asked.to_string(), Said::WhoCan(world.who_can(asked))),
        };
        let marks = bundle.marks().map(|marks| marks.of_read(&target, &Sealed::KINDS));
        let mut reply = Reply { target, question, said, marks, places: BTreeMap::new(), notes };
        let objects: Vec<String> = reply
            .paths()
            .filter_map(|path| match &path.by {
                By::Binding { binding, role, .. } => Some([binding.clone(), role.clone()]),
                By::AccessPolicy { .. } | By::SystemMasters => None,
            })
            .flatten()
            .collect();
        for id in objects {
            if let Some(place) = cluster.places.get(&id) {
                reply.places.insert(id, place.clone());
            }
        }
        Ok(reply)
    }

    /// The clusters of which anything was read, or could have been.
    fn targets(&self) -> Vec<String> {
        let lists = self.coverage.iter().filter(|one| kind_of(&one.population) == CLUSTER).map(|one| &one.target);
        let mut all: Vec<String> = self.clusters.keys().chain(lists).cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The lists of a cluster, and why one is not whole.
    fn lists(&self, target: &str, cluster: &Cluster) -> BTreeMap<String, Option<String>> {
        let mut lists: BTreeMap<String, Option<String>> = BTreeMap::new();
        for one in self.coverage.iter().filter(|one| one.target == target) {
            let shown = cluster.shown.get(&one.population).copied().unwrap_or(0);
            let listed = one.items.saturating_sub(one.repeated);
            let why = if !one.complete {
                Some("its end was not reached".to_owned())
            } else if listed > shown {
                Some(format!("{} of its {listed} members are not in this copy", listed - shown))
            } else {
                None
            };
            // What one of several listings did not see, none of the others makes whole.
            lists
                .entry(one.population.clone())
                .and_modify(|known| *known = known.take().or(why.clone()))
                .or_insert(why);
        }
        let of_lists = |gap: &&Gap| gap.target == target && gap.part.is_none() && gap.subject.is_none();
        for gap in self.gaps.iter().filter(of_lists) {
            match &gap.population {
                Some(population) => {
                    lists.insert(population.clone(), Some(gap.detail.clone()));
                }
                // Of all that its collector lists, and of nothing that another one does.
                None => {
                    let own = |one: &&Coverage| one.target == target && one.collector == gap.collector;
                    for one in self.coverage.iter().filter(own) {
                        lists.insert(one.population.clone(), Some(gap.detail.clone()));
                    }
                }
            }
        }
        lists
    }
}

impl Observer for AskReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        self.declared.record(at, line, text);
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Resource(resource) => self.resource(at, resource),
            Record::Coverage(coverage) => self.coverage.push(coverage.clone()),
            Record::Gap(gap) => self.gaps.push(gap.clone()),
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.declared.wants_raw(ordinal)
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        self.declared.raw(ordinal, piece);
    }
}

/// What the declaration claims of a cluster.
///
/// # Errors
/// Where it has no such target, or settings of another form.
pub fn claimed(declaration: &Declaration, target: &str) -> Result<Claimed, String> {
    let declared = declaration.targets.iter().find(|one| one.id.as_str() == target);
    let declared = declared.ok_or_else(|| format!("the declaration has no target `{target}`"))?;
    serde_json::from_value(Value::Object(declared.settings.to_json())).map_err(|error| {
        format!("the settings of target `{target}` are not of a form that this program knows: {error}")
    })
}

/// The kind whose members a population lists.
fn kind_of(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::record::GapReason;

    fn coverage(collector: &str, population: &str) -> Coverage {
        Coverage {
            target: "c".into(),
            collector: collector.into(),
            population: population.into(),
            calls: 1,
            pages: 1,
            items: 0,
            repeated: 0,
            complete: true,
            total: None,
        }
    }

    fn gap(collector: &str, population: Option<&str>) -> Gap {
        Gap {
            target: "c".into(),
            collector: collector.into(),
            population: population.map(str::to_owned),
            subject: None,
            part: None,
            right: None,
            reason: GapReason::Denied,
            detail: "refused".into(),
            exchange: None,
            acceptance: None,
        }
    }

    /// The lists that are not whole.
    fn cut(gap: Gap) -> Vec<String> {
        let lists = [
            coverage("kubernetes-rbac", "kubernetes-rbac/binding@cluster"),
            coverage("kubernetes-rbac", "kubernetes-rbac/role@cluster"),
            coverage("own", "own/thing"),
        ];
        let reader = AskReader { coverage: lists.into(), gaps: vec![gap], ..AskReader::default() };
        let lists = reader.lists("c", &Cluster::default());
        assert_eq!(lists.len(), 3);
        lists.into_iter().filter(|(_, why)| why.is_some()).map(|(name, _)| name).collect()
    }

    #[test]
    fn a_list_whose_end_was_not_reached_stays_so_whatever_lists_it_again() {
        let whole = coverage("kubernetes-rbac", "kubernetes-rbac/binding@cluster");
        let open = Coverage { complete: false, ..whole.clone() };
        for both in [[whole.clone(), open.clone()], [open, whole]] {
            let reader = AskReader { coverage: both.into(), ..AskReader::default() };
            let lists = reader.lists("c", &Cluster::default());
            assert_eq!(lists.into_values().collect::<Vec<_>>(), [Some("its end was not reached".to_owned())]);
        }
    }

    #[test]
    fn a_gap_of_a_collector_cuts_its_own_lists_and_no_others() {
        let rbac = ["kubernetes-rbac/binding@cluster", "kubernetes-rbac/role@cluster"];
        assert_eq!(cut(gap("kubernetes-rbac", None)), rbac);
        assert_eq!(cut(gap("own", None)), ["own/thing"]);
        assert_eq!(cut(gap("kubernetes-rbac", Some(rbac[1]))), rbac[1..]);
    }
}
