//! With what two runs read and judged, held against each other: program, declared files, checks, acceptances, uses of checks, ways, identities.

use std::collections::{BTreeMap, BTreeSet};

use model::record::Acceptance;
use model::{Date, Digest, RecordRef, RecordType};

use crate::cause::{Cause, Causes};
use crate::found::{Aspect, BasisDrift, Sink, What, Which};
use crate::side::{Key, Side, key};

/// What of it differs.
#[derive(Debug, Default)]
pub(crate) struct Ground {
    tool: bool,
    /// What is declared is another, or may be.
    files: Causes,
    /// Checks of which the text or that of a library is another.
    checks: BTreeSet<String>,
    asks_time: BTreeSet<String>,
    routes: BTreeSet<(String, String)>,
    identities: BTreeSet<String>,
    /// Targets that were a rehearsal in one of them alone, and in which.
    rehearsals: BTreeMap<String, Which>,
    whole_rehearsal: Option<Which>,
    uses: BTreeMap<Key, UseDiffers>,
    /// More than is kept: then everything may differ.
    full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UseDiffers {
    Only(Which),
    Otherwise,
}

impl Ground {
    /// Compares, marks the records that differ, and tells the sink.
    pub(crate) fn of(before: &mut Side, after: &mut Side, sink: &mut dyn Sink) -> Self {
        let mut ground = Self { full: before.full || after.full, ..Self::default() };
        ground.tool(before, after, sink);
        ground.files(before, after, sink);
        ground.checks(before, after, sink);
        ground.acceptances(before, after, sink);
        ground.uses(before, after, sink);
        ground.routes(before, after, sink);
        ground.identities(before, after, sink);
        if ground.full {
            let name = "more than can be kept for a comparison".to_owned();
            let causes = Causes::ANY;
            sink.basis(BasisDrift {
                aspect: Aspect::Use,
                name,
                what: What::Incomparable,
                from: None,
                to: None,
                causes,
            });
        }
        ground
    }

    fn tool(&mut self, before: &Side, after: &Side, sink: &mut dyn Sink) {
        let program = |side: &Side| side.run.as_ref().map(|run| format!("{} {}", run.program, run.program_sha256));
        let (from, to) = (program(before), program(after));
        self.tool = from != to;
        if self.tool {
            let name = "witnessmark".to_owned();
            sink.basis(BasisDrift {
                aspect: Aspect::Tool,
                name,
                what: What::Changed,
                from,
                to,
                causes: Cause::Tool.into(),
            });
        }
    }

    fn files(&mut self, before: &mut Side, after: &mut Side, sink: &mut dyn Sink) {
        let causes = Causes::from(Cause::Declaration);
        let mut marks: Vec<(Which, u64)> = Vec::new();
        for (path, one, other) in both(&before.files, &after.files) {
            if one.map(|file| file.0) == other.map(|file| file.0) {
                continue;
            }
            let hidden = one.is_none() && before.files_withheld || other.is_none() && after.files_withheld;
            let what = if hidden { What::Incomparable } else { change(one, other) };
            self.files = self.files.and(if hidden { causes.with(Cause::Visibility) } else { causes });
            let digest = |file: Option<&(Digest, u64)>| file.map(|(digest, _)| digest.to_string());
            let causes = if hidden { Cause::Visibility.into() } else { causes };
            let (from, to) = (digest(one), digest(other));
            sink.basis(BasisDrift { aspect: Aspect::File, name: path.clone(), what, from, to, causes });
            marks.extend(one.map(|file| (Which::Before, file.1)));
            marks.extend(other.map(|file| (Which::After, file.1)));
        }
        if before.files_withheld || after.files_withheld {
            self.files = self.files.with(Cause::Declaration).with(Cause::Visibility);
        }
        for (which, ordinal) in marks {
            let side = if which == Which::Before { &mut *before } else { &mut *after };
            side.mark(RecordRef::new(RecordType::Declaration, ordinal), causes.into());
        }
    }

    fn checks(&mut self, before: &Side, after: &Side, sink: &mut dyn Sink) {
        let causes = Causes::from(Cause::Checks);
        for (id, one, other) in both(&before.checks, &after.checks) {
            let digest = |check: Option<&(crate::item::SeenCheck, bool)>| check.map(|(check, _)| check.sha256);
            if digest(one) != digest(other) {
                let library = one.or(other).is_some_and(|(_, library)| *library);
                let aspect = if library { Aspect::Library } else { Aspect::Check };
                let text = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
                let (from, to, what) = (text(digest(one)), text(digest(other)), change(one, other));
                // A text that nothing used before says nothing by being there: the use of it does.
                let causes = if what == What::Changed { causes } else { causes.with(Cause::Declaration) };
                sink.basis(BasisDrift { aspect, name: id.clone(), what, from, to, causes });
            }
            let (Some(_), Some(_)) = (one, other) else { continue };
            let (one, other) = (needed(before, id), needed(after, id));
            if one.texts != other.texts {
                self.checks.insert(id.clone());
            }
            if one.asks_time || other.asks_time {
                self.asks_time.insert(id.clone());
            }
        }
    }

