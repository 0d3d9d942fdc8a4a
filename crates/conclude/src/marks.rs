//! What has to be known beside a finding: by which text and parameters it was judged, and by what way its target was read.
//!
//! Computed from sealed records against the texts that the reader's own program ships. What records say of themselves (`provenance`, `weaker`) is
//! believed of nothing that this program knows better.

mod named;
mod read;
mod way;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use model::record::{Assignment, Check, Control, Coverage, Finding, JOINED, OWN_CONTROL, Provenance, Route};
use model::{Digest, Outcome};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::sources::{SOURCES, Source, is_built_in};
use named::{NAMED, NAMES_KEPT, number, of_kind, short};
use way::Elsewhere;

/// Shipped texts, as far as whoever verifies needs to know them: a verifier judges nothing.
pub trait Texts: fmt::Debug + Send + Sync {
    /// The version of the program that ships them.
    fn version(&self) -> &str;
    /// The digest of the shipped text of this id; `None`: there is none.
    fn sha256(&self, id: &str) -> Option<Digest>;
    /// The libraries (`lib/kms`) that a text imports by itself.
    fn libraries(&self, text: &str) -> Vec<String>;
    /// The parameters that demand less than by default, ascending: by the schemas of the shipped check of this id, and of those that it does not know
    /// by the sealed text's own.
    fn weaker(&self, check: &str, sealed: Option<&str>, parameters: &RawValue) -> Vec<String>;
}

/// One thing that has to be known beside a finding. In the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A record says that a text is as shipped, or that no parameter is weaker, and it is not so.
    Contradicted,
    /// A shipped id, another text.
    ChangedCheck,
    ChangedLibrary,
    /// No shipped text has the id.
    OwnCheck,
    OwnLibrary,
    /// Said to be shipped, by a program of another version than this one.
    UnknownCheck,
    UnknownLibrary,
    /// The text that judged is not among the records.
    Unsealed,
    /// No `assignment` is of this control, check and target, or there are more than are told apart.
    Unassigned,
    WeakerParameters,
    /// Not applicable because the declaration expects that there is nothing.
    ExpectsNone,
    /// Read by a program that is no collector of ours.
    OwnProgram,
    OwnEndpoint,
    OwnProxy,
    OwnAuthority,
    Rehearsal,
    /// Something that it rests on is withheld.
    Withheld,
}

impl Mark {
    pub const ALL: [Self; 17] = [
        Self::Contradicted,
        Self::ChangedCheck,
        Self::ChangedLibrary,
        Self::OwnCheck,
        Self::OwnLibrary,
        Self::UnknownCheck,
        Self::UnknownLibrary,
        Self::Unsealed,
        Self::Unassigned,
        Self::WeakerParameters,
        Self::ExpectsNone,
        Self::OwnProgram,
        Self::OwnEndpoint,
        Self::OwnProxy,
        Self::OwnAuthority,
        Self::Rehearsal,
        Self::Withheld,
    ];

    /// Its name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contradicted => "contradicted",
            Self::ChangedCheck => "changed-check",
            Self::ChangedLibrary => "changed-library",
            Self::OwnCheck => "own-check",
            Self::OwnLibrary => "own-library",
            Self::UnknownCheck => "unknown-check",
            Self::UnknownLibrary => "unknown-library",
            Self::Unsealed => "unsealed",
            Self::Unassigned => "unassigned",
            Self::WeakerParameters => "weaker-parameters",
            Self::ExpectsNone => "expects-none",
            Self::OwnProgram => "own-program",
            Self::OwnEndpoint => "own-endpoint",
            Self::OwnProxy => "own-proxy",
            Self::OwnAuthority => "own-authority",
            Self::Rehearsal => "rehearsal",
            Self::Withheld => "withheld",
        }
    }

    /// As it follows "finding:" and "12 findings:".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Contradicted => "a record says otherwise: as shipped, or nothing weaker",
            Self::ChangedCheck => "judged by a check whose text is not the shipped one",
            Self::ChangedLibrary => "judged through a library whose text is not the shipped one",
            Self::OwnCheck => "judged by a check of the custodian's own",
            Self::OwnLibrary => "judged through a library of the custodian's own",
            Self::UnknownCheck => "judged by a text of another version, which this verifier does not know",
            Self::UnknownLibrary => "judged through a library of another version, which this verifier does not know",
            Self::Unsealed => "the text that judged is not sealed",
            Self::Unassigned => "no use of this check is sealed for it, or too many to tell which",
            Self::WeakerParameters => "parameters weaker than by default",
            Self::ExpectsNone => "not applicable because the declaration expects none",
            Self::OwnProgram => "read by a program of the custodian's own",
            Self::OwnEndpoint => "read at an endpoint that is not the source's own",
            Self::OwnProxy => "read through a proxy",
            Self::OwnAuthority => "read trusting a certificate authority of the custodian's choice",
            Self::Rehearsal => "a rehearsal, not evidence",
            Self::Withheld => "rests on withheld records",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A mark, and what it is about: names of parameters, libraries, proxies. Of many only the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Marked {
    pub mark: Mark,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
}

