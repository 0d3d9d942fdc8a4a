//! Others than the entity, declared and found: `joined/outside-party` is somebody who was found, `joined/third-party` somebody who is declared.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identities::{ACCESS_ENTRY, COLLABORATOR, ROLE};
use crate::joined::{Input, Join, Joined, JoinedKind, List, Sink};
use crate::parties::{
    APP, BUCKET, CLUSTER, Found, KEY, MEMBER_ACCOUNT, Name, OIDC, ORGANIZATION, SAML, Sighting, WEBHOOK, bare,
    could_show, find,
};
use crate::people::{Day, HOLDER, Holder};
use crate::unread::Unread;
use crate::world::World;

const OUTSIDE: &str = "joined/outside-party";
const PARTY: &str = "joined/third-party";
const DECLARED: &str = "declaration/third-party";
const EXCLUSION: &str = "declaration/exclusion";
const SYSTEM: &str = "declaration/system";

/// Sightings of one party that are told; the others are counted.
const TOLD: usize = 100;

/// Issuers that belong to a cloud: who declares the cloud need not declare them.
const ISSUERS: &[(&str, &str)] = &[("token.actions.githubusercontent.com", "github")];

pub(crate) const JOIN: Join = Join {
    kinds: || vec![JoinedKind::of::<OutsideFacts>(OUTSIDE), JoinedKind::of::<ThirdPartyFacts>(PARTY)],
    reads: &[
        (DECLARED, &["role", "threats", "certificate", "reviewed", "seen_as"]),
        (EXCLUSION, &["what", "reason", "approved_by", "seen_as"]),
        (HOLDER, &["identities", "left"]),
        (ROLE, &["trust_policy"]),
        (KEY, &["policy", "grants"]),
        (BUCKET, &["policy"]),
        (OIDC, &["settings"]),
        (SAML, &["name"]),
        (APP, &["app", "suspended"]),
        (WEBHOOK, &["url", "active"]),
        (COLLABORATOR, &[]),
        (ACCESS_ENTRY, &[]),
        (CLUSTER, &["version"]),
        (ORGANIZATION, &["id"]),
        (MEMBER_ACCOUNT, &["id"]),
    ],
    applies: |world| {
        let declared = world.declaration();
        let named = !declared.third_parties.is_empty() || declared.exclusions.iter().any(|one| one.seen_as.is_some());
        named || world.is_asked(OUTSIDE) || world.is_asked(PARTY)
    },
    run,
};

/// `joined/outside-party`: somebody else than the entity, found at a target; the id is kind and name, `account 999988887777`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct OutsideFacts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Name>,
    /// Where they are named: at most 100 places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Vec<Sighting>>,
    /// In how many places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places: Option<usize>,
    /// Whether one of the places lets them do something now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Whether one that does is understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sure: Option<bool>,
    /// How the declaration accounts for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// How many others were found, and how many of them nothing accounts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub among: Option<Among>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Standing {
    /// `third-party`, `exclusion`, `holder` (a declared person), `own` (an account of the entity's own organisation), `undeclared`.
    #[serde(rename = "as")]
    pub word: String,
    /// The id of what accounts for them.
    pub id: Option<String>,
    /// Of a third party.
    pub certificate: Option<Certificate>,
    /// Of a third party: the last review.
    pub reviewed: Option<Day>,
    /// Of an exclusion.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    pub standard: String,
    pub system: String,
    pub level: u32,
    pub expires: Day,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Among {
    pub found: usize,
    pub undeclared: usize,
}

/// `joined/third-party`: a declared third party, and which of its names were found.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ThirdPartyFacts {
    /// As declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its names at targets, as declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_as: Option<Vec<Name>>,
    /// Those of them that were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Vec<Name>>,
    /// Those that were not, and every place was looked through that could show them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Vec<Name>>,
    /// Those that no declared target could show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nowhere: Option<Vec<Name>>,
}

/// A third party as it is sealed.
#[derive(Clone, Debug, Deserialize)]
struct Party {
    #[serde(skip)]
    id: String,
    role: String,
    certificate: Option<Certificate>,
    reviewed: Option<Day>,
    #[serde(rename = "seen_as")]
    names: Vec<Name>,
}

