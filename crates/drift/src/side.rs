//! What is kept of one bundle while two are compared: with what it read and judged, what it listed, what it could not read, and which of its records
//! differ. All of it is bounded, whatever the bundle: what does not fit is said, and nothing is concluded from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::record::{Acceptance, Gap, GapReason};
use model::{Digest, RecordRef, RecordType};

use crate::cause::Causes;
use crate::item::{Item, Seen, SeenCheck, SeenCoverage, SeenFile, SeenObject, SeenRoute, SeenRun, SeenUse};

/// Bytes of texts that are kept of what a bundle reads and judges with.
const ROOM: usize = 48 << 20;
/// Entries of places of gaps, 17 bytes each; `docs/spec/bundle.md` §10 allows a million that name a subject.
const GAPS: usize = 2 << 20;
/// Uses of a check, target by target.
const USES: usize = 1 << 20;
/// Records of a type of which is remembered that they differ.
const TRAIL: usize = 16 << 20;
/// Of parameters so many bytes are kept, to be shown.
const PARAMETERS: usize = 2048;

/// Texts as one short value. Two that are not the same have the same one only by a collision of SHA-256 cut to 128 bits.
pub(crate) type Key = u128;

pub(crate) fn key(parts: &[&str]) -> Key {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    short(&Digest::of(&bytes))
}

/// The first half of a digest.
pub(crate) fn short(digest: &Digest) -> Key {
    digest.as_bytes().iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// A use of a check at one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) parameters: Key,
    pub(crate) rest: Key,
}

/// Its name, and how its parameters are shown.
#[derive(Clone, Debug)]
pub(crate) struct NamedUse {
    pub(crate) name: String,
    pub(crate) parameters: Option<String>,
}

/// One bundle.
#[derive(Debug, Default)]
pub(crate) struct Side {
    pub(crate) run: Option<SeenRun>,
    /// By target. Nothing: the record is withheld or not there.
    pub(crate) identities: Option<BTreeMap<String, BTreeSet<String>>>,
    pub(crate) files: BTreeMap<String, (Digest, u64)>,
    pub(crate) files_withheld: bool,
    pub(crate) checks: BTreeMap<String, (SeenCheck, bool)>,
    pub(crate) acceptances: BTreeMap<String, Acceptance>,
    pub(crate) acceptances_withheld: bool,
    pub(crate) uses: HashMap<Key, Use>,
    pub(crate) named_uses: BTreeMap<Key, NamedUse>,
    pub(crate) routes: BTreeMap<(String, String), SeenRoute>,
    /// Texts that it reads and judges with did not all fit.
    pub(crate) full: bool,
    room: usize,
    coverage: HashMap<Key, bool>,
    gaps: HashMap<Key, GapReason>,
    gaps_full: bool,
    trail: HashMap<RecordType, Vec<u8>>,
    pub(crate) withheld: u64,
}

impl Side {
    fn fits(&mut self, bytes: usize) -> bool {
        self.room = self.room.saturating_add(bytes + 64);
        self.full |= self.room > ROOM;
        !self.full
    }

    /// Takes up a record that comes before all lists.
    pub(crate) fn basis(&mut self, item: Item) {
        let at = item.at;
        match item.what {
            Seen::Withheld => {
                self.withheld += 1;
                match at.kind {
                    RecordType::Declaration => self.files_withheld = true,
                    RecordType::Acceptance => self.acceptances_withheld = true,
                    _ => {}
                }
            }
            Seen::Run(run) => self.run = Some(run),
            Seen::Host(found) => {
                let mut identities: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
                for (target, identity) in found {
                    if self.fits(target.len() + identity.len()) {
                        identities.entry(target).or_default().insert(identity);
                    }
                }
                self.identities = Some(identities);
            }
            Seen::File(SeenFile { path, sha256 }) => {
                if self.fits(path.len()) {
                    self.files.insert(path, (sha256, at.ordinal));
                }
            }
            Seen::Check(check) => {
                let length = check.libraries.iter().map(|one| one.len() + 32).sum::<usize>();
                if self.fits(check.id.len() + length) {
                    let library = check.id.starts_with("lib/");
                    self.checks.insert(check.id.clone(), (check, library));
                }
            }
            Seen::Acceptance(acceptance) => {
                if self.fits(acceptance.id.len() + acceptance.reason.len() + 512) {
                    self.acceptances.insert(acceptance.id.clone(), *acceptance);
                }
            }
            Seen::Assignment(one) => self.assignment(&one),
            Seen::Route(route) => {
                if self.fits(route.target.len() + route.collector.len()) {
                    self.routes.insert((route.target.clone(), route.collector.clone()), route);
                }
            }
            Seen::Coverage(_) | Seen::Gap(_) | Seen::Object(_) | Seen::Finding(_) | Seen::Control(_) => {}
        }
    }

    fn assignment(&mut self, one: &SeenUse) {
        let parameters = short(&Digest::of(one.parameters.as_bytes()));
        let rest = short(&one.rest);
        for target in &one.targets {
            if self.uses.len() >= USES {
                self.full = true;
                return;
            }
            let of = key(&[&one.control, &one.check, target]);
            self.uses.insert(of, Use { parameters, rest });
            let shown = Some(&one.parameters).filter(|text| text.len() <= PARAMETERS);
            let name = format!("{} {} {target}", one.control, one.check);
            if self.fits(name.len() + shown.map_or(0, String::len)) {
                self.named_uses.insert(of, NamedUse { name, parameters: shown.cloned() });
            }
        }
    }

