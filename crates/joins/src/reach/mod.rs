//! Who reaches each key of KMS, over all targets, and who comes to be an administrator of each account.

mod common;
mod factors;
mod facts;
mod links;
#[cfg(test)]
mod tests;
mod wallets;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use iam_policy::May;
use iam_policy::access::{Entry, Key, Reader, Sealed, Walker, Who, WhoKind};
use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};

pub use factors::asks_for_mfa;
pub use facts::{
    ADMINISTRATORS, AdministratorsFacts, Among, COMMON, Common, CommonFacts, DeclaredKey, Factors, ITS_KEY, REACH,
    ReachFacts, Reacher,
};

use crate::joined::{Input, Join, Joined, JoinedKind, List, Sink};
use crate::keys::found::FoundKey;
use crate::people::HOLDER;
use crate::reaching::{self, IDENTITY, IdentityFacts, PERMISSIONS, Reached};
use crate::unread::Unread;
use crate::world::{Object, World};
use common::{Group, KEY, Reaching};
use factors::{About, People};
use wallets::Uses;
pub use wallets::{Alone, WALLET, WalletFacts};

const USER: &str = "aws-iam/user";
const GROUP: &str = "aws-iam/group";
const ROLE: &str = "aws-iam/role";
const POLICY: &str = "aws-iam/policy";

pub const JOIN: Join = Join {
    kinds,
    reads: &[
        (PERMISSIONS, &["administers", "keys", "principal"]),
        (HOLDER, &["identities"]),
        (KEY, &["aliases", "grants", "key_id", "manager", "multi_region", "origin", "policy", "spec", "usage"]),
        (USER, &["attached_policies", "groups", "identity", "inline_policies", "mfa_devices", "permissions_boundary"]),
        (GROUP, &["attached_policies", "identity", "inline_policies"]),
        (ROLE, &["attached_policies", "identity", "inline_policies", "permissions_boundary", "trust_policy"]),
        (POLICY, &["document"]),
        ("kubernetes-rbac/access-entry", &[]),
        ("kubernetes-rbac/cluster", &["eks"]),
        (links::POD_IDENTITY, &["namespace", "role", "service_account", "target_role"]),
        ("kubernetes-rbac/subject", &["access_entries", "grants"]),
        ("github/organization", &["default_repository_permission"]),
        ("github/member", &["login", "role", "two_factor"]),
        ("github/outside-collaborator", &["login", "two_factor"]),
        ("github/team", &["members", "repositories"]),
        ("github/repository", &["branch_rules", "full_name", "protection"]),
        ("github/deploy-key", &["read_only", "repository", "title"]),
        ("github/app-installation", &["app", "permissions", "repository_selection"]),
    ],
    applies: |world| applies(world) || reaching::applies(world),
    run,
};

fn kinds() -> Vec<JoinedKind> {
    vec![
        JoinedKind::of::<AdministratorsFacts>(ADMINISTRATORS),
        JoinedKind::of::<CommonFacts>(COMMON),
        JoinedKind::of::<ReachFacts>(REACH),
        JoinedKind::of::<IdentityFacts>(IDENTITY),
        JoinedKind::of::<WalletFacts>(WALLET),
    ]
}

fn applies(world: &World<'_>) -> bool {
    let asked = [ADMINISTRATORS, REACH, WALLET].iter().any(|kind| world.is_asked(kind));
    let declared = &world.declaration().keys;
    let at_kms = |place: &declaration::KeyPlace| {
        world.target(place.target.as_str()).is_some_and(|target| target.is_read_by("aws-kms"))
    };
    asked || declared.iter().filter_map(|key| key.place.as_ref()).any(at_kms)
}

/// The account of an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|number| !number.is_empty())
}

/// One of each thing, where several targets read the same: the one of which most was read.
fn once<'w>(world: &'w World<'_>, kind: &str) -> BTreeMap<&'w str, (&'w Object, Vec<String>)> {
    let mut found: BTreeMap<&str, (&Object, Vec<String>)> = BTreeMap::new();
    for object in world.objects(kind) {
        let unread = world.unread_parts(object);
        match found.get(&*object.id) {
            Some((_, known)) if known.len() <= unread.len() => {}
            _ => drop(found.insert(&object.id, (object, unread))),
        }
    }
    found
}

/// What of an account's users, groups and roles was not listed.
struct Listed {
    targets: Vec<String>,
    open: Option<Unread>,
}