impl Marked {
    /// In words, foreign texts among them.
    #[must_use]
    pub fn words(&self) -> String {
        match self.of.as_slice() {
            [] => self.mark.words().to_owned(),
            of => format!("{}: {}", self.mark.words(), of.join(", ")),
        }
    }
}

/// A mark with how many findings have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MarkCount {
    pub mark: Mark,
    /// Of those that are shown; 0 where uses of checks have the mark, and no finding of theirs is shown.
    pub findings: u64,
    /// Controls with such findings or uses.
    pub controls: u64,
    /// What they are about: `aws-kms/key-rotates: max_days`, `lib/kms`. Of many only the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
}

/// Targets of all uses of checks by which findings are told apart. Beyond, a use is taken for one of every target, and nobody can tell whether it is.
const TARGETS_TOLD: usize = 1_000_000;
/// Uses of one check by one control that are told apart by their targets. Of more a finding has the marks of all, and nobody can tell whether one is its own.
const USES_TOLD: usize = 1_000;
/// In the place of names that are not kept, or that nobody can know.
const MORE: &str = "…";
/// Libraries that a text may import; one that imports more is not followed to all of them.
const IMPORTS: usize = 64;
/// Bytes of texts that are not shipped and whose own parameters are looked at.
const OWN_TEXTS: usize = 4 * 1024 * 1024;
const MARKS: usize = Mark::ALL.len();

/// The marks of one bundle: first fed with its records in their order, then asked.
#[derive(Debug)]
pub struct Marks {
    texts: &'static dyn Texts,
    tool_version: String,
    checks: HashMap<Key, Text>,
    /// Bytes of own texts that may still be kept.
    room: usize,
    uses: Vec<Use>,
    targets_told: usize,
    /// By control and check.
    places: HashMap<Key, Place>,
    /// Those of which something has to be known.
    targets: HashMap<u64, Target>,
    /// Target and kind of what programs of the custodian's own read.
    own_kinds: HashSet<u64>,
    elsewhere: Elsewhere,
    /// Of all targets together.
    joined: u32,
    whole_rehearsal: bool,
    /// Those with a mark.
    controls: HashMap<Key, OfControl>,
    /// Of each control how many of its findings are shown.
    shown: HashMap<Key, u64>,
    /// Controls not all of whose findings are shown.
    hiding: HashSet<Key>,
    counts: [u64; MARKS],
    names: [BTreeSet<String>; MARKS],
    kept: usize,
    /// One bit a finding: something that it rests on is withheld.
    resting: Vec<u64>,
    last: Option<Last>,
}

/// A sealed text.
#[derive(Debug)]
struct Text {
    marks: u32,
    /// Each with the beginning of its name.
    imports: Vec<(Key, String)>,
    /// Where it is not the shipped one, and there is room for it.
    text: Option<String>,
    /// There is none.
    not_looked_at: bool,
    /// Its own marks and those of what it imports, with the names of libraries: once all texts are there.
    linked: Option<(u32, Vec<(Mark, String)>)>,
}

