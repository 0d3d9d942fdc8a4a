//! What is declared joined with what was found: derived objects of a target of the program's own, computed once everything was read.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use declaration::Declaration;
use joins::{Input, JOINED, Joined, World};
use model::Timestamp;
use model::origin::Unproven;
use model::record::{Coverage, Gap, Rehearsed, Route, Subject};

use crate::spool::{Computed, ComputedFrom, Recorded};

/// Computes all joined objects and records them, with how completely each kind of them could be found out. `asked`: the kinds that checks ask
/// for.
///
/// # Errors
/// When the spool cannot be read or written.
pub(crate) fn record<'k>(
    recorded: &mut Recorded,
    declaration: &Declaration,
    now: Timestamp,
    asked: impl Iterator<Item = &'k str>,
) -> io::Result<()> {
    let mut world = World::builder(declaration, now.as_seconds()).reading(joins::parts);
    asked.for_each(|kind| world.asked(kind));
    recorded.coverage().iter().cloned().for_each(|one| world.coverage(one));
    recorded.gaps().iter().cloned().for_each(|gap| world.gap(gap));
    recorded.each_of(
        |kind| joins::parts(kind).is_some(),
        &mut |(target, collector, population), (kind, id), facts| {
            world.object((target, collector, population), (kind, id), facts).map_err(io::Error::from)
        },
    )?;
    let world = world.build();

    let mut problem = None;
    let mut kept = Kept::default();
    let lists = joins::derive(&world, &mut |joined| {
        if problem.is_none() {
            problem = kept.take(joined, recorded).err();
        }
    });
    if let Some(problem) = problem {
        return Err(problem);
    }
    let Kept { mut gaps, from, torn, .. } = kept;
    let mut coverage = Vec::new();
    for list in lists {
        coverage.push(Coverage {
            target: JOINED.to_owned(),
            collector: JOINED.to_owned(),
            population: list.kind.to_owned(),
            calls: 0,
            pages: 0,
            items: list.items,
            repeated: 0,
            complete: list.open.is_empty() && !torn.contains(list.kind),
            total: None,
        });
        gaps.extend(list.open.into_iter().map(|why| Gap {
            population: Some(list.kind.to_owned()),
            reason: why.reason,
            detail: why.text,
            ..own_gap()
        }));
    }
    let rehearsal = rehearsal(recorded.routes(), &from);
    recorded.computed(coverage, gaps, (!rehearsal.is_empty()).then(|| route(rehearsal)))
}

/// What is kept of the joined objects beside themselves.
#[derive(Debug, Default)]
struct Kept {
    gaps: Vec<Gap>,
    /// Targets that something was computed from.
    from: BTreeSet<String>,
    ids: BTreeMap<&'static str, BTreeSet<String>>,
    /// Kinds of which one id came twice.
    torn: BTreeSet<&'static str>,
}

impl Kept {
    /// Records an object, unless a bundle would refuse it.
    fn take(&mut self, joined: Joined, recorded: &mut Recorded) -> io::Result<()> {
        let kind = joined.kind;
        let subject = Subject { kind: kind.to_owned(), id: joined.id.clone() };
        if !self.ids.entry(kind).or_default().insert(joined.id.clone()) {
            // Which of them is right is not known, and a bundle has each once.
            let detail = format!("{} came out twice: only the first is here", subject.id);
            self.gaps.push(Gap { population: Some(subject.kind), detail, ..own_gap() });
            self.torn.insert(kind);
            return Ok(());
        }
        self.gaps.extend(joined.gaps.iter().map(|gap| part_gap(&joined, gap)));
        self.from.extend(joined.inputs.iter().filter_map(|input| match input {
            Input::Object { target, .. } | Input::List { target, .. } => Some(target.clone()),
            Input::Gap(_) => None,
        }));
        if let Some(detail) = recorded.compute(computed(joined)?)? {
            let population = Some(subject.kind.clone());
            self.gaps.push(Gap { population, subject: Some(subject), detail, ..own_gap() });
        }
        Ok(())
    }
}