/// Accounts by number, of which users, groups and roles were asked for.
fn accounts(world: &World<'_>) -> BTreeMap<String, Listed> {
    let mut found: BTreeMap<String, Listed> = BTreeMap::new();
    for target in world.targets_of("aws-iam") {
        let Some(number) = target.setting("account") else { continue };
        let mut open = Vec::new();
        for kind in [USER, GROUP, ROLE] {
            open.extend(world.listing(target.id, kind).open());
            open.extend(world.missing(target.id, kind).into_iter().map(|(_, why)| why));
        }
        let open = Unread::all(open);
        let known =
            found.entry(number.to_owned()).or_insert_with(|| Listed { targets: Vec::new(), open: open.clone() });
        known.targets.push(target.id.to_owned());
        // Two targets of one account: what one of them read whole was read whole.
        if open.is_none() {
            known.open = None;
        }
    }
    found
}

fn run(world: &World<'_>, sink: &mut Sink<'_>) -> Vec<List> {
    saying(world, common::LEAST, sink)
}

/// `least`: of so many people it is said once that they reach several keys in one way.
fn saying(world: &World<'_>, least: usize, sink: &mut Sink<'_>) -> Vec<List> {
    let mut reached = Reached::default();
    let mut lists = match applies(world) {
        true => walk(world, least, &mut reached, sink),
        false => Vec::new(),
    };
    if reaching::applies(world) {
        lists.push(reaching::identities(world, &reached, sink));
    }
    lists
}

/// Asks of every key who reaches it, and of every account who administers it.
fn walk(world: &World<'_>, least: usize, reached: &mut Reached, sink: &mut Sink<'_>) -> Vec<List> {
    let mut reader = Reader::new(world.now());
    let mut malformed = Vec::new();
    let mut places: HashMap<(&str, &str), &Object> = HashMap::new();
    let mut keys: BTreeMap<&str, &Object> = BTreeMap::new();
    for kind in [POLICY, USER, GROUP, ROLE, KEY] {
        for (id, (object, unread)) in once(world, kind) {
            places.insert((&object.kind, id), object);
            let taken = match object.facts() {
                Ok(facts) => {
                    let sealed = Sealed { kind, id, facts: &facts, unread: &unread };
                    reader.take(&sealed).map_err(|problem| problem.to_string())
                }
                Err(problem) => Err(problem.to_string()),
            };
            malformed.extend(taken.err());
            if kind == KEY {
                keys.insert(id, object);
            }
        }
    }
    let listed = accounts(world);
    let whole: BTreeSet<String> = listed
        .iter()
        .filter(|(_, one)| one.open.is_none() && malformed.is_empty())
        .map(|(number, _)| number.clone())
        .collect();
    let mut access = reader.finish(&whole);
    access.clusters = links::of_eks(world);
    places.extend(world.objects(links::POD_IDENTITY).iter().map(|one| ((&*one.kind, &*one.id), one)));
    let bearers = access.bearers();
    let found = links::links(world, &bearers);
    let mut walker = Walker::new(&access, found);
    let people = People::of(world);
    let found: BTreeMap<String, FoundKey> =
        crate::keys::found::all(world).into_iter().map(|key| (key.identity.clone(), key)).collect();
    let teller =
        Teller { world, places: &places, people: &people, about: RefCell::default(), listed: &listed, found: &found };
    let owners = keys.keys().filter_map(|arn| account_of(arn));
    let numbers: BTreeSet<&str> = access.accounts.keys().map(String::as_str).chain(owners).collect();
    let mut administrators = BTreeMap::new();
    for number in numbers {
        let entries = walker.administrators(number);
        let one = teller.administrators(number, &entries, &malformed);
        reached.take(&one, &entries);
        sink(one);
        administrators.insert(number.to_owned(), entries);
    }
    let (wanted, mut uses) = (Uses::wanted(world), Uses::default());
    let mut reaching = Reaching::new(named(world.declaration()));
    for key in &access.keys {
        let Some(object) = keys.get(key.arn.as_str()) else { continue };
        let answer = walker.answer(key);
        for declared in teller.here(&object.id).into_iter().filter(|one| wanted.contains(&one.id)) {
            uses.add(&declared.id, &key.arn, answer.all(), &administrators);
        }
        reaching.take(&key.arn, account_of(&key.arn).unwrap_or_default(), &answer);
    }
    let groups = reaching.groups(least);
    let mut group_of: HashMap<&str, Lines<'_>> = HashMap::new();
    for group in &groups {
        let lines = teller.lines(&group.entries);
        sink(teller.common(group, &lines));
        let of_aws = |arn: &str| keys.get(arn).is_some_and(|object| teller.is_of_aws(object));
        let counted: Vec<_> = group.keys.iter().filter(|(arn, _)| !of_aws(arn)).collect();
        reached.take_common(REACH, &counted, &group.entries);
        let told = Rc::new(lines);
        group_of.extend(group.keys.keys().map(|arn| (arn.as_str(), Lines { group, told: Rc::clone(&told) })));
    }
    let by_arn: HashMap<&str, &Key> = access.keys.iter().map(|key| (key.arn.as_str(), key)).collect();
    for known in reaching.keys() {
        let (Some(key), Some(object)) = (by_arn.get(known.arn.as_str()), keys.get(known.arn.as_str())) else {
            continue;
        };
        let lines = group_of.get(known.arn.as_str());
        let own = reaching.own(known, lines.map(|lines| lines.group));
        let one = teller.reach(key, object, &own, lines);
        reached.take(&one, &own);
        sink(one);
    }
    for wallet in wallets::joined(world, &people, &uses) {
        sink(wallet);
    }
    let mut open = Vec::new();
    for target in world.targets_of("aws-kms") {
        open.extend(world.listing(target.id, KEY).open());
        open.extend(world.missing(target.id, KEY).into_iter().map(|(_, why)| why));
    }
    reached.also(&open);
    vec![
        List::new(ADMINISTRATORS, Vec::new()),
        List::new(COMMON, Vec::new()),
        List::new(REACH, open),
        List::new(WALLET, Vec::new()),
    ]
}