/// All uses of one check by one control.
#[derive(Debug, Default)]
struct Place {
    count: usize,
    /// Their last one in `uses`.
    last: usize,
    /// Of all of them.
    marks: u32,
    expects_none: bool,
}

#[derive(Debug)]
struct Use {
    marks: u32,
    expects_none: bool,
    control: Key,
    /// The one before it of the same control and check.
    before: Option<usize>,
    weaker: Box<[String]>,
    /// Ascending; `None`: of every target.
    targets: Option<Box<[u64]>>,
}

#[derive(Debug, Default)]
struct Target {
    marks: u32,
    /// A program of the custodian's own read something of it.
    own_program: bool,
    of: Vec<(Mark, String)>,
}

#[derive(Debug, Default)]
struct OfControl {
    marks: u32,
    counts: Vec<(Mark, u64)>,
}

impl OfControl {
    fn count(&mut self, mark: Mark) {
        match self.counts.iter_mut().find(|(known, _)| *known == mark) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((mark, 1)),
        }
    }
}

/// What was found for the last finding: most follow others of their control, check and target.
#[derive(Debug)]
struct Last {
    key: Key,
    control: String,
    check: String,
    target: String,
    kind: Option<String>,
    marks: u32,
    expects_none: bool,
}

impl Marks {
    /// Of a bundle that a program of this version made. `rehearsal`: all of it is one.
    #[must_use]
    pub fn new(texts: &'static dyn Texts, tool_version: &str, rehearsal: bool) -> Self {
        Self {
            texts,
            tool_version: tool_version.to_owned(),
            checks: HashMap::new(),
            room: OWN_TEXTS,
            uses: Vec::new(),
            targets_told: 0,
            places: HashMap::new(),
            targets: HashMap::new(),
            own_kinds: HashSet::new(),
            elsewhere: Elsewhere::default(),
            joined: 0,
            whole_rehearsal: rehearsal,
            controls: HashMap::new(),
            shown: HashMap::new(),
            hiding: HashSet::new(),
            counts: [0; MARKS],
            names: Default::default(),
            kept: 0,
            resting: Vec::new(),
            last: None,
        }
    }

    /// Takes up a text that took part in judging.
    pub fn check(&mut self, check: &Check) {
        let library = check.id.starts_with("lib/");
        let same_version = self.texts.version() == self.tool_version;
        let says_stock = check.provenance == Provenance::Stock;
        let (changed, own, unknown) = match library {
            true => (Mark::ChangedLibrary, Mark::OwnLibrary, Mark::UnknownLibrary),
            false => (Mark::ChangedCheck, Mark::OwnCheck, Mark::UnknownCheck),
        };
        let shipped = self.texts.sha256(&check.id);
        let mark = match shipped {
            Some(shipped) if shipped == check.sha256 => None,
            _ if says_stock && !same_version => Some(unknown),
            Some(_) => Some(changed),
            None => Some(own),
        };
        let mut marks = mark.map_or(0, Mark::bit);
        if says_stock && same_version && mark.is_some() {
            marks |= Mark::Contradicted.bit();
        }
        let mut imports = self.texts.libraries(&check.text);
        if imports.len() > IMPORTS {
            imports.truncate(IMPORTS);
            marks |= Mark::Unsealed.bit();
        }
        let own = !library && mark.is_some();
        let text = (own && check.text.len() <= self.room).then(|| check.text.clone());
        self.room -= text.as_ref().map_or(0, String::len);
        let not_looked_at = own && text.is_none();
        let imports = imports.iter().map(|name| (key(name), short(name))).collect();
        self.checks.insert(key(&check.id), Text { marks, imports, text, not_looked_at, linked: None });
    }

