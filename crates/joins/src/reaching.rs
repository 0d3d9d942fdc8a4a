//! Identities that may reach a key, and whose they are: `joined/reaching-identity`.
//!
//! Two sources, of which each is enough: the policies of users and roles (`aws-iam/permissions`), whatever key that is, and who was found to reach
//! keys over all targets ([`crate::reach`]): by a key's own policy, by grants, by becoming somebody who may, from other accounts, clusters and
//! repositories.

use std::collections::{BTreeMap, BTreeSet};

use iam_policy::access::{Entry, Who, WhoKind};
use iam_policy::{Effect, May, PolicyDocument, PrincipalKind};
use model::record::GapReason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identities::{ROLE, input};
use crate::joined::{Input, Joined, List, Sink};
use crate::people::{HOLDER, Holder};
use crate::unread::Unread;
use crate::world::{Object, World};

pub(crate) const IDENTITY: &str = "joined/reaching-identity";
pub(crate) const PERMISSIONS: &str = "aws-iam/permissions";

/// Powers of one identity that are told, and ways of it; the others are not.
const TOLD: usize = 20;

pub(crate) fn applies(world: &World<'_>) -> bool {
    let here = !world.declaration().key_holders.is_empty() && world.targets_of("aws-iam").next().is_some();
    here || world.is_asked(IDENTITY)
}

/// `joined/reaching-identity`: an identity that may use, administer or end keys, or give itself the right to; the id is its ARN, after target and
/// blank where two targets are one account, or its name at a cluster or at GitHub after the target and a blank. The root user of an account is none
/// of them.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct IdentityFacts {
    /// The target that knows it; `null`: one of an account that no target reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Option<String>>,
    /// `user`, `role` or `account` of AWS, `cluster-subject`, `contributor` to a repository; `other`, in the words of a policy.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What the policies of its account let it do, whatever key that is: at most 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub powers: Option<Vec<Power>>,
    /// Keys that it was found to reach, and accounts of which it comes to be an administrator: at most 20. None where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ways: Option<Vec<KeyWay>>,
    /// Whether it may for sure. Otherwise conditions decide that are not understood, or what was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sure: Option<bool>,
    /// Ids of the key holders who are declared to be it, or to have sessions of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners: Option<Vec<String>>,
    /// Who may be it: `person`, whoever has its credentials; `workload`, services of AWS, or what runs in a cluster; `principals`, other identities
    /// that are looked at themselves; `elsewhere`, people of an identity provider, whoever has a deploy key, everyone of an account, among others;
    /// `third-party`, a declared one or what is excluded, or an App; `unread`, whom the trust policy of a role names that no target reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_on_by: Option<String>,
    /// How many such identities there are, and how many users of them belong to nobody who is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub among: Option<AmongIdentities>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Power {
    pub action: String,
    /// `yes` or `undetermined`.
    pub may: String,
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AmongIdentities {
    pub reaching: usize,
    pub users_of_nobody: usize,
}

/// How a key is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct KeyWay {
    /// The key's ARN; the number of an account that it comes to administer.
    pub key: String,
    /// `use`, `administer`, `destroy`; none where it comes to administer an account.
    pub does: Vec<String>,
    /// `yes` or `undetermined`.
    pub may: String,
    /// By what: `kms:Sign`, `sts:AssumeRole`.
    pub by: String,
    /// Whom it becomes by that; `null`: it acts on the key itself.
    pub becomes: Option<String>,
}

/// Who was found to reach keys, over all targets.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    by: BTreeMap<Who, Ways>,
    /// Why there may be more of them.
    open: Vec<Unread>,
}

#[derive(Debug, Default)]
struct Ways {
    sure: bool,
    told: Vec<KeyWay>,
    inputs: Vec<Input>,
}

/// Nobody by itself is a group, whose members are; what is taken on with a token; and the root user, who is each account's.
fn is_somebody(kind: WhoKind) -> bool {
    matches!(
        kind,
        WhoKind::User
            | WhoKind::Role
            | WhoKind::Account
            | WhoKind::Organization
            | WhoKind::ClusterSubject
            | WhoKind::Contributor
            | WhoKind::Other
    )
}

/// The word that a value has in a record.
fn word(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.as_ref().and_then(serde_json::Value::as_str).unwrap_or("other").to_owned()
}