/// All texts that controls give to checks: whoever is named there is judged by name.
fn named(declaration: &declaration::Declaration) -> BTreeSet<String> {
    fn texts(value: &serde_json::Value, all: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::String(text) => drop(all.insert(text.clone())),
            serde_json::Value::Array(list) => list.iter().for_each(|one| texts(one, all)),
            serde_json::Value::Object(members) => members.values().for_each(|one| texts(one, all)),
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    for used in declaration.controls.iter().flat_map(|control| &control.checks) {
        used.with.to_json().values().for_each(|value| texts(value, &mut all));
    }
    all
}

/// What a key refers to.
struct Lines<'g> {
    group: &'g Group,
    told: Rc<Vec<Told<'g>>>,
}

/// Entries that are told of a key in the place of all.
const FIRST: usize = 5;

/// Makes objects of answers.
struct Teller<'t, 'w, 'd> {
    world: &'w World<'d>,
    places: &'t HashMap<(&'t str, &'t str), &'w Object>,
    people: &'t People,
    /// What was asked of people, as most reach more than one key.
    about: RefCell<HashMap<Who, Rc<About>>>,
    listed: &'t BTreeMap<String, Listed>,
    /// Keys as the inventory is compared with them, by ARN.
    found: &'t BTreeMap<String, FoundKey>,
}

fn input(object: &Object) -> Input {
    Input::Object { target: object.target.to_string(), kind: object.kind.to_string(), id: object.id.to_string() }
}