    /// Takes up a use of a check. All texts come before it.
    pub fn assignment(&mut self, used: &Assignment) {
        let known = self.checks.get(&key(&used.check));
        let shipped = known.is_some_and(|text| text.marks == 0);
        let sealed = known.and_then(|text| text.text.as_deref());
        let weaker = self.texts.weaker(&used.check, sealed, &used.parameters);
        // Of a text that is not looked at nobody knows what it demands by default.
        let not_looked_at = known.is_some_and(|text| text.not_looked_at);
        let mut marks = if weaker.is_empty() && !not_looked_at { 0 } else { Mark::WeakerParameters.bit() };
        if shipped && weaker.iter().any(|name| !used.weaker.contains(name)) {
            marks |= Mark::Contradicted.bit();
        }
        for name in weaker.iter().map(String::as_str).chain(not_looked_at.then_some(MORE)) {
            self.name(Mark::WeakerParameters, &format!("{}: {name}", used.check));
        }
        let room = NAMES_KEPT.saturating_sub(self.kept).min(NAMED);
        self.kept += weaker.len().min(room);
        let more = (not_looked_at || weaker.len() > room).then(|| MORE.to_owned());
        let weaker: Box<[String]> = weaker.iter().take(room).map(|name| short(name)).chain(more).collect();
        self.targets_told += used.targets.len();
        let targets = (self.targets_told <= TARGETS_TOLD).then(|| {
            let mut targets: Vec<u64> = used.targets.iter().map(|target| number(target)).collect();
            targets.sort_unstable();
            targets.into_boxed_slice()
        });
        // What the program itself expects of what is joined is no expectation of the entity's.
        let ours = used.control == OWN_CONTROL && used.targets.iter().all(|target| target == JOINED);
        let control = key(&used.control);
        let expects_none = used.expect.is_some() && !ours;
        let place = self.places.entry(place_of(&used.control, &used.check)).or_default();
        if targets.is_none() || place.count >= USES_TOLD {
            marks |= Mark::Unassigned.bit();
        }
        let before = (place.count > 0).then_some(place.last);
        *place = Place {
            count: place.count + 1,
            last: self.uses.len(),
            marks: place.marks | marks,
            expects_none: place.expects_none | expects_none,
        };
        self.uses.push(Use { marks, expects_none, control, before, weaker, targets });
        let of_text = self.link(&used.check);
        self.mark_control(control, of_text | marks);
    }

    /// Takes up the way to a source.
    pub fn route(&mut self, route: &Route) {
        let named = SOURCES.iter().find(|source| source.name == route.collector).is_none_or(Source::is_named);
        let endpoints = if named { route.endpoints.as_slice() } else { &[] };
        let rehearsed: Vec<String> = route.rehearsal.iter().map(ToString::to_string).collect();
        let authorities: Vec<String> = route.authorities.iter().map(ToString::to_string).collect();
        for (mark, of) in [
            (Mark::OwnEndpoint, endpoints),
            (Mark::OwnProxy, &route.proxies),
            (Mark::OwnAuthority, &authorities),
            (Mark::Rehearsal, &rehearsed),
        ] {
            if of.is_empty() {
                continue;
            }
            self.name(mark, &route.target);
            let room = NAMES_KEPT.saturating_sub(self.kept).min(NAMED);
            let target = self.targets.entry(number(&route.target)).or_default();
            target.marks |= mark.bit();
            self.joined |= mark.bit();
            // Several collectors of one target have ways of their own, most of them to the same place.
            for note in of.iter().take(room).map(|one| (mark, short(one))) {
                let named = target.of.iter().filter(|(of, _)| *of == mark).count();
                if named < NAMED && !target.of.contains(&note) {
                    target.of.push(note);
                    self.kept += 1;
                }
            }
        }
    }

    /// Takes up a list that was read: who read it stands in it, whether a network was asked or not.
    pub fn coverage(&mut self, coverage: &Coverage) {
        let collector = coverage.collector.as_str();
        if is_built_in(collector) {
            return;
        }
        self.name(Mark::OwnProgram, &format!("{}: {collector}", coverage.target));
        self.joined |= Mark::OwnProgram.bit();
        self.own_kinds.insert(of_kind(&coverage.target, kind_of(&coverage.population)));
        let room = self.kept < NAMES_KEPT;
        let target = self.targets.entry(number(&coverage.target)).or_default();
        target.own_program = true;
        let note = (Mark::OwnProgram, short(collector));
        if room && target.of.len() < NAMED && !target.of.contains(&note) {
            target.of.push(note);
            self.kept += 1;
        }
    }

