//! Keys: the inventory joined with what was found, and what was found joined with the inventory.
//!
//! A key of the inventory that says `at` which target it is, and how it is called there, is looked for among the keys of that target by every
//! name that they have: in KMS ARN, key id, alias and alias's ARN; on a token label, CKA_ID, the name of the resource and the fingerprint of the
//! public key; in what a program of the entity's own found (kinds `<program>/key`) `id`, `name`, `label`, `alias`, `key_id`, `fingerprint`, `arn`.
//! That it is *not* there is said only where everything that could have its name was listed.
//!
//! In the other direction every key that was found is there once, with the keys of the inventory that name it. Those that AWS manages are
//! marked: nobody can keep anything of their own in them. Secrets of Kubernetes and of GitHub may hold keys, and show none: a key that is
//! declared to be there is undetermined.

mod apart;
mod facts;
pub(crate) mod found;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use declaration::{DECLARATION, Key};
use model::record::GapReason;

use crate::joined::{Input, Join, Joined, JoinedKind, List, Sink};
use crate::unread::Unread;
use crate::world::{Target, World};
use apart::{Site, apart};
use facts::{AtFacts, DifferenceFacts, FoundFacts, FoundKeyFacts, KeyFacts};
use found::{FoundKey, KMS, arn, kinds_at};

/// A key of the inventory; its id is the one that it has there.
pub const KEY: &str = "joined/key";
/// A key that was found.
pub const FOUND_KEY: &str = "joined/found-key";
const DECLARED: &str = "declaration/key";

/// The join.
pub const JOIN: Join = Join {
    kinds: || vec![JoinedKind::of::<FoundKeyFacts>(FOUND_KEY), JoinedKind::of::<KeyFacts>(KEY)],
    reads: found::READS,
    // Without an inventory there is nothing to compare what was found with, unless somebody asks what is in none.
    applies: |world| !world.declaration().keys.is_empty() || world.is_asked(KEY) || world.is_asked(FOUND_KEY),
    run,
};

fn run(world: &World<'_>, sink: &mut Sink<'_>) -> Vec<List> {
    let found = found::all(world);
    let inventory = Inventory::of(world, &found);
    for (at, key) in found.iter().enumerate() {
        sink(inventory.found_key(at, key));
    }
    for matched in &inventory.matched {
        sink(inventory.key(matched));
    }
    let lists = world.targets().iter().flat_map(|target| {
        let kinds = kinds_at(world, target);
        kinds.into_iter().filter_map(|kind| world.listing(target.id, kind).open()).collect::<Vec<_>>()
    });
    vec![List::new(FOUND_KEY, lists.collect()), List::new(KEY, Vec::new())]
}

/// The inventory beside what was found.
struct Inventory<'w> {
    found: &'w [FoundKey],
    matched: Vec<Matched<'w>>,
    /// By the id of the key, where its backups are among the matched.
    backups: HashMap<&'w str, Vec<usize>>,
    /// For each key that was found, those of the inventory that name it where it is, and those that do and say that it is elsewhere.
    named_by: Vec<(BTreeSet<&'w str>, BTreeSet<&'w str>)>,
    /// By target: declared keys of which nobody can say whether another key bears their name too.
    open_at: BTreeMap<&'w str, BTreeSet<&'w str>>,
    /// Ids of keys of the inventory by what copies of one key have in common.
    copies: BTreeMap<&'w str, BTreeSet<&'w str>>,
}

/// A key of the inventory with what bears its name.
struct Matched<'w> {
    declared: &'w Key,
    /// Where in the list of what was found.
    here: Vec<usize>,
    elsewhere: Vec<usize>,
    /// Why there may be another one here.
    open: Option<Unread>,
    kinds: Vec<&'w str>,
}