impl Reached {
    /// Takes who reaches a key, or comes to administer an account, as it was sealed. Keys of AWS are nobody's to keep anything in.
    pub(crate) fn take(&mut self, joined: &Joined, entries: &[Entry]) {
        if joined.facts.get("manager").and_then(|fact| fact.as_str()) == Some("AWS") {
            return;
        }
        let said = self.open.len();
        let whole = joined.gaps.iter().filter(|gap| gap.part == "everyone");
        self.open.extend(whole.map(|gap| Unread {
            reason: gap.reason,
            text: gap.detail.clone(),
            gaps: gap.because.clone(),
        }));
        for entry in entries {
            match entry.who.kind {
                WhoKind::Anyone if self.open.len() == said => {
                    let words: Vec<&str> = entry.conditions.iter().map(|one| one.words.as_str()).collect();
                    let text = format!("anyone may reach {} `{}`: {}", joined.kind, joined.id, words.join("; "));
                    self.open.push(Unread { reason: GapReason::Unsupported, text, gaps: Vec::new() });
                }
                kind if is_somebody(kind) => self.way((joined.kind, &joined.id), entry),
                _ => {}
            }
        }
    }

    /// Takes who reaches several keys in one way, without going through them key by key: of each person as many are told as are told at all.
    /// `kind`: of the objects of these keys, which are given by their ids, each with whom it excepts.
    pub(crate) fn take_common(&mut self, kind: &str, keys: &[(&String, &Vec<Who>)], entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| is_somebody(entry.who.kind)) {
            let here = keys.iter().filter(|(_, except)| except.binary_search(&entry.who).is_err());
            here.take(TOLD).for_each(|(id, _)| self.way((kind, id), entry));
        }
    }

    /// Keys that were not listed may be reached by others.
    pub(crate) fn also(&mut self, open: &[Unread]) {
        self.open.extend_from_slice(open);
    }

    /// `kind` and `id`: the object that says it.
    fn way(&mut self, (kind, id): (&str, &str), entry: &Entry) {
        let ways = self.by.entry(entry.who.clone()).or_default();
        let sure = entry.may == May::Yes;
        // What is sure is told, whatever came before it.
        if ways.told.len() == TOLD && (ways.sure || !sure) {
            return;
        }
        if ways.told.len() == TOLD {
            ways.told.pop();
            ways.inputs.pop();
        }
        ways.sure |= sure;
        ways.told.push(KeyWay {
            key: id.to_owned(),
            does: entry.does.iter().map(word).collect(),
            may: word(entry.may),
            by: entry.action.clone(),
            becomes: entry.becomes.as_ref().map(|who| who.name.clone()),
        });
        let (kind, id) = (kind.to_owned(), id.to_owned());
        ways.inputs.push(Input::Object { target: crate::JOINED.to_owned(), kind, id });
    }
}

#[derive(Deserialize)]
struct Principal {
    arn: String,
    #[serde(rename = "type")]
    kind: String,
    of_service: bool,
}

/// By ARN, or by account and name of a role that sessions are declared of, or by target and name there: who is declared to be it. An ARN is the
/// same at whichever target of the account.
#[derive(Default)]
struct Owners {
    by_arn: BTreeMap<String, BTreeSet<String>>,
    by_session: BTreeMap<(String, String), BTreeSet<String>>,
    by_name: BTreeMap<String, BTreeSet<String>>,
    unread: Vec<Unread>,
}

impl Owners {
    fn of(world: &World<'_>) -> Self {
        let mut all = Self::default();
        for object in world.objects(HOLDER) {
            match Holder::of(object) {
                Ok(holder) => {
                    for one in holder.identities {
                        let session = one.identity.split_once(":assumed-role/");
                        let role = session.and_then(|(before, rest)| {
                            Some((before.rsplit(':').next()?.to_owned(), rest.split('/').next()?.to_owned()))
                        });
                        let owners = match role {
                            Some(role) => all.by_session.entry(role).or_default(),
                            None if one.identity.starts_with("arn:") => all.by_arn.entry(one.identity).or_default(),
                            None => {
                                let name = crate::identities::name_at(world, &one.target, &one.identity);
                                all.by_name.entry(name).or_default()
                            }
                        };
                        owners.insert(object.id.to_string());
                    }
                }
                Err(problem) => {
                    let text = format!("{HOLDER} `{}` is not of its form: {problem}", object.id);
                    all.unread.push(Unread::unsaid(text));
                }
            }
        }
        all
    }

    fn whose(&self, arn: &str) -> BTreeSet<String> {
        let by_arn = self.by_arn.get(arn).into_iter().flatten();
        let role = arn.split_once(":role/").and_then(|(before, rest)| {
            Some((before.rsplit(':').next()?.to_owned(), rest.rsplit('/').next()?.to_owned()))
        });
        let by_session = role.and_then(|role| self.by_session.get(&role)).into_iter().flatten();
        by_arn.chain(by_session).cloned().collect()
    }

    /// Whose an identity is that was found to reach a key.
    fn of_who(&self, who: &Who) -> BTreeSet<String> {
        match who.kind {
            WhoKind::Contributor => self.by_name.get(&who.name.to_lowercase()).cloned().unwrap_or_default(),
            WhoKind::ClusterSubject => self.by_name.get(&who.name).cloned().unwrap_or_default(),
            _ => self.whose(&who.name),
        }
    }
}