    /// Takes up a finding. `withheld`: something that it rests on is.
    pub fn finding(&mut self, ordinal: u64, finding: &Finding, withheld: bool) {
        let known = self.last.as_ref().is_some_and(|last| {
            last.control == finding.control
                && last.check == finding.check
                && last.target == finding.target
                && last.kind.as_deref() == kind(finding)
        });
        if !known {
            let (marks, expects_none) = self.of_place(finding);
            self.last = Some(Last {
                key: key(&finding.control),
                control: finding.control.clone(),
                check: finding.check.clone(),
                target: finding.target.clone(),
                kind: kind(finding).map(str::to_owned),
                marks,
                expects_none,
            });
        }
        let Some(last) = &self.last else { return };
        let control = last.key;
        *self.shown.entry(control).or_default() += 1;
        let mut marks = last.marks;
        if last.expects_none && is_of_nothing(finding) {
            marks |= Mark::ExpectsNone.bit();
        }
        if withheld {
            marks |= Mark::Withheld.bit();
            self.rests(ordinal);
        }
        if marks == 0 {
            return;
        }
        if marks & Mark::ExpectsNone.bit() != 0 {
            let name = format!("{} at {}", finding.check, finding.target);
            self.name(Mark::ExpectsNone, &name);
        }
        for of_finding in [Mark::Unassigned, Mark::Unsealed] {
            if marks & of_finding.bit() != 0 {
                self.name(of_finding, &finding.check);
            }
        }
        let of_control = self.controls.entry(control).or_default();
        of_control.marks |= marks;
        for (mark, count) in Mark::ALL.into_iter().zip(&mut self.counts).filter(|(mark, _)| marks & mark.bit() != 0) {
            *count += 1;
            of_control.count(mark);
        }
    }

    /// Takes up the roll-up of a control. All findings come before it.
    pub fn control(&mut self, control: &Control) {
        let id = key(&control.id);
        if control.counts.findings() > self.shown.get(&id).copied().unwrap_or_default() {
            self.hiding.insert(id);
        }
    }

    /// Call after the last record: what uses of checks have, whose findings are not shown.
    pub fn finish(&mut self) {
        let whole = if self.whole_rehearsal { Mark::Rehearsal.bit() } else { 0 };
        let of_use = |used: &Use| {
            let of_targets = match &used.targets {
                Some(targets) => targets.iter().map(|target| self.of_target(*target)).fold(0, |all, one| all | one),
                None => self.joined,
            };
            // Which kinds its findings are about, and whether one is about nothing, they say themselves; where one is not shown, it may be.
            let of_findings = Mark::OwnProgram.bit() | Mark::ExpectsNone.bit();
            let expected = if used.expects_none { Mark::ExpectsNone.bit() } else { 0 };
            let may_be = if self.hiding.contains(&used.control) { of_findings } else { 0 };
            (used.control, whole | (of_targets & !of_findings) | ((of_targets | expected) & may_be))
        };
        let of_uses: Vec<(Key, u32)> = self.uses.iter().map(of_use).collect();
        of_uses.into_iter().for_each(|(control, marks)| self.mark_control(control, marks));
        self.last = None;
    }

    /// The marks of one finding of the bundle, in their order.
    #[must_use]
    pub fn of(&self, ordinal: u64, finding: &Finding) -> Vec<Marked> {
        let (mut marks, expects_none) = self.of_known_place(finding);
        if expects_none && is_of_nothing(finding) {
            marks |= Mark::ExpectsNone.bit();
        }
        let word = usize::try_from(ordinal / 64).ok().and_then(|word| self.resting.get(word)).copied();
        if word.unwrap_or_default() & (1 << (ordinal % 64)) != 0 {
            marks |= Mark::Withheld.bit();
        }
        let libraries = self.checks.get(&key(&finding.check)).and_then(|text| text.linked.as_ref());
        let libraries = libraries.map(|(_, libraries)| libraries.as_slice()).unwrap_or_default();
        let of_target = self.targets.get(&number(&finding.target)).map(|t| t.of.as_slice()).unwrap_or_default();
        Mark::ALL
            .into_iter()
            .filter(|mark| marks & mark.bit() != 0)
            .map(|mark| {
                let named = libraries.iter().chain(of_target).filter(|(of, _)| *of == mark).map(|(_, name)| name);
                let weaker = (mark == Mark::WeakerParameters)
                    .then(|| self.uses_of(finding).flat_map(|used| &used.weaker))
                    .into_iter()
                    .flatten();
                let mut of: Vec<String> = Vec::new();
                // More than so many are looked at no further: they may all be the same.
                for name in named.chain(weaker).take(NAMED * NAMED) {
                    if of.len() < NAMED && !of.contains(name) {
                        of.push(name.clone());
                    }
                }
                Marked { mark, of }
            })
            .collect()
    }