impl<'w> Inventory<'w> {
    fn of(world: &'w World<'w>, found: &'w [FoundKey]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, key) in found.iter().enumerate() {
            for name in key.names.keys() {
                by_name.entry(name).or_default().push(at);
            }
        }
        let places = Places::of(world, found);
        let mut inventory = Self {
            found,
            matched: Vec::new(),
            backups: HashMap::new(),
            named_by: vec![(BTreeSet::new(), BTreeSet::new()); found.len()],
            open_at: BTreeMap::new(),
            copies: BTreeMap::new(),
        };
        for declared in &world.declaration().keys {
            let matched = match &declared.place {
                Some(place) => {
                    let bearing = by_name.get(place.key.as_str()).map(Vec::as_slice).unwrap_or_default();
                    let is_here = |at: &&usize| {
                        found.get(**at).is_some_and(|key| key.at.iter().any(|(of, ..)| of == place.target.as_str()))
                    };
                    let here: Vec<usize> = bearing.iter().filter(is_here).copied().collect();
                    let elsewhere = bearing.iter().filter(|at| !is_here(at)).copied().collect();
                    let (open, kinds) = places.open(place.target.as_str(), &place.key);
                    // An alias is of a region: where one key bears it, another one may too.
                    if open.is_some() {
                        inventory.open_at.entry(place.target.as_str()).or_default().insert(declared.id.as_str());
                    }
                    Matched { declared, here, elsewhere, open, kinds }
                }
                None => Matched { declared, here: Vec::new(), elsewhere: Vec::new(), open: None, kinds: Vec::new() },
            };
            inventory.note(&matched);
            for of in &declared.backup_of {
                inventory.backups.entry(of.as_str()).or_default().push(inventory.matched.len());
            }
            inventory.matched.push(matched);
        }
        inventory
    }

    /// Notes at the keys that were found who names them.
    fn note(&mut self, matched: &Matched<'w>) {
        let id = matched.declared.id.as_str();
        for at in &matched.here {
            if let Some((here, _)) = self.named_by.get_mut(*at) {
                here.insert(id);
            }
            if let Some(Ok(Some(copies))) = self.found.get(*at).map(|key| &key.copies) {
                self.copies.entry(copies).or_default().insert(id);
            }
        }
        for at in &matched.elsewhere {
            let certain = |key: &FoundKey| {
                let name = matched.declared.place.as_ref().map(|place| place.key.as_str());
                name.and_then(|name| key.names.get(name)).is_some_and(|by| key.is_certain(*by))
            };
            if self.found.get(*at).is_some_and(certain)
                && let Some((_, elsewhere)) = self.named_by.get_mut(*at)
            {
                elsewhere.insert(id);
            }
        }
    }

    /// The found keys of these places.
    fn at<'s>(&'s self, places: &'s [usize]) -> impl Iterator<Item = &'s FoundKey> {
        places.iter().filter_map(|at| self.found.get(*at))
    }

    fn key(&self, matched: &Matched<'w>) -> Joined {
        let declared = matched.declared;
        let mut joined = Joined::new(KEY, declared.id.as_str());
        joined.inputs.push(Input::declared(DECLARED, declared.id.as_str()));
        joined.part("class", declared.class.as_str());
        let at = declared
            .place
            .as_ref()
            .map(|place| AtFacts { target: place.target.to_string(), key: place.key.value.clone() });
        joined.part("at", &at);
        if let Some(at) = &at {
            for kind in &matched.kinds {
                joined.inputs.push(Input::List { target: at.target.clone(), kind: (*kind).to_owned() });
            }
        }
        self.at(&matched.here).chain(self.at(&matched.elsewhere)).for_each(|key| name_inputs(&mut joined, key));
        let of = |places: &[usize]| -> Vec<FoundFacts> {
            let here = at.as_ref().map(|at| at.target.as_str()).unwrap_or_default();
            let name = at.as_ref().map(|at| at.key.as_str()).unwrap_or_default();
            self.at(places).filter_map(|key| found_facts(key, name, here)).collect()
        };
        let here = of(&matched.here);
        let differs = self.differs(matched);
        match (&matched.open, here.is_empty()) {
            (Some(why), true) => {
                joined.unread("found", why);
                joined.unread("differs", why);
            }
            _ => {
                joined.part("found", here);
                joined.part("differs", &differs.found);
                if let Some(why) = &differs.open {
                    joined.unread("differs", why);
                }
            }
        }
        joined.part("compared", differs.compared);
        joined.part("elsewhere", of(&matched.elsewhere));
        self.backups(matched, &mut joined);
        joined
    }

    /// What the keys that were found are otherwise than declared.
    fn differs(&self, matched: &Matched<'w>) -> Differs {
        let declared = matched.declared;
        let wanted = [
            ("spec", declared.spec.as_ref().map(|one| one.value.as_str())),
            ("origin", declared.origin.as_ref().map(|one| one.value.as_str())),
            // Of other material nothing that is read says what it is.
            (
                "material",
                declared
                    .material
                    .as_ref()
                    .map(|one| one.as_str())
                    .filter(|one| ["private-key", "secret-key"].contains(one)),
            ),
        ];
        let mut found = Vec::new();
        let mut open = Vec::new();
        for key in self.at(&matched.here) {
            for (what, wanted) in wanted {
                let Some(wanted) = wanted else { continue };
                let seen = match what {
                    "spec" => &key.spec,
                    "origin" => &key.origin,
                    _ => &key.material,
                };
                match seen {
                    Ok(Some(is)) if is.eq_ignore_ascii_case(wanted) => {}
                    Ok(Some(is)) => found.push(DifferenceFacts {
                        what,
                        declared: wanted.to_owned(),
                        found: is.clone(),
                        of: Some(key.identity.clone()),
                    }),
                    Ok(None) => open.push(Unread {
                        reason: GapReason::Unsupported,
                        text: format!("what found `{}` does not say its {what}", key.identity),
                        gaps: Vec::new(),
                    }),
                    Err(why) => open.push(why.clone()),
                }
            }
        }
        // Copies of one key in several regions are one key.
        let mut different: BTreeSet<&str> = BTreeSet::new();
        for key in self.at(&matched.here) {
            different.insert(match &key.copies {
                Ok(Some(copies)) => copies,
                Ok(None) => &key.identity,
                Err(why) if matched.here.len() > 1 => {
                    open.push(why.clone());
                    continue;
                }
                Err(_) => &key.identity,
            });
        }
        if different.len() > 1 {
            found.push(DifferenceFacts {
                what: "number",
                declared: "1".to_owned(),
                found: different.len().to_string(),
                of: None,
            });
        }
        let compared = wanted.iter().filter(|(_, wanted)| wanted.is_some()).count();
        Differs { found, open: Unread::all(open), compared }
    }

    fn backups(&self, matched: &Matched<'w>, joined: &mut Joined) {
        let id = matched.declared.id.as_str();
        let backups = self.backups.get(id).into_iter().flatten().filter_map(|at| self.matched.get(*at));
        let (mut facts, mut open) = (Vec::new(), Vec::new());
        for backup in backups {
            joined.inputs.push(Input::declared(DECLARED, backup.declared.id.as_str()));
            self.at(&backup.here).for_each(|key| name_inputs(joined, key));
            match (self.site(matched), self.site(backup)) {
                (Ok(key), Ok(of_backup)) => facts.push(apart(backup.declared.id.as_str(), &key, &of_backup)),
                (Err(why), _) | (_, Err(why)) => open.push(why),
            }
        }
        joined.part("backups", facts);
        if let Some(why) = Unread::all(open) {
            joined.unread("backups", &why);
        }
    }

    /// Where a key lies.
    fn site(&self, matched: &Matched<'w>) -> Result<Site, Unread> {
        match &matched.open {
            Some(why) if matched.here.is_empty() => return Err(why.clone()),
            _ => {}
        }
        let keys = || self.at(&matched.here);
        if let Some(why) = keys().find_map(|key| key.unplaced.clone()) {
            return Err(why);
        }
        Ok(Site {
            location: matched.declared.location.as_ref().map(|one| one.value.clone()),
            regions: keys().filter_map(|key| key.region.clone()).collect(),
            tokens: keys().filter_map(|key| key.token.clone()).collect(),
            keys: keys().map(|key| key.identity.clone()).collect(),
        })
    }

    fn found_key(&self, at: usize, key: &FoundKey) -> Joined {
        let mut joined = Joined::new(FOUND_KEY, key.identity.as_str());
        name_inputs(&mut joined, key);
        joined.part("targets", key.targets());
        joined.part("names", key.names.keys().collect::<Vec<_>>());
        if let Some(why) = &key.more_names {
            joined.unread("names", why);
        }
        match &key.unplaced {
            Some(why) => ["account", "region"].into_iter().for_each(|part| joined.unread(part, why)),
            None => {
                joined.part("account", &key.account);
                joined.part("region", &key.region);
            }
        }
        joined.part("token", &key.token);
        say(&mut joined, "managed", &key.managed);
        say(&mut joined, "signs", &key.signs);
        say(&mut joined, "spec", &key.spec);
        say(&mut joined, "origin", &key.origin);
        // What is in no inventory rests on all of it.
        joined.inputs.push(Input::List { target: DECLARATION.to_owned(), kind: DECLARED.to_owned() });
        let none = (BTreeSet::new(), BTreeSet::new());
        let (here, elsewhere) = self.named_by.get(at).unwrap_or(&none);
        let copy_of = key.copies.as_ref().map(|copies| copies.as_deref().and_then(|of| self.copies.get(of)));
        let named = here.iter().chain(elsewhere).chain(copy_of.iter().copied().flatten().flatten());
        joined.inputs.extend(named.map(|id| Input::declared(DECLARED, id)));
        // One of the names that were not read may be that of a key of the inventory.
        let sought = || key.targets().into_iter().any(|target| self.open_at.contains_key(target));
        match &key.more_names {
            Some(why) if here.is_empty() && sought() => joined.unread("declared_as", why),
            _ => joined.part("declared_as", here),
        }
        joined.part("declared_elsewhere", elsewhere);
        match copy_of {
            Ok(of) => {
                let elsewhere: Vec<_> = of.into_iter().flatten().filter(|id| !here.contains(*id)).collect();
                joined.part("copy_of", elsewhere);
            }
            Err(why) => joined.unread("copy_of", why),
        }
        joined
    }
}

