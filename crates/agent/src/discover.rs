//! What a first declaration is written from: the targets that the credentials at hand lead to, and what can be read there.
//!
//! Nothing of it is evidence: it is read the way a run reads, to a scratch that goes away, and is neither judged nor sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::record::{Gap, Identity};
use sdk::{CollectorKind, Environment, FoundKey, FoundTarget, KnownSecrets, Recorder, Sink, SinkError, Target};
use serde_json::{Map, Value};

use crate::collect::{Job, Progress, collect};
use crate::preflight::Forget;
use crate::spool::{DeclaredFiles, Spool};

/// What was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// In the order of their names.
    pub targets: Vec<DiscoveredTarget>,
    /// Collectors that found no target, and why.
    pub without_target: BTreeMap<String, String>,
}

/// One target, and what was read of it.
#[derive(Debug)]
pub struct DiscoveredTarget {
    pub found: FoundTarget,
    /// The collectors that can read it.
    pub collectors: BTreeSet<String>,
    pub identities: Vec<Identity>,
    pub keys: Vec<FoundKey>,
    /// Resources by kind.
    pub resources: BTreeMap<String, u64>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Why nothing could be found out at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    #[error("the scratch folder cannot be used")]
    Scratch(#[source] io::Error),
    #[error(transparent)]
    Sink(#[from] SinkError),
}

/// How it is looked for.
pub struct Looking<'a> {
    pub kinds: &'a [Arc<dyn CollectorKind>],
    pub environment: &'a Environment,
    /// An empty folder that goes away.
    pub folder: &'a Path,
    pub side_by_side: usize,
    /// What a source may take to say who we are. All are asked at once, so that nobody waits longer than this for one that is silent.
    pub probe: Duration,
    /// Settings for each target of whose collectors one knows them.
    pub settings: &'a Map<String, Value>,
    pub progress: &'a dyn Progress,
    /// Is shown each thing that was read: target, kind, id, facts.
    pub look: &'a mut dyn FnMut(&str, &str, &str, &Value),
}

impl std::fmt::Debug for Looking<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Looking").field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// Asks every collector for targets, and reads those.
///
/// # Errors
/// Only when the scratch cannot be written; what a source refuses is part of what was found.
pub async fn discover(looking: Looking<'_>) -> Result<Discovery, DiscoverError> {
    let Looking { kinds, environment, folder, side_by_side, probe, settings, progress, look } = looking;
    let secrets = KnownSecrets::default();
    let mut discovery = Discovery::default();
    progress.phase("looking for targets");
    let asked = kinds.iter().map(|kind| {
        let name = kind.descriptor().name;
        let sink: Arc<dyn Sink> = Arc::new(Forget::default());
        let recorder = Recorder::new(sink, "discovery", &name, secrets.clone());
        async move { (name, tokio::time::timeout(probe, kind.discover(environment, &recorder)).await) }
    });
    for (name, answer) in futures_util::future::join_all(asked).await {
        let Ok(answer) = answer else {
            let why = format!("no answer within {} s; `--deadline` gives a slow source more", probe.as_secs_f64());
            discovery.without_target.insert(name, why);
            continue;
        };
        match answer {
            Ok(found) if found.is_empty() => {
                let why = "it cannot find targets by itself: add one by hand (`witnessmark collectors describe` has the settings)";
                discovery.without_target.insert(name, why.to_owned());
            }
            Ok(found) => found.into_iter().for_each(|target| discovery.add(target, &name)),
            Err(error) => {
                discovery.without_target.insert(name, error.to_string());
            }
        }
    }
    for target in &mut discovery.targets {
        let of_it: Vec<Value> = kinds
            .iter()
            .map(|kind| kind.descriptor())
            .filter(|descriptor| target.collectors.contains(&descriptor.name))
            .map(|descriptor| descriptor.settings)
            .collect();
        let known = |name: &str| of_it.iter().any(|schema| schema.pointer(&format!("/properties/{name}")).is_some());
        let wanted = settings.iter().filter(|(name, _)| known(name));
        target.found.settings.extend(wanted.map(|(name, value)| (name.clone(), value.clone())));
    }
    progress.phase("reading what was found");
    let spool = Arc::new(Spool::create(folder, DeclaredFiles::default()).map_err(DiscoverError::Scratch)?);
    let sink: Arc<dyn Sink> = Arc::clone(&spool) as Arc<dyn Sink>;
    let jobs = discovery.jobs(kinds);
    let identities = collect(jobs, environment, sink, &secrets, side_by_side, progress).await?;
    let recorded = spool.finish().map_err(DiscoverError::Scratch)?;
    for identity in identities {
        if let Some(target) = discovery.target(&identity.target) {
            target.identities.push(identity);
        }
    }
    for gap in recorded.gaps() {
        if let Some(target) = discovery.target(&gap.target) {
            target.gaps.push(gap.clone());
        }
    }
    for resource in recorded.resources() {
        let resource = resource.map_err(DiscoverError::Scratch)?;
        let Some(target) = discovery.target(&resource.target) else { continue };
        *target.resources.entry(resource.kind.clone()).or_default() += 1;
        let Some(kind) = kinds.iter().find(|kind| kind.descriptor().name == resource.collector) else { continue };
        let facts: Value = serde_json::from_str(resource.facts.get()).map_err(|e| DiscoverError::Scratch(e.into()))?;
        target.keys.extend(kind.key_of(&resource.kind, &facts));
        look(&resource.target, &resource.kind, &resource.id, &facts);
    }
    for derived in recorded.derived() {
        let derived = derived.map_err(DiscoverError::Scratch)?;
        let facts: Value = serde_json::from_str(derived.facts.get()).map_err(|e| DiscoverError::Scratch(e.into()))?;
        look(&derived.target, &derived.kind, &derived.id, &facts);
    }
    Ok(discovery)
}

impl Discovery {
    fn add(&mut self, found: FoundTarget, collector: &str) {
        let same = |known: &DiscoveredTarget| known.found.id == found.id && known.found.settings == found.settings;
        if let Some(known) = self.targets.iter_mut().find(|known| same(known)) {
            known.collectors.insert(collector.to_owned());
            return;
        }
        // Two targets of one name would be one in every finding.
        let mut found = found;
        let (name, mut number) = (found.id.clone(), 2);
        while self.targets.iter().any(|known| known.found.id == found.id) {
            found.id = format!("{name}-{number}");
            number += 1;
        }
        self.targets.push(DiscoveredTarget {
            found,
            collectors: BTreeSet::from([collector.to_owned()]),
            identities: Vec::new(),
            keys: Vec::new(),
            resources: BTreeMap::new(),
            gaps: Vec::new(),
        });
        self.targets.sort_by(|a, b| a.found.id.cmp(&b.found.id));
    }