    /// The marks of one sealed text by itself.
    #[must_use]
    pub fn of_text(&self, id: &str) -> Vec<Mark> {
        let marks = self.checks.get(&key(id)).map_or(Mark::Unsealed.bit(), |text| text.marks);
        Mark::ALL.into_iter().filter(|mark| marks & mark.bit() != 0).collect()
    }

    /// The marks of one control, with how many of its shown findings have each.
    #[must_use]
    pub fn of_control(&self, id: &str) -> Vec<MarkCount> {
        let Some(control) = self.controls.get(&key(id)) else { return Vec::new() };
        let of = |mark: Mark| control.counts.iter().find(|(of, _)| *of == mark).map_or(0, |(_, count)| *count);
        let there = Mark::ALL.into_iter().filter(|mark| control.marks & mark.bit() != 0);
        there.map(|mark| MarkCount { mark, findings: of(mark), controls: 1, of: Vec::new() }).collect()
    }

    /// The parameters of a use of a check that demand less than by default, at one of these targets.
    #[must_use]
    pub fn weaker(&self, control: &str, check: &str, targets: &[String]) -> Vec<String> {
        let of_these =
            self.uses_at(control, check).filter(|used| targets.iter().any(|target| used.is_of(number(target))));
        let mut names: BTreeSet<&str> = of_these.flat_map(|used| &used.weaker).map(String::as_str).collect();
        let place = self.places.get(&place_of(control, check));
        if place.is_some_and(|place| place.count > USES_TOLD && place.marks & Mark::WeakerParameters.bit() != 0) {
            names.insert(MORE);
        }
        names.into_iter().map(str::to_owned).collect()
    }

    /// Marks a finding; there are at most 100,000,000 of them.
    fn rests(&mut self, ordinal: u64) {
        let Ok(word) = usize::try_from(ordinal / 64) else { return };
        if self.resting.len() <= word {
            self.resting.resize(word + 1, 0);
        }
        if let Some(word) = self.resting.get_mut(word) {
            *word |= 1 << (ordinal % 64);
        }
    }

    fn name(&mut self, mark: Mark, name: &str) {
        if let Some(names) = self.names.get_mut(mark as usize)
            && names.len() < NAMED
        {
            names.insert(short(name));
        }
    }

    fn uses_of(&self, finding: &Finding) -> impl Iterator<Item = &Use> {
        let target = number(&finding.target);
        self.uses_at(&finding.control, &finding.check).filter(move |used| used.is_of(target))
    }

    fn uses_at(&self, control: &str, check: &str) -> impl Iterator<Item = &Use> {
        let last = self.places.get(&place_of(control, check)).and_then(|place| self.uses.get(place.last));
        std::iter::successors(last, |used| self.uses.get(used.before?)).take(USES_TOLD)
    }

    fn mark_control(&mut self, control: Key, marks: u32) {
        if marks != 0 {
            self.controls.entry(control).or_default().marks |= marks;
        }
    }

    fn of_target(&self, target: u64) -> u32 {
        if target == number(JOINED) {
            return self.joined;
        }
        let Some(target) = self.targets.get(&target) else { return 0 };
        target.marks | if target.own_program { Mark::OwnProgram.bit() } else { 0 }
    }

    fn of_place(&mut self, finding: &Finding) -> (u32, bool) {
        self.link(&finding.check);
        self.of_known_place(finding)
    }