    fn acceptances(&mut self, before: &Side, after: &Side, sink: &mut dyn Sink) {
        for (id, one, other) in both(&before.acceptances, &after.acceptances) {
            if one == other {
                continue;
            }
            let hidden = one.is_none() && before.acceptances_withheld || other.is_none() && after.acceptances_withheld;
            let what = if hidden { What::Incomparable } else { change(one, other) };
            let causes = self.acceptance_causes(one, other, before, after, hidden);
            let said = |one: Option<&Acceptance>| {
                one.map(|one| format!("{} by {}, {} to {}", one.reason, one.approved_by, one.approved, one.expires))
            };
            let (from, to) = (said(one), said(other));
            sink.basis(BasisDrift { aspect: Aspect::Acceptance, name: id.clone(), what, from, to, causes });
        }
    }

    /// An acceptance that one bundle has alone was not in force on the day of the other, or not declared.
    fn acceptance_causes(
        &self,
        one: Option<&Acceptance>,
        other: Option<&Acceptance>,
        before: &Side,
        after: &Side,
        hidden: bool,
    ) -> Causes {
        let (only, lacks) = match (one, other) {
            _ if hidden => return Cause::Visibility.into(),
            (Some(one), None) => (one, after),
            (None, Some(other)) => (other, before),
            _ => return Cause::Declaration.into(),
        };
        let in_force = lacks.run.as_ref().is_some_and(|run| {
            let day = Date::of(run.started);
            only.approved <= day && day <= only.expires
        });
        let causes = if in_force { Cause::Declaration } else { Cause::Time };
        // It may have been declared only after the day on which it begins to hold.
        Causes::from(causes).and(Causes::when(!in_force && self.files.has(Cause::Declaration), Cause::Declaration))
    }