fn computed(joined: Joined) -> io::Result<Computed> {
    let of_gaps = joined.gaps.iter().flat_map(|gap| &gap.because).map(|at| ComputedFrom::Gap(at.0 as u64));
    let inputs = joined.inputs.iter().map(|input| match input {
        Input::Object { target, kind, id } => {
            ComputedFrom::Object { target: target.clone(), kind: kind.clone(), id: id.clone() }
        }
        Input::List { target, kind } => ComputedFrom::List { target: target.clone(), kind: kind.clone() },
        Input::Gap(at) => ComputedFrom::Gap(at.0 as u64),
    });
    Ok(Computed {
        target: JOINED,
        kind: joined.kind,
        inputs: inputs.chain(of_gaps).collect(),
        facts: serde_json::value::to_raw_value(&joined.facts)?,
        id: joined.id,
    })
}

fn part_gap(joined: &Joined, gap: &joins::PartGap) -> Gap {
    Gap {
        population: Some(joined.kind.to_owned()),
        subject: Some(Subject { kind: joined.kind.to_owned(), id: joined.id.clone() }),
        part: Some(gap.part.to_owned()),
        reason: gap.reason,
        detail: gap.detail.clone(),
        ..own_gap()
    }
}

fn own_gap() -> Gap {
    Gap {
        target: JOINED.to_owned(),
        collector: JOINED.to_owned(),
        population: None,
        subject: None,
        part: None,
        right: None,
        reason: model::record::GapReason::CollectorFailed,
        detail: String::new(),
        exchange: None,
        acceptance: None,
    }
}

/// Where answers came from that prove nothing, of the targets that something was computed from: what rests on a rehearsal is one.
fn rehearsal(routes: &[Route], from: &BTreeSet<String>) -> Vec<Rehearsed> {
    let mut endpoints: BTreeMap<&str, Unproven> = BTreeMap::new();
    let used = routes.iter().filter(|route| from.contains(&route.target));
    for one in used.flat_map(|route| &route.rehearsal) {
        let known = endpoints.entry(&one.endpoint).or_insert(one.because);
        *known = one.because.min(*known);
    }
    endpoints.into_iter().map(|(endpoint, because)| Rehearsed { endpoint: endpoint.to_owned(), because }).collect()
}

fn route(rehearsal: Vec<Rehearsed>) -> Route {
    Route {
        target: JOINED.to_owned(),
        collector: JOINED.to_owned(),
        endpoints: Vec::new(),
        proxies: Vec::new(),
        authorities: Vec::new(),
        pinned: Vec::new(),
        rehearsal,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::spool::{DeclaredFiles, Spool};

    #[test]
    fn what_a_bundle_would_refuse_is_not_kept_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut recorded = Spool::create(folder.path(), DeclaredFiles::default()).unwrap().finish().unwrap();
        let object = |id: &str, value: Value| {
            let mut joined = Joined::new("joined/key", id);
            joined.part("value", value);
            joined
        };
        let deep = (0..60).fold(json!(1), |value, _| json!([value]));
        let mut kept = Kept::default();
        for joined in [
            object("a", json!(1)),
            object("deep", deep),
            object("a", json!(2)),
            object("large", json!("x".repeat(9 << 20))),
        ] {
            kept.take(joined, &mut recorded).unwrap();
        }
        let said: Vec<(Option<&str>, &str)> = kept
            .gaps
            .iter()
            .map(|gap| (gap.subject.as_ref().map(|one| one.id.as_str()), gap.detail.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (Some("deep"), "it is more than 48 arrays and objects deep"),
                (None, "a came out twice: only the first is here"),
                (Some("large"), "its facts have 9437196 bytes, more than 8388608 are not sealed"),
            ]
        );
        assert!(kept.gaps.iter().all(|gap| gap.population.as_deref() == Some("joined/key")), "{:?}", kept.gaps);
        assert_eq!(kept.torn, BTreeSet::from(["joined/key"]));
        recorded.computed(Vec::new(), kept.gaps, None).unwrap();
        let sealed: Vec<_> = recorded.derived().map(Result::unwrap).collect();
        let [one] = sealed.as_slice() else { panic!("{sealed:?}") };
        assert_eq!((one.id.as_str(), one.facts.get()), ("a", r#"{"value":1}"#));
    }
}