struct Differs {
    found: Vec<DifferenceFacts>,
    /// Why there may be more.
    open: Option<Unread>,
    compared: usize,
}

fn say<T: serde::Serialize>(joined: &mut Joined, part: &'static str, seen: &Result<T, Unread>) {
    match seen {
        Ok(value) => joined.part(part, value),
        Err(why) => joined.unread(part, why),
    }
}

/// All that was read of a key.
fn name_inputs(joined: &mut Joined, key: &FoundKey) {
    let there = key.at.iter().filter(|(.., there)| *there).map(|(target, kind, id, _)| (target, kind, id));
    let beside = key.beside.iter().map(|(target, kind, id)| (target, kind, id));
    joined.inputs.extend(there.chain(beside).map(|(target, kind, id)| Input::Object {
        target: target.clone(),
        kind: kind.clone(),
        id: id.clone(),
    }));
}

fn found_facts(key: &FoundKey, name: &str, target: &str) -> Option<FoundFacts> {
    let by = *key.names.get(name)?;
    let targets = key.targets();
    Some(FoundFacts {
        id: key.identity.clone(),
        target: targets.get(target).or_else(|| targets.first()).copied()?.to_owned(),
        by,
        certain: key.is_certain(by),
        account: key.account.clone(),
        region: key.region.clone(),
        token: key.token.clone(),
    })
}