impl Party {
    /// One that is called like a cloud is that cloud.
    fn called(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        let called = Name::new("cloud", id.to_lowercase());
        if ["aws", "github", "google"].contains(&called.name.as_str()) && !self.names.contains(&called) {
            self.names.push(called);
        }
        self
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Excluded {
    #[serde(skip)]
    id: String,
    reason: String,
    seen_as: Vec<Name>,
}

/// All that accounts for somebody.
struct Declared {
    parties: Vec<Party>,
    exclusions: Vec<Excluded>,
    /// Target, lower-case identity, id of the holder.
    people: BTreeMap<(String, String), String>,
    /// What is not of its form.
    unread: Vec<Unread>,
}

impl Declared {
    fn of(world: &World<'_>) -> Self {
        let mut all = Self { parties: Vec::new(), exclusions: Vec::new(), people: BTreeMap::new(), unread: Vec::new() };
        let wrong = |kind: &str, id: &str, problem: &serde_json::Error| {
            Unread::unsaid(format!("{kind} `{id}` is not of its form: {problem}"))
        };
        for object in world.objects(DECLARED) {
            match object.facts().and_then(serde_json::from_value::<Party>) {
                Ok(party) => all.parties.push(party.called(&object.id)),
                Err(problem) => all.unread.push(wrong(DECLARED, &object.id, &problem)),
            }
        }
        for object in world.objects(EXCLUSION) {
            match object.facts().and_then(serde_json::from_value::<Excluded>) {
                Ok(one) => all.exclusions.push(Excluded { id: object.id.to_string(), ..one }),
                Err(problem) => all.unread.push(wrong(EXCLUSION, &object.id, &problem)),
            }
        }
        for object in world.objects(HOLDER) {
            match Holder::of(object) {
                Ok(holder) => all.people.extend(
                    holder
                        .identities
                        .into_iter()
                        .map(|one| ((one.target, one.identity.to_lowercase()), object.id.to_string())),
                ),
                Err(problem) => all.unread.push(wrong(HOLDER, &object.id, &problem)),
            }
        }
        all
    }

    fn standing(&self, who: &Name, seen: &BTreeSet<Sighting>, found: &Found) -> (Standing, Option<Input>) {
        let none =
            Standing { word: "undeclared".to_owned(), id: None, certificate: None, reviewed: None, reason: None };
        if let Some(party) = self.parties.iter().find(|party| is_called(&party.names, who)) {
            let standing = Standing {
                word: "third-party".to_owned(),
                id: Some(party.id.clone()),
                certificate: party.certificate.clone(),
                reviewed: party.reviewed.clone(),
                ..none
            };
            return (standing, Some(Input::declared(DECLARED, &party.id)));
        }
        if let Some(one) = self.exclusions.iter().find(|one| is_called(&one.seen_as, who)) {
            let (id, reason) = (Some(one.id.clone()), Some(one.reason.clone()));
            let standing = Standing { word: "exclusion".to_owned(), id, reason, ..none };
            return (standing, Some(Input::declared(EXCLUSION, &one.id)));
        }
        let person = |sighting: &Sighting| self.people.get(&(sighting.target.clone(), who.name.to_lowercase()));
        if who.kind == "collaborator"
            && let Some(id) = seen.iter().find_map(person)
        {
            let standing = Standing { word: "holder".to_owned(), id: Some(id.clone()), ..none };
            return (standing, Some(Input::declared(HOLDER, id)));
        }
        if who.kind == "account"
            && let Some(input) = found.own_organization.get(&who.name)
        {
            return (Standing { word: "own".to_owned(), ..none }, Some(input.clone()));
        }
        (none, None)
    }
}

/// Whether one of these names is theirs.
fn is_called(names: &[Name], who: &Name) -> bool {
    let same = |name: &Name| {
        name.kind == who.kind
            && match who.kind.as_str() {
                "issuer" => bare(&name.name).eq_ignore_ascii_case(bare(&who.name)),
                "host" => {
                    let (declared, host) = (name.name.to_lowercase(), who.name.as_str());
                    match declared.strip_prefix("*.") {
                        Some(domain) => host.strip_suffix(domain).is_some_and(|below| below.ends_with('.')),
                        None => declared == host,
                    }
                }
                _ => name.name.eq_ignore_ascii_case(&who.name),
            }
    };
    let of_cloud = |name: &Name| {
        name.kind == "cloud"
            && who.kind == "issuer"
            && ISSUERS.iter().any(|(issuer, cloud)| who.name == *issuer && name.name.eq_ignore_ascii_case(cloud))
    };
    names.iter().any(|name| same(name) || of_cloud(name))
}

fn run(world: &World<'_>, sink: &mut Sink<'_>) -> Vec<List> {
    let found = find(world);
    let declared = Declared::of(world);
    let system = Input::declared(SYSTEM, world.declaration().system.id.as_str());
    let standings: Vec<(&Name, &BTreeSet<Sighting>, Standing, Option<Input>)> = found
        .by_name
        .iter()
        .map(|(who, seen)| {
            let (standing, input) = declared.standing(who, seen, &found);
            (who, seen, standing, input)
        })
        .collect();
    let undeclared = standings.iter().filter(|(_, _, standing, _)| standing.word == "undeclared").count();
    let among = Among { found: standings.len(), undeclared };
    let open = Unread::all(found.open.values().flatten().cloned());
    for (who, seen, standing, by) in standings {
        let mut party = Joined::new(OUTSIDE, format!("{} {}", who.kind, who.name));
        party.inputs.push(system.clone());
        party.inputs.extend(by);
        party.inputs.extend(seen.iter().filter_map(|one| {
            let resource = one.resource.as_ref()?;
            Some(Input::Object { target: one.target.clone(), kind: resource.kind.clone(), id: resource.id.clone() })
        }));
        let active: Vec<&Sighting> = seen.iter().filter(|one| one.active).collect();
        let sure = active.iter().any(|one| one.sure);
        party.part("who", who);
        party.part("seen", seen.iter().take(TOLD).collect::<Vec<_>>());
        party.part("places", seen.len());
        party.part("active", !active.is_empty());
        party.part("sure", sure);
        party.part("among", &among);
        if let Some(why) = Unread::all(found.open.get(who.kind.as_str()).into_iter().flatten().cloned()) {
            // More places would make no less of what is known.
            party.unread("seen", &why);
            party.unread("places", &why);
            if active.is_empty() {
                party.facts.remove("active");
                party.unread("active", &why);
            }
            if !sure {
                party.facts.remove("sure");
                party.unread("sure", &why);
            }
        }
        if let Some(why) = &open {
            party.facts.remove("among");
            party.unread("among", why);
        }
        let own = found.own_open.iter().filter(|_| matches!(who.kind.as_str(), "account" | "organization"));
        match Unread::all(declared.unread.iter().chain(own).cloned()).filter(|_| standing.word == "undeclared") {
            Some(why) => party.unread("standing", &why),
            None => party.part("standing", standing),
        }
        sink(party);
    }
    declared.parties.iter().for_each(|party| sink(third_party(world, party, &found)));
    vec![List::new(OUTSIDE, open.into_iter().collect()), List::new(PARTY, declared.unread)]
}

/// The kinds of names by which this one may be found.
fn kinds_of(name: &Name) -> impl Iterator<Item = &str> {
    let issues = name.kind == "cloud" && ISSUERS.iter().any(|(_, cloud)| name.name.eq_ignore_ascii_case(cloud));
    std::iter::once(name.kind.as_str()).chain(issues.then_some("issuer"))
}

fn third_party(world: &World<'_>, party: &Party, found: &Found) -> Joined {
    let mut one = Joined::new(PARTY, party.id.as_str());
    one.inputs.push(Input::declared(DECLARED, &party.id));
    one.inputs.extend(
        found.lists.iter().map(|(target, kind)| Input::List { target: target.clone(), kind: (*kind).to_owned() }),
    );
    let names = &party.names;
    let (mut seen, mut unseen, mut nowhere, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let its = std::slice::from_ref(name);
        if found.by_name.keys().any(|who| is_called(its, who)) {
            seen.push(name);
        } else if !could_show(world, &name.kind) {
            nowhere.push(name);
        } else if let Some(why) = Unread::all(kinds_of(name).flat_map(|kind| found.open.get(kind)).flatten().cloned()) {
            open.push(why);
        } else {
            unseen.push(name);
        }
    }
    one.part("role", &party.role);
    one.part("seen", seen);
    one.part("unseen", unseen);
    one.part("nowhere", nowhere);
    one.part("seen_as", names);
    if let Some(why) = Unread::all(open) {
        one.unread("seen", &why);
        one.unread("unseen", &why);
    }
    one
}