impl Teller<'_, '_, '_> {
    fn administrators(&self, number: &str, entries: &[Entry], malformed: &[String]) -> Joined {
        let mut joined = Joined::new(ADMINISTRATORS, number);
        joined.part("account", number);
        let listed = self.listed.get(number);
        self.lists(number, &mut joined);
        let open = match listed {
            None => Some(Unread::unsaid(format!("no target reads users, groups and roles of account {number}"))),
            Some(_) if !malformed.is_empty() => Some(Unread::unsaid(malformed.join("; "))),
            Some(listed) => listed.open.clone(),
        };
        match (listed, &open) {
            (None, Some(why)) => joined.unread("entries", why),
            _ => self.entries(entries, &mut joined),
        }
        match &open {
            Some(why) => joined.unread("everyone", why),
            None => joined.part("everyone", true),
        }
        joined
    }

    /// Whether AWS keeps the key for one of its services.
    fn is_of_aws(&self, object: &Object) -> bool {
        self.world.part::<String>(object, "manager").whole().is_ok_and(|manager| manager == "AWS")
    }

    /// Those who reach several keys in one way.
    fn common(&self, group: &Group, lines: &[Told<'_>]) -> Joined {
        let mut joined = Joined::new(COMMON, group.id.as_str());
        joined.part("account", &group.account);
        joined.part("keys", group.keys.keys().collect::<Vec<_>>());
        let read = group.keys.keys().filter_map(|arn| self.places.get(&(KEY, arn.as_str())));
        joined.inputs.extend(read.map(|one| input(one)));
        self.lists(&group.account, &mut joined);
        self.rests_on(&group.entries, &mut joined);
        joined.part("entries", lines);
        joined
    }

    /// What is said of those at one of these keys.
    fn refers(&self, arn: &str, declared: &[DeclaredKey], lines: &Lines<'_>) -> Common {
        let except = lines.group.keys.get(arn).cloned().unwrap_or_default();
        let here: Vec<&Told<'_>> =
            lines.told.iter().filter(|one| except.binary_search(&one.entry.who).is_err()).collect();
        let holders: HashSet<&str> = declared.iter().flat_map(|key| &key.holders).map(String::as_str).collect();
        let among = |of: &dyn Fn(&Told<'_>) -> bool| {
            let all: Vec<&Told<'_>> = here.iter().copied().filter(|one| of(one)).collect();
            let of = |may: May| all.iter().filter(move |one| one.entry.may == may);
            let first = of(May::Yes).chain(of(May::Undetermined)).take(FIRST).map(|one| one.of_key(arn)).collect();
            Among { count: all.len(), first }
        };
        let mut who: Vec<&Who> = here.iter().map(|one| &one.entry.who).collect();
        who.dedup();
        Common {
            of: lines.group.id.clone(),
            people: who.len(),
            not_holders: among(&|one| {
                one.entry.who.kind != WhoKind::Group
                    && !one.about.holders.iter().any(|holder| holders.contains(holder.as_str()))
            }),
            users_without_mfa: among(&|one| one.entry.who.kind == WhoKind::User && !one.asks_for_mfa),
            do_everything: among(&|one| common::does_everything(one.entry)),
            except,
        }
    }

    fn reach(&self, key: &Key, object: &Object, entries: &[Entry], lines: Option<&Lines<'_>>) -> Joined {
        let mut joined = Joined::new(REACH, key.arn.as_str());
        joined.inputs.push(input(object));
        let account = account_of(&key.arn).unwrap_or_default();
        joined.part("account", account);
        self.lists(account, &mut joined);
        match self.world.part::<String>(object, "manager").whole() {
            Ok(manager) => joined.part("manager", manager),
            Err(why) => joined.unread("manager", &why),
        }
        let declared = self.declared(object, &mut joined);
        let common = lines.map(|lines| self.refers(&key.arn, &declared, lines));
        if let Some(common) = &common {
            let id = common.of.clone();
            let target = crate::JOINED.to_owned();
            joined.inputs.push(Input::Object { target, kind: COMMON.to_owned(), id });
        }
        joined.part("common", common);
        let of_copies = self.world.why(object, "multi_region").filter(|_| key.arn.contains(":key/mrk-"));
        match (&key.copies, &of_copies) {
            (Some(copies), _) => joined.part("copies", copies),
            (None, Some(why)) => joined.unread("copies", why),
            (None, None) => joined.part("copies", Vec::<String>::new()),
        }
        for copy in key.copies.iter().flatten() {
            joined.inputs.extend(self.places.get(&(KEY, copy.as_str())).map(|copy| input(copy)));
        }
        let of_key = ["policy", "grants"].into_iter().filter_map(|part| self.world.why(object, part));
        let missing = ["policy", "grants"]
            .into_iter()
            .filter_map(|part| self.world.part::<IgnoredAny>(object, part).why().cloned());
        match Unread::all(of_key.chain(missing).chain(of_copies)) {
            Some(why) => joined.unread("everyone", &why),
            None => joined.part("everyone", true),
        }
        self.entries(entries, &mut joined);
        joined
    }

    /// The lists that an absence of somebody rests on.
    fn lists(&self, account: &str, joined: &mut Joined) {
        for target in self.listed.get(account).into_iter().flat_map(|listed| &listed.targets) {
            for kind in [USER, GROUP, ROLE] {
                joined.inputs.push(Input::List { target: target.clone(), kind: kind.to_owned() });
            }
        }
    }

    /// Keys of the inventory that are this one: at any target that read it, by any of its names.
    fn here(&self, arn: &str) -> Vec<DeclaredKey> {
        let Some(found) = self.found.get(arn) else { return Vec::new() };
        let told = |key: &declaration::Key| DeclaredKey {
            id: key.id.as_str().to_owned(),
            holders: key.holders.iter().map(|holder| holder.as_str().to_owned()).collect(),
        };
        let bears = |place: &declaration::KeyPlace| found.names.contains_key(&place.key.value);
        self.kept_at(found).filter(|(_, place)| bears(place)).map(|(key, _)| told(key)).collect()
    }

    /// Keys of the inventory that are kept at the targets that read this one.
    fn kept_at(&self, found: &FoundKey) -> impl Iterator<Item = (&declaration::Key, &declaration::KeyPlace)> {
        let targets: BTreeSet<String> = found.targets().into_iter().map(str::to_owned).collect();
        let placed = self.world.declaration().keys.iter().filter_map(|key| Some((key, key.place.as_ref()?)));
        placed.filter(move |(_, place)| targets.contains(place.target.as_str()))
    }

    /// Says which keys of the inventory it is, as far as that is known.
    fn declared(&self, object: &Object, joined: &mut Joined) -> Vec<DeclaredKey> {
        let declared = self.here(&object.id);
        joined.inputs.extend(declared.iter().map(|key| Input::declared("declaration/key", &key.id)));
        let found = self.found.get(&*object.id);
        // An alias that was not read may be the name of one of these.
        let more = found.and_then(|found| Some((found, found.more_names.as_ref()?))).filter(|(found, _)| {
            let by_alias = |place: &declaration::KeyPlace| {
                place.key.value.contains("alias/") && !found.names.contains_key(&place.key.value)
            };
            declared.is_empty() || self.kept_at(found).any(|(_, place)| by_alias(place))
        });
        if let Some((_, why)) = more {
            joined.unread("declared", why);
        }
        if more.is_none() || !declared.is_empty() {
            joined.part("declared", &declared);
        }
        declared
    }

    /// What is known of somebody, asked once.
    fn about(&self, who: &Who) -> Rc<About> {
        if let Some(known) = self.about.borrow().get(who) {
            return Rc::clone(known);
        }
        let about = Rc::new(self.people.about(who));
        self.about.borrow_mut().insert(who.clone(), Rc::clone(&about));
        about
    }

    fn entries(&self, entries: &[Entry], joined: &mut Joined) {
        self.rests_on(entries, joined);
        joined.part("entries", self.lines(entries));
    }

    /// What these entries were computed from.
    fn rests_on(&self, entries: &[Entry], joined: &mut Joined) {
        // Thousands of entries rest on the same policies: each is named once.
        let mut named: HashSet<(&str, &str)> = HashSet::new();
        for entry in entries {
            for place in &entry.by {
                if named.insert((&place.kind, &place.id)) {
                    let read = self.places.get(&(place.kind.as_str(), place.id.as_str()));
                    joined.inputs.extend(read.map(|one| input(one)));
                }
                // What stands at other targets has its target in the name.
                let both = [Some(&entry.who), entry.becomes.as_ref()].into_iter().flatten();
                let elsewhere = both
                    .filter(|who| matches!(who.kind, WhoKind::ClusterSubject | WhoKind::Contributor))
                    .filter_map(|who| who.name.split_once(' '));
                for (target, _) in elsewhere {
                    joined.inputs.extend(self.world.object(target, &place.kind, &place.id).map(input));
                }
            }
            if let Some(number) = administered(&entry.who) {
                // Of an account that was not read nothing was said.
                let of = Input::Object {
                    target: crate::JOINED.to_owned(),
                    kind: ADMINISTRATORS.to_owned(),
                    id: number.to_owned(),
                };
                if joined.kind == REACH && self.listed.contains_key(number) {
                    joined.inputs.push(of);
                }
            }
            joined.inputs.extend(self.about(&entry.who).inputs.iter().cloned());
        }
    }

    fn lines<'e>(&self, entries: &'e [Entry]) -> Vec<Told<'e>> {
        let told = |entry: &'e Entry| {
            let asks_for_mfa = entry.conditions.iter().any(|one| asks_for_mfa(&one.words));
            Told { entry, about: self.about(&entry.who), asks_for_mfa }
        };
        entries.iter().map(told).collect()
    }
}

/// A [`Reacher`] as it is written: what many keys share is not copied for each.
#[derive(Debug)]
struct Told<'e> {
    entry: &'e Entry,
    about: Rc<About>,
    asks_for_mfa: bool,
}

impl Told<'_> {
    /// The same of one key.
    fn of_key(&self, arn: &str) -> Reacher {
        Reacher {
            entry: common::of_key(self.entry, arn),
            holders: self.about.holders.clone(),
            asks_for_mfa: self.asks_for_mfa,
            factors: self.about.factors.clone(),
        }
    }
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'w> {
            #[serde(flatten)]
            entry: &'w Entry,
            holders: &'w [String],
            asks_for_mfa: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            factors: Option<&'w Factors>,
        }
        let About { holders, factors, .. } = &*self.about;
        let Self { entry, asks_for_mfa, .. } = *self;
        Written { entry, holders, asks_for_mfa, factors: factors.as_ref() }.serialize(serializer)
    }
}

fn administered(who: &Who) -> Option<&str> {
    (who.kind == WhoKind::Administrators).then_some(who.name.as_str())
}