/// One of them, and whether it is a person's and belongs to nobody.
type Told = (Joined, bool);

/// Says of each whose it is.
pub(crate) fn identities(world: &World<'_>, reached: &Reached, sink: &mut Sink<'_>) -> List {
    let owners = Owners::of(world);
    let mut open: Vec<Unread> = reached.open.clone();
    for target in world.targets_of("aws-iam") {
        open.extend(world.listing(target.id, PERMISSIONS).open());
        open.extend(world.missing(target.id, PERMISSIONS).into_iter().map(|(_, why)| why));
    }
    let mut all: Vec<Told> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let by_arn: BTreeMap<&str, &Ways> = reached.by.iter().map(|(who, ways)| (who.name.as_str(), ways)).collect();
    for object in world.objects(PERMISSIONS) {
        match world.part::<Principal>(object, "principal").whole() {
            // A service's own role: AWS writes its policies.
            Ok(principal) if principal.of_service => {}
            Ok(principal) => {
                let ways = by_arn.get(principal.arn.as_str()).copied();
                all.extend(identity(world, object, &principal, &owners, ways));
                known.insert(principal.arn);
            }
            Err(why) => open.push(why),
        }
    }
    let rest = reached.by.iter().filter(|(who, _)| !known.contains(&who.name));
    let of_service = |who: &Who| who.kind == WhoKind::Role && who.name.contains(":role/aws-service-role/");
    all.extend(rest.filter(|(who, _)| !of_service(who)).map(|(who, ways)| found(world, who, ways, &owners)));
    let arns: BTreeSet<&str> = all.iter().map(|(one, _)| one.id.as_str()).collect();
    let twice = arns.len() != all.len();
    let among = AmongIdentities {
        reaching: all.len(),
        users_of_nobody: all.iter().filter(|(_, of_nobody)| *of_nobody).count(),
    };
    let open = Unread::all(open);
    for (mut one, _) in all {
        match &open {
            None => one.part("among", &among),
            Some(why) => one.unread("among", why),
        }
        if twice
            && one.id.starts_with("arn:")
            && let Some(target) = one.facts.get("target").and_then(|fact| fact.as_str())
        {
            one.id = format!("{target} {}", one.id);
        }
        sink(one);
    }
    List::new(IDENTITY, open.into_iter().collect())
}

/// An identity that may reach a key by the policies of its account, or was found to.
fn identity(
    world: &World<'_>,
    object: &Object,
    principal: &Principal,
    owners: &Owners,
    ways: Option<&Ways>,
) -> Option<Told> {
    let parts = ["keys", "administers"].map(|part| world.part::<Vec<Power>>(object, part));
    let why = Unread::all(parts.iter().filter_map(|part| part.why().cloned()));
    let powers: Vec<Power> = parts.into_iter().filter_map(crate::unread::Part::known).flatten().collect();
    if powers.is_empty() && why.is_none() && ways.is_none() {
        return None;
    }
    let sure = powers.iter().any(|power| power.may == "yes") || ways.is_some_and(|ways| ways.sure);
    let mut one = Joined::new(IDENTITY, principal.arn.as_str());
    one.inputs.push(input(object));
    one.part("target", &*object.target);
    one.part("type", &principal.kind);
    one.part("powers", powers.iter().take(TOLD).collect::<Vec<_>>());
    if let Some(why) = &why {
        one.unread("powers", why);
    }
    tell(&mut one, ways);
    match why.filter(|_| !sure) {
        Some(why) => one.unread("sure", &why),
        None => one.part("sure", sure),
    }
    let whose = owners.whose(&principal.arn);
    belongs(&mut one, &whose, owners);
    let is_user = principal.kind == "user";
    if is_user {
        one.part("taken_on_by", "person");
    } else {
        taken_on(world, &object.target, &principal.arn, &mut one);
    }
    Some((one, is_user && whose.is_empty()))
}

/// An identity that was found to reach a key, and has no right to any by policies of its own, or of which they were not read.
fn found(world: &World<'_>, who: &Who, ways: &Ways, owners: &Owners) -> Told {
    let mut one = Joined::new(IDENTITY, who.name.as_str());
    let object = world.objects(ROLE).iter().find(|object| who.kind == WhoKind::Role && *object.id == who.name);
    let account = account_of(who);
    let at_account = || {
        let of_account = |target: &&crate::world::Target<'_>| target.setting("account") == account;
        account.and_then(|_| world.targets_of("aws-iam").find(of_account)).map(|target| target.id)
    };
    let target = match who.kind {
        WhoKind::ClusterSubject | WhoKind::Contributor => who.name.split_once(' ').map(|(target, _)| target),
        _ => object.map(|object| &*object.target).or_else(at_account),
    };
    one.part("target", target);
    one.part("type", word(who.kind));
    one.part("powers", Vec::<Power>::new());
    tell(&mut one, Some(ways));
    one.part("sure", ways.sure);
    let whose = owners.of_who(who);
    belongs(&mut one, &whose, owners);
    match (who.kind, target) {
        // One that the target of its account did not read may be anybody's, or a service's alone.
        (WhoKind::Role, Some(target)) => taken_on(world, target, &who.name, &mut one),
        _ => {
            let party = account_of(who).filter(|_| target.is_none()).and_then(|account| declared_as(world, account));
            one.part("taken_on_by", if party.is_some() { "third-party" } else { by_whom(who) });
            one.inputs.extend(party);
        }
    }
    let is_person = one.facts.get("taken_on_by").and_then(|fact| fact.as_str()) == Some("person");
    (one, is_person && whose.is_empty())
}

