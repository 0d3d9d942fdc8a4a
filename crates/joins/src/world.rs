//! All that joins may know: the declaration, what was found, and what was not read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use declaration::Declaration;
use model::record::{Coverage, Gap};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::unread::{GapAt, Listing, Part, Unread};

/// A declared target.
#[derive(Clone, Debug)]
pub struct Target<'d> {
    pub id: &'d str,
    /// What pins its identity, among other settings, as declared: `account`, `regions`, `serial`, `uid`, `organization`.
    pub settings: Map<String, Value>,
    declared: &'d declaration::Target,
}

impl Target<'_> {
    /// Whether this collector, or the program of this name, reads it.
    #[must_use]
    pub fn is_read_by(&self, collector: &str) -> bool {
        self.declared.is_read_by(collector)
    }

    /// The name of the program of the entity's own that reads it.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.declared.program().map(|(name, _)| name)
    }

    /// A setting that is a text.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(Value::as_str)
    }
}

/// A resource or derived object, with the parts that some join reads.
#[derive(Clone, Debug)]
pub struct Object {
    pub target: Arc<str>,
    pub collector: Arc<str>,
    pub population: Arc<str>,
    pub kind: Arc<str>,
    pub id: Box<str>,
    /// A JSON object. Text, which takes a fifth of the room of its values.
    facts: Box<str>,
}

impl Object {
    /// All of the wanted parts that were read, as a JSON object.
    ///
    /// # Errors
    /// Never: the world wrote this text.
    pub fn facts(&self) -> serde_json::Result<Value> {
        serde_json::from_str(&self.facts)
    }

    /// Whether a part is there, if only in part.
    #[must_use]
    pub fn has(&self, part: &str) -> bool {
        serde_json::from_str::<BTreeMap<&str, &RawValue>>(&self.facts).is_ok_and(|facts| facts.contains_key(part))
    }
}

/// All that joins may know.
#[derive(Debug)]
pub struct World<'d> {
    declaration: &'d Declaration,
    targets: Vec<Target<'d>>,
    /// By kind; those of one kind by target and id.
    objects: BTreeMap<Arc<str>, Vec<Object>>,
    coverage: HashMap<String, Vec<Coverage>>,
    gaps: Vec<Gap>,
    /// By target: those of no subject.
    wide: HashMap<String, Vec<usize>>,
    /// By target, kind and id of their subject.
    subjects: HashMap<String, BTreeMap<(String, String), Vec<usize>>>,
    now: i64,
    /// Kinds that checks ask for.
    asked: BTreeSet<String>,
}

/// Puts a world together.
#[derive(Debug)]
pub struct Builder<'d> {
    world: World<'d>,
    names: HashMap<String, Arc<str>>,
    reading: Option<Reading>,
}

/// The parts of a kind that somebody looks at. `None`: nobody looks at the kind.
pub type Reading = fn(&str) -> Option<Vec<&'static str>>;

/// Whether the end of a list was reached, and what is missing from it.
type Extent<'w> = (bool, Vec<(GapAt, &'w Gap)>);

impl<'d> World<'d> {
    /// `now`: the moment of the run, in seconds since 1970.
    #[must_use]
    pub fn builder(declaration: &'d Declaration, now: i64) -> Builder<'d> {
        let target = |declared: &'d declaration::Target| Target {
            id: declared.id.as_str(),
            settings: declared.settings.to_json(),
            declared,
        };
        let world = World {
            declaration,
            targets: declaration.targets.iter().map(target).collect(),
            objects: BTreeMap::new(),
            coverage: HashMap::new(),
            gaps: Vec::new(),
            wide: HashMap::new(),
            subjects: HashMap::new(),
            now,
            asked: BTreeSet::new(),
        };
        Builder { world, names: HashMap::new(), reading: None }
    }

    #[must_use]
    pub fn declaration(&self) -> &'d Declaration {
        self.declaration
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Whether some check asks for this kind of joined objects, whatever is declared.
    #[must_use]
    pub fn is_asked(&self, kind: &str) -> bool {
        self.asked.contains(kind)
    }

    /// All declared targets, in the order declared.
    #[must_use]
    pub fn targets(&self) -> &[Target<'d>] {
        &self.targets
    }