    /// Whether a target was reached by a rehearsal's endpoint.
    pub(crate) fn rehearsed(&self, target: &str) -> bool {
        self.run.as_ref().is_some_and(|run| run.rehearsal)
            || self.routes.values().any(|route| route.target == target && route.rehearsal)
    }

    pub(crate) fn knows_target(&self, target: &str) -> bool {
        let from = (target.to_owned(), String::new());
        self.routes.range(from..).next().is_some_and(|((known, _), _)| known == target)
            || self.coverage.contains_key(&key(&[target]))
    }

    pub(crate) fn cover(&mut self, coverage: &SeenCoverage) {
        self.coverage.insert(key(&[&coverage.target]), true);
        self.coverage.insert(key(&[&coverage.target, &coverage.collector, &coverage.population]), coverage.complete);
    }

    /// Whether a population was listed, and to its end.
    pub(crate) fn listed(&self, object: &SeenObject) -> Option<bool> {
        self.coverage.get(&key(&[&object.target, &object.collector, &object.population])).copied()
    }

    pub(crate) fn gap(&mut self, gap: &Gap) {
        if self.gaps.len() >= GAPS {
            self.gaps_full = true;
            return;
        }
        let part = gap.part.as_deref();
        let of = match (&gap.subject, &gap.population) {
            (Some(subject), _) => place("subject", &[&gap.target, &subject.kind, &subject.id], part),
            (None, Some(population)) => place("list", &[&gap.target, &gap.collector, population], part),
            (None, None) => place("target", &[&gap.target, &gap.collector], part),
        };
        self.gaps.entry(of).or_insert(gap.reason);
    }

    pub(crate) const fn gaps_full(&self) -> bool {
        self.gaps_full
    }

    /// The gap that may hide an object.
    pub(crate) fn hides(&self, object: &SeenObject) -> Option<GapReason> {
        self.gap_at(object, None)
    }

    /// The gap by which a part of an object was not read, or not all of it.
    pub(crate) fn unread(&self, object: &SeenObject, part: &str) -> Option<GapReason> {
        self.gap_at(object, Some(part)).or_else(|| self.hides(object))
    }

    fn gap_at(&self, object: &SeenObject, part: Option<&str>) -> Option<GapReason> {
        let SeenObject { target, collector, population, kind, id, .. } = object;
        let get = |of: Key| self.gaps.get(&of).copied();
        get(place("subject", &[target, kind, id], part))
            .or_else(|| get(place("list", &[target, collector, population], part)))
            // A gap of the kind as a whole, where the object was listed by region.
            .or_else(|| get(place("list", &[target, collector, kind], part)))
            .or_else(|| get(place("target", &[target, collector], part)))
    }

    /// Notes that a record differs, and by what.
    pub(crate) fn mark(&mut self, at: RecordRef, mark: Mark) {
        let Ok(ordinal) = usize::try_from(at.ordinal) else { return };
        if ordinal >= TRAIL || mark == Mark::default() {
            return;
        }
        let of = self.trail.entry(at.kind).or_default();
        if of.len() <= ordinal {
            of.resize(ordinal + 1, 0);
        }
        if let Some(bits) = of.get_mut(ordinal) {
            *bits |= mark.bits();
        }
    }

    /// What was noted of a record.
    pub(crate) fn marked(&self, at: RecordRef) -> Mark {
        match usize::try_from(at.ordinal) {
            Ok(ordinal) if ordinal < TRAIL => {
                let bits = self.trail.get(&at.kind).and_then(|of| of.get(ordinal)).copied();
                bits.map(Mark::of_bits).unwrap_or_default()
            }
            _ => Mark { causes: Causes::ANY, unclear: false },
        }
    }

    /// What was noted of several records.
    pub(crate) fn marked_all(&self, records: &[RecordRef]) -> Mark {
        records.iter().fold(Mark::default(), |all, at| all.and(self.marked(*at)))
    }
}

fn place(what: &str, of: &[&str], part: Option<&str>) -> Key {
    let mut parts = vec![what];
    parts.extend(of);
    match part {
        Some(part) => parts.extend(["part", part]),
        None => parts.push("whole"),
    }
    key(&parts)
}

/// What is noted of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) causes: Causes,
    /// Whether it is there in the other bundle cannot be said.
    pub(crate) unclear: bool,
}

/// Beside the causes.
const UNCLEAR: u8 = 128;

impl Mark {
    pub(crate) const fn and(self, other: Self) -> Self {
        Self { causes: self.causes.and(other.causes), unclear: self.unclear || other.unclear }
    }

    const fn bits(self) -> u8 {
        self.causes.bits() | if self.unclear { UNCLEAR } else { 0 }
    }

    const fn of_bits(bits: u8) -> Self {
        Self { causes: Causes::of_bits(bits), unclear: bits & UNCLEAR != 0 }
    }
}

impl From<Causes> for Mark {
    fn from(causes: Causes) -> Self {
        Self { causes, unclear: false }
    }
}