fn tell(one: &mut Joined, ways: Option<&Ways>) {
    one.part("ways", ways.map(|ways| ways.told.as_slice()).unwrap_or_default());
    one.inputs.extend(ways.into_iter().flat_map(|ways| ways.inputs.iter().cloned()));
}

fn belongs(one: &mut Joined, whose: &BTreeSet<String>, owners: &Owners) {
    one.inputs.extend(whose.iter().map(|id| Input::declared(HOLDER, id)));
    match Unread::all(owners.unread.iter().cloned()) {
        Some(why) => one.unread("owners", &why),
        None => one.part("owners", whose),
    }
}

/// The account that somebody is in, or is.
fn account_of(who: &Who) -> Option<&str> {
    match who.kind {
        WhoKind::Account => Some(who.name.as_str()),
        WhoKind::User | WhoKind::Role => who.name.split(':').nth(4).filter(|account| !account.is_empty()),
        _ => None,
    }
}

/// The third party or exclusion that an account is declared to be.
fn declared_as(world: &World<'_>, account: &str) -> Option<Input> {
    let named = |names: &Option<declaration::SeenAs>| {
        names.iter().flat_map(|names| &names.accounts).any(|one| one.value == account)
    };
    let declaration = world.declaration();
    let party = declaration.third_parties.iter().find(|party| named(&party.seen_as));
    let party = party.map(|party| Input::declared("declaration/third-party", party.id.as_str()));
    party.or_else(|| {
        let excluded = declaration.exclusions.iter().find(|one| named(&one.seen_as))?;
        Some(Input::declared("declaration/exclusion", excluded.id.as_str()))
    })
}

/// Who may be somebody of whom no trust policy was read.
fn by_whom(who: &Who) -> &'static str {
    let name = who.name.split_once(' ').map_or(who.name.as_str(), |(_, name)| name);
    match who.kind {
        WhoKind::User => "person",
        WhoKind::Role => "unread",
        WhoKind::ClusterSubject => match name.split_once('/') {
            // Kubernetes keeps this beginning for its own, and the cluster alone knows who comes with it.
            Some(("User", name)) if !name.starts_with("system:") => "person",
            Some(("ServiceAccount", _)) => "workload",
            _ => "elsewhere",
        },
        // A login has no blanks.
        WhoKind::Contributor if !name.contains(' ') => "person",
        WhoKind::Contributor if name.starts_with("app ") => "third-party",
        _ => "elsewhere",
    }
}

/// Who takes on a role, by its trust policy.
fn taken_on(world: &World<'_>, target: &str, arn: &str, one: &mut Joined) {
    let Some(role) = world.object(target, ROLE, arn) else {
        one.inputs.push(Input::List { target: target.to_owned(), kind: ROLE.to_owned() });
        let missing = world.missing(target, ROLE).into_iter().filter(|(id, _)| *id == arn).map(|(_, why)| why);
        let why = Unread::all(missing).or_else(|| world.listing(target, ROLE).open());
        let unsaid = || Unread::unsaid(format!("{ROLE} `{arn}` of target `{target}` is not there"));
        one.unread("taken_on_by", &why.unwrap_or_else(unsaid));
        return;
    };
    one.inputs.push(input(role));
    match world.part::<PolicyDocument>(role, "trust_policy").whole() {
        Ok(policy) => {
            let allowing = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
            let mut word = "workload";
            for statement in allowing {
                for let_in in statement.lets_in.iter().flatten().filter(|one| one.nobody.is_none()) {
                    let principals = statement.principals.as_deref().unwrap_or_default();
                    match let_in.principal.and_then(|at| principals.get(at)).map(|principal| principal.kind) {
                        Some(PrincipalKind::Service) => {}
                        Some(PrincipalKind::Aws) if word != "elsewhere" => word = "principals",
                        Some(PrincipalKind::Aws) => {}
                        _ => word = "elsewhere",
                    }
                }
            }
            one.part("taken_on_by", word);
        }
        Err(why) => one.unread("taken_on_by", &why),
    }
}