    fn jobs(&self, kinds: &[Arc<dyn CollectorKind>]) -> Vec<Job> {
        let mut jobs = Vec::new();
        for target in &self.targets {
            for kind in kinds.iter().filter(|kind| target.collectors.contains(&kind.descriptor().name)) {
                let settings = target.found.settings.clone();
                let target = Target { id: target.found.id.clone(), settings };
                jobs.push(Job { target, kind: Arc::clone(kind) });
            }
        }
        jobs
    }

    fn target(&mut self, id: &str) -> Option<&mut DiscoveredTarget> {
        self.targets.iter_mut().find(|target| target.found.id == id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(id: &str, account: &str) -> FoundTarget {
        let mut settings = Map::new();
        settings.insert("account".to_owned(), json!(account));
        FoundTarget { id: id.to_owned(), settings, note: String::new() }
    }

    #[test]
    fn one_target_of_two_collectors_is_one_and_two_of_one_name_are_two() {
        let mut discovery = Discovery::default();
        discovery.add(found("aws", "1"), "aws-iam");
        discovery.add(found("aws", "1"), "aws-kms");
        discovery.add(found("aws", "2"), "aws-kms");
        let names: Vec<(&str, usize)> =
            discovery.targets.iter().map(|t| (t.found.id.as_str(), t.collectors.len())).collect();
        assert_eq!(names, [("aws", 2), ("aws-2", 1)]);
    }
}