    fn uses(&mut self, before: &Side, after: &Side, sink: &mut dyn Sink) {
        let mut keys: Vec<&Key> = before.uses.keys().chain(after.uses.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut found = Vec::new();
        for of in keys {
            let (one, other) = (before.uses.get(of), after.uses.get(of));
            if one == other {
                continue;
            }
            let differs = match (one, other) {
                (Some(_), None) => UseDiffers::Only(Which::Before),
                (None, _) => UseDiffers::Only(Which::After),
                (Some(_), Some(_)) => UseDiffers::Otherwise,
            };
            self.uses.insert(*of, differs);
            let named = |side: &Side| side.named_uses.get(of).cloned();
            let (from, to) = (named(before), named(after));
            let Some(name) = from.as_ref().or(to.as_ref()).map(|named| named.name.clone()) else { continue };
            found.push(BasisDrift {
                aspect: Aspect::Use,
                name,
                what: change(one, other),
                from: from.and_then(|named| named.parameters),
                to: to.and_then(|named| named.parameters),
                causes: Cause::Declaration.into(),
            });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found.into_iter().for_each(|one| sink.basis(one));
    }

    fn routes(&mut self, before: &Side, after: &Side, sink: &mut dyn Sink) {
        for (of, one, other) in both(&before.routes, &after.routes) {
            if one.map(|route| route.digest) != other.map(|route| route.digest) {
                self.routes.insert(of.clone());
                sink.basis(BasisDrift {
                    aspect: Aspect::Route,
                    name: format!("{} {}", of.0, of.1),
                    what: change(one, other),
                    from: None,
                    to: None,
                    causes: Cause::Declaration.into(),
                });
            }
        }
        let whole = |side: &Side| side.run.as_ref().is_some_and(|run| run.rehearsal);
        self.whole_rehearsal = only(whole(before), whole(after));
        let targets: BTreeSet<&String> =
            before.routes.keys().chain(after.routes.keys()).map(|(target, _)| target).collect();
        for target in targets {
            if let Some(which) = only(before.rehearsed(target), after.rehearsed(target)) {
                self.rehearsals.insert(target.clone(), which);
            }
        }
    }

    fn identities(&mut self, before: &Side, after: &Side, sink: &mut dyn Sink) {
        let (Some(one), Some(other)) = (&before.identities, &after.identities) else {
            if before.identities.is_some() != after.identities.is_some() {
                let causes = Cause::Visibility.into();
                let (name, what) = ("withheld".to_owned(), What::Incomparable);
                sink.basis(BasisDrift { aspect: Aspect::Identity, name, what, from: None, to: None, causes });
            }
            return;
        };
        for (target, from, to) in both(one, other) {
            let (Some(from), Some(to)) = (from, to) else { continue };
            if from == to {
                continue;
            }
            self.identities.insert(target.clone());
            let text = |found: &BTreeSet<String>| found.iter().cloned().collect::<Vec<_>>().join(", ");
            sink.basis(BasisDrift {
                aspect: Aspect::Identity,
                name: target.clone(),
                what: What::Changed,
                from: Some(text(from)),
                to: Some(text(to)),
                causes: self.declared_or(Cause::Visibility),
            });
        }
    }

    /// Whether the program is another.
    pub(crate) fn by_tool(&self) -> Causes {
        Causes::when(self.tool, Cause::Tool)
    }

    /// That what is declared is another; where it is not, something else.
    pub(crate) fn declared_or(&self, otherwise: Cause) -> Causes {
        if self.files.is_empty() { otherwise.into() } else { self.files }
    }

    /// Whether anything that is declared is another, or may be.
    pub(crate) fn declared(&self) -> Causes {
        self.files
    }

    /// Of the way by which a target was reached.
    pub(crate) fn by_route(&self, target: &str, collector: &str) -> Causes {
        // Both texts of the pair are short; nothing is kept of them.
        let differs = self.routes.contains(&(target.to_owned(), collector.to_owned()));
        Causes::when(differs, Cause::Declaration)
    }

    /// The bundle in which alone a target was a rehearsal.
    pub(crate) fn rehearsal(&self, target: &str) -> Option<Which> {
        self.rehearsals.get(target).copied().or(self.whole_rehearsal)
    }

    pub(crate) fn other_identity(&self, target: &str) -> bool {
        self.identities.contains(target)
    }

    /// Of the use of a check at a target, and of its text.
    pub(crate) fn by_use(&self, control: &str, check: &str, target: &str) -> Causes {
        if self.full {
            return Causes::ANY;
        }
        let differs = self.uses.get(&key(&[control, check, target]));
        let text = self.checks.contains(check) && !matches!(differs, Some(UseDiffers::Only(_)));
        Causes::when(differs.is_some(), Cause::Declaration).and(Causes::when(text, Cause::Checks))
    }

    /// Whether only one of them puts this check to this target.
    pub(crate) fn used_once(&self, control: &str, check: &str, target: &str) -> bool {
        matches!(self.uses.get(&key(&[control, check, target])), Some(UseDiffers::Only(_)))
    }

    /// Whether a check, or a library of it, asks for the time.
    pub(crate) fn asks_time(&self, check: &str) -> bool {
        self.asks_time.contains(check)
    }
}

/// A check with all libraries that it needs.
struct Needed {
    texts: BTreeMap<String, Option<Digest>>,
    asks_time: bool,
}

fn needed(side: &Side, check: &str) -> Needed {
    let mut wanted = vec![check.to_owned()];
    let mut needed = Needed { texts: BTreeMap::new(), asks_time: false };
    while let Some(id) = wanted.pop() {
        let text = side.checks.get(&id).map(|(text, _)| text);
        needed.asks_time |= text.is_some_and(|text| text.asks_time);
        if needed.texts.insert(id, text.map(|text| text.sha256)).is_none() {
            wanted.extend(text.into_iter().flat_map(|text| text.libraries.iter().cloned()));
        }
    }
    needed
}

const fn only(before: bool, after: bool) -> Option<Which> {
    match (before, after) {
        (true, false) => Some(Which::Before),
        (false, true) => Some(Which::After),
        _ => None,
    }
}

const fn change<T>(one: Option<&T>, other: Option<&T>) -> What {
    match (one, other) {
        (Some(_), None) => What::Removed,
        (None, Some(_)) => What::Added,
        _ => What::Changed,
    }
}

/// All keys of two maps, with the values of each.
fn both<'m, K: Ord, V>(
    one: &'m BTreeMap<K, V>,
    other: &'m BTreeMap<K, V>,
) -> impl Iterator<Item = (&'m K, Option<&'m V>, Option<&'m V>)> {
    let keys: BTreeSet<&K> = one.keys().chain(other.keys()).collect();
    keys.into_iter().map(move |key| (key, one.get(key), other.get(key)))
}