    /// What all findings of this control, check, target and kind have, and whether they may be about nothing.
    fn of_known_place(&self, finding: &Finding) -> (u32, bool) {
        let of_text = self.checks.get(&key(&finding.check)).and_then(|text| text.linked.as_ref());
        let mut marks = of_text.map_or(Mark::Unsealed.bit(), |(marks, _)| *marks);
        let (mut found, mut expects_none) = (false, false);
        match self.places.get(&place_of(&finding.control, &finding.check)) {
            Some(place) if place.count > USES_TOLD => {
                (found, marks, expects_none) = (true, marks | place.marks, place.expects_none);
            }
            _ => {
                for used in self.uses_of(finding) {
                    found = true;
                    marks |= used.marks;
                    expects_none |= used.expects_none;
                }
            }
        }
        if !found {
            marks |= Mark::Unassigned.bit();
        }
        marks |= self.of_target(number(&finding.target));
        // What a program read beside it is no matter.
        let other = |kind: &str| !self.own_kinds.contains(&of_kind(&finding.target, kind));
        if finding.target != JOINED && kind(finding).is_some_and(other) {
            marks &= !Mark::OwnProgram.bit();
        }
        if self.whole_rehearsal {
            marks |= Mark::Rehearsal.bit();
        }
        (marks, expects_none)
    }

    /// Follows what a check imports, once, and gives its marks.
    fn link(&mut self, check: &str) -> u32 {
        let id = key(check);
        let Some(text) = self.checks.get(&id) else { return Mark::Unsealed.bit() };
        if let Some((marks, _)) = &text.linked {
            return *marks;
        }
        let mut marks = text.marks;
        let mut named: Vec<(Mark, String)> = Vec::new();
        let mut wanted: Vec<&(Key, String)> = text.imports.iter().collect();
        let mut seen: BTreeSet<Key> = BTreeSet::new();
        let libraries = [Mark::ChangedLibrary, Mark::OwnLibrary, Mark::UnknownLibrary];
        while let Some((id, name)) = wanted.pop() {
            if !seen.insert(*id) {
                continue;
            }
            let Some(library) = self.checks.get(id) else {
                marks |= Mark::Unsealed.bit();
                continue;
            };
            marks |= library.marks;
            let of = libraries.into_iter().filter(|mark| library.marks & mark.bit() != 0);
            named.extend(of.map(|mark| (mark, name.clone())));
            wanted.extend(&library.imports);
        }
        named.sort();
        named.truncate(NAMED);
        for mark in [Mark::ChangedCheck, Mark::OwnCheck, Mark::UnknownCheck, Mark::Contradicted] {
            if marks & mark.bit() != 0 {
                self.name(mark, check);
            }
        }
        for (mark, library) in &named {
            self.name(*mark, library);
        }
        if let Some(text) = self.checks.get_mut(&id) {
            text.linked = Some((marks, named));
        }
        marks
    }
}

/// Two that say the same are the same, whatever they were computed with.
impl PartialEq for Marks {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts() && self.resting == other.resting
    }
}

impl Eq for Marks {}

impl Use {
    fn is_of(&self, target: u64) -> bool {
        self.targets.as_ref().is_none_or(|targets| targets.binary_search(&target).is_ok())
    }
}

/// The kind that a finding is about; `None`: its target as a whole.
fn kind(finding: &Finding) -> Option<&str> {
    let subject = finding.subject.as_ref().map(|subject| subject.kind.as_str());
    subject.or_else(|| finding.population.as_deref().map(kind_of))
}

fn kind_of(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}

/// Whether it says that there is nothing to judge.
fn is_of_nothing(finding: &Finding) -> bool {
    finding.subject.is_none() && finding.outcome == Outcome::NotApplicable
}

/// Sixteen bytes for a name: what is kept of each does not depend on its length.
type Key = u128;

fn key(name: &str) -> Key {
    let digest = Digest::of(name.as_bytes());
    digest.as_bytes().iter().take(16).fold(0, |value, byte| value << 8 | Key::from(*byte))
}

fn place_of(control: &str, check: &str) -> Key {
    key(&format!("{}:{control}{check}", control.len()))
}

#[cfg(test)]
mod tests;