/// What of each target was not read.
struct Places<'w> {
    targets: BTreeMap<&'w str, AtTarget<'w>>,
}

struct AtTarget<'w> {
    declared: &'w Target<'w>,
    kinds: Vec<&'w str>,
    /// Lists that did not end, by region; `None`: of no region, or of all.
    lists: Vec<(Option<String>, Unread)>,
    /// Names that were not read, by the region of their keys.
    names: BTreeMap<Option<String>, Unread>,
}

impl<'w> Places<'w> {
    fn of(world: &'w World<'w>, found: &[FoundKey]) -> Self {
        let mut targets = BTreeMap::new();
        for declared in world.targets() {
            let kinds = kinds_at(world, declared);
            let mut lists = Vec::new();
            for kind in &kinds {
                for (population, why) in world.listing(declared.id, kind).lists {
                    let region = population.split_once('@').map(|(_, region)| region.to_owned());
                    lists.extend(why.map(|why| (region, why)));
                }
            }
            targets.insert(declared.id, AtTarget { declared, kinds, lists, names: BTreeMap::new() });
        }
        let mut names: BTreeMap<(&str, &Option<String>), Vec<Unread>> = BTreeMap::new();
        for key in found {
            if let Some(why) = &key.more_names {
                for target in key.targets() {
                    names.entry((target, &key.region)).or_default().push(why.clone());
                }
            }
        }
        for ((target, region), whys) in names {
            if let (Some(at), Some(why)) = (targets.get_mut(target), Unread::all(whys)) {
                at.names.insert(region.clone(), why);
            }
        }
        Self { targets }
    }

    /// Why a key of this name may be at the target though none was seen, and the kinds that it could be of.
    fn open(&self, target: &str, name: &str) -> (Option<Unread>, Vec<&'w str>) {
        let Some(at) = self.targets.get(target) else {
            return (Some(unsaid(format!("there is no target `{target}`"))), Vec::new());
        };
        if at.kinds.is_empty() {
            let text = format!(
                "no collector of target `{target}` finds keys: whether `{name}` is there, its secrets do not show"
            );
            return (Some(unsaid(text)), Vec::new());
        }
        // An ARN says where its key is; an account has no keys of others.
        let place = arn(name).filter(|_| at.kinds.contains(&KMS));
        let account = at.declared.setting("account");
        if let Some([_, _, _, of, _]) = place
            && account.is_some_and(|account| account != of)
        {
            return (None, at.kinds.clone());
        }
        let region = place.map(|[_, _, region, _, _]| region);
        let here = |one: &Option<String>| region.is_none() || one.is_none() || one.as_deref() == region;
        let lists = at.lists.iter().filter(|(of, _)| here(of)).map(|(_, why)| why.clone());
        // A key's id and ARN are known as soon as it is listed.
        let known = at.kinds == [KMS]
            && !name.starts_with("alias/")
            && !place.is_some_and(|[.., rest]| rest.starts_with("alias/"));
        let names = at.names.iter().filter(|(of, _)| !known && here(of)).map(|(_, why)| why.clone());
        (Unread::all(lists.chain(names)), at.kinds.clone())
    }
}

fn unsaid(text: String) -> Unread {
    Unread { reason: GapReason::Unsupported, text, gaps: Vec::new() }
}