    #[must_use]
    pub fn target(&self, id: &str) -> Option<&Target<'d>> {
        self.targets.iter().find(|target| target.id == id)
    }

    /// The declared targets that a collector reads.
    pub fn targets_of(&self, collector: &str) -> impl Iterator<Item = &Target<'d>> {
        self.targets.iter().filter(move |target| target.is_read_by(collector))
    }

    /// The kinds of which something was found, ascending.
    pub fn found_kinds(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(AsRef::as_ref)
    }

    /// Everything of one kind, by target and id.
    #[must_use]
    pub fn objects(&self, kind: &str) -> &[Object] {
        self.objects.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything of one kind at a target, by id.
    #[must_use]
    pub fn objects_at(&self, target: &str, kind: &str) -> &[Object] {
        let all = self.objects(kind);
        let from = all.partition_point(|object| *object.target < *target);
        let rest = all.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|object| *object.target == *target)).unwrap_or_default()
    }

    /// The kinds of which a target has an object, a list, or a gap that names it; ascending.
    pub fn known_kinds(&self, target: &str) -> impl Iterator<Item = &str> {
        let objects = self.objects.keys().map(AsRef::as_ref).filter(|kind| !self.objects_at(target, kind).is_empty());
        let lists = self.coverage.get(target).into_iter().flatten().map(|one| kind_of(&one.population));
        let gaps = self.wide(target).filter_map(|(_, gap)| Some(kind_of(gap.population.as_deref()?)));
        objects.chain(lists).chain(gaps).collect::<BTreeSet<&str>>().into_iter()
    }

    /// One object.
    #[must_use]
    pub fn object(&self, target: &str, kind: &str, id: &str) -> Option<&Object> {
        let of_kind = self.objects(kind);
        let at = of_kind.binary_search_by(|object| (&*object.target, &*object.id).cmp(&(target, id))).ok()?;
        of_kind.get(at)
    }

    /// A part of an object.
    #[must_use]
    pub fn part<T: DeserializeOwned>(&self, object: &Object, part: &str) -> Part<T> {
        let why = self.why(object, part);
        let facts = serde_json::from_str::<BTreeMap<&str, &RawValue>>(&object.facts);
        let what = || format!("`{part}` of {} `{}` of target `{}`", object.kind, object.id, object.target);
        let Some(raw) = facts.as_ref().ok().and_then(|facts| facts.get(part)) else {
            return Part::Missing(why.unwrap_or_else(|| Unread::unsaid(format!("{} is not there", what()))));
        };
        match (serde_json::from_str(raw.get()), why) {
            (Ok(value), None) => Part::Whole(value),
            (Ok(value), Some(why)) => Part::Some(value, why),
            // A program of the entity's own may call its things as it likes.
            (Err(problem), _) => Part::Missing(Unread::unsaid(format!("{} is not of its form: {problem}", what()))),
        }
    }

    /// Why not all of a part of an object was read. `None`: no gap touches it.
    #[must_use]
    pub fn why(&self, object: &Object, part: &str) -> Option<Unread> {
        let of_part = |gap: &Gap| gap.part.as_deref().is_none_or(|named| named == part);
        let wide = self.wide(&object.target).filter(|(_, gap)| {
            gap.part.as_deref() == Some(part)
                && match &gap.population {
                    Some(population) => **population == *object.population || **population == *object.kind,
                    None => *gap.collector == *object.collector,
                }
        });
        let own = self.of_subject(&object.target, &object.kind, &object.id).filter(|(_, gap)| of_part(gap));
        let mut gaps = wide.chain(own).peekable();
        gaps.peek()?;
        let what = format!("`{part}` of {} `{}` of target `{}`", object.kind, object.id, object.target);
        Unread::of(&what, gaps)
    }

    /// The parts of an object that gaps name, ascending.
    #[must_use]
    pub fn unread_parts(&self, object: &Object) -> Vec<String> {
        let own = self.of_subject(&object.target, &object.kind, &object.id);
        let wide = self.wide(&object.target).filter(|(_, gap)| match &gap.population {
            Some(population) => **population == *object.population || **population == *object.kind,
            None => *gap.collector == *object.collector,
        });
        let mut parts: Vec<String> = own.chain(wide).filter_map(|(_, gap)| gap.part.clone()).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// How completely the lists of a kind of a target were read.
    #[must_use]
    pub fn listing(&self, target: &str, kind: &str) -> Listing {
        let mut lists: BTreeMap<&str, Extent<'_>> = BTreeMap::new();
        for one in self.coverage.get(target).into_iter().flatten().filter(|one| kind_of(&one.population) == kind) {
            lists.entry(&one.population).or_insert((true, Vec::new())).0 &= one.complete;
        }
        let mut all = Vec::new();
        for (at, gap) in self.wide(target).filter(|(_, gap)| gap.part.is_none()) {
            match &gap.population {
                Some(population) if kind_of(population) == kind => {
                    lists.entry(population).or_insert((false, Vec::new())).1.push((at, gap));
                }
                None if gap.collector == collector_of(kind) => all.push((at, gap)),
                _ => {}
            }
        }
        let name = |population: &str| format!("the list {population} of target `{target}`");
        let mut listing = Listing::default();
        for (population, (complete, gaps)) in lists {
            let unsaid =
                || (!complete).then(|| Unread::unsaid(format!("the end of {} was not reached", name(population))));
            let why = Unread::of(&name(population), gaps.into_iter()).or_else(unsaid);
            listing.lists.push((population.to_owned(), why));
        }
        if let Some(why) = Unread::of(&name(kind), all.into_iter()) {
            listing.lists.push((kind.to_owned(), Some(why)));
        } else if listing.lists.is_empty() {
            listing.lists.push((kind.to_owned(), Some(Unread::unsaid(format!("{} was not made", name(kind))))));
        }
        listing
    }

    /// Things of a kind of a target that were listed and of which nothing was recorded, by id, with the reason.
    #[must_use]
    pub fn missing(&self, target: &str, kind: &str) -> Vec<(&str, Unread)> {
        let subjects = self.subjects.get(target).into_iter().flatten().filter(|((of, _), _)| of == kind);
        subjects
            .filter(|((_, id), _)| self.object(target, kind, id).is_none())
            .filter_map(|((_, id), gaps)| {
                let gaps = gaps.iter().filter_map(|at| Some((GapAt(*at), self.gaps.get(*at)?)));
                Some((id.as_str(), Unread::of(&format!("{kind} `{id}` of target `{target}`"), gaps)?))
            })
            .collect()
    }

    fn wide(&self, target: &str) -> impl Iterator<Item = (GapAt, &Gap)> {
        self.wide.get(target).into_iter().flatten().filter_map(|at| Some((GapAt(*at), self.gaps.get(*at)?)))
    }

    fn of_subject(&self, target: &str, kind: &str, id: &str) -> impl Iterator<Item = (GapAt, &Gap)> {
        let of_target = self.subjects.get(target);
        let gaps = of_target.and_then(|subjects| subjects.get(&(kind.to_owned(), id.to_owned())));
        gaps.into_iter().flatten().filter_map(|at| Some((GapAt(*at), self.gaps.get(*at)?)))
    }
}

impl<'d> Builder<'d> {
    /// Keeps of what is given from now on only what is read: [`crate::parts`].
    #[must_use]
    pub fn reading(mut self, parts: Reading) -> Self {
        self.reading = Some(parts);
        self
    }

    /// A resource or derived object.
    ///
    /// # Errors
    /// When the facts are no JSON object.
    pub fn object(
        &mut self,
        (target, collector, population): (&str, &str, &str),
        (kind, id): (&str, &str),
        facts: &RawValue,
    ) -> serde_json::Result<()> {
        let mut facts: BTreeMap<&str, &RawValue> = serde_json::from_str(facts.get())?;
        if let Some(reading) = self.reading {
            let Some(parts) = reading(kind) else { return Ok(()) };
            facts.retain(|part, _| parts.contains(part));
        }
        let facts = serde_json::to_string(&facts)?.into_boxed_str();
        let object = Object {
            target: self.name(target),
            collector: self.name(collector),
            population: self.name(population),
            kind: self.name(kind),
            id: id.into(),
            facts,
        };
        self.world.objects.entry(Arc::clone(&object.kind)).or_default().push(object);
        Ok(())
    }

    /// A kind that some check asks for.
    pub fn asked(&mut self, kind: &str) {
        self.world.asked.insert(kind.to_owned());
    }

    /// How completely a list was read.
    pub fn coverage(&mut self, one: Coverage) {
        self.world.coverage.entry(one.target.clone()).or_default().push(one);
    }

    /// Something that was not read. The place among all gaps that are given is its [`GapAt`].
    pub fn gap(&mut self, gap: Gap) {
        let at = self.world.gaps.len();
        match &gap.subject {
            Some(subject) => {
                let of_target = self.world.subjects.entry(gap.target.clone()).or_default();
                of_target.entry((subject.kind.clone(), subject.id.clone())).or_default().push(at);
            }
            None => self.world.wide.entry(gap.target.clone()).or_default().push(at),
        }
        self.world.gaps.push(gap);
    }

    #[must_use]
    pub fn build(mut self) -> World<'d> {
        for of_kind in self.world.objects.values_mut() {
            of_kind.sort_by(|a, b| (&a.target, &a.id).cmp(&(&b.target, &b.id)));
        }
        self.world
    }

    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = text.into();
        self.names.insert(text.to_owned(), Arc::clone(&name));
        name
    }
}

/// The kind whose members a population lists: `aws-kms/key@eu-west-1` → `aws-kms/key`.
fn kind_of(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}

/// The collector that a kind belongs to: `aws-kms/key` → `aws-kms`.
fn collector_of(kind: &str) -> &str {
    kind.split_once('/').map_or(kind, |(collector, _)| collector)
}
