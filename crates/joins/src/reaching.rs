//! Identities that may reach a key, and whose they are: `joined/reaching-identity`.

use std::collections::{BTreeMap, BTreeSet};

use iam_policy::{Effect, PolicyDocument, PrincipalKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identities::{ROLE, input};
use crate::joined::{Input, Join, Joined, JoinedKind, List, Sink};
use crate::people::{HOLDER, Holder};
use crate::unread::Unread;
use crate::world::{Object, World};

const IDENTITY: &str = "joined/reaching-identity";
const PERMISSIONS: &str = "aws-iam/permissions";

/// Powers of one identity that are told; the others are counted.
const TOLD: usize = 20;

pub(crate) const JOIN: Join = Join {
    kinds: || vec![JoinedKind::of::<IdentityFacts>(IDENTITY)],
    reads: &[
        (PERMISSIONS, &["principal", "administers", "keys"]),
        (ROLE, &["trust_policy"]),
        (HOLDER, &["identities"]),
    ],
    applies: |world| {
        let here = !world.declaration().key_holders.is_empty() && world.targets_of("aws-iam").next().is_some();
        here || world.is_asked(IDENTITY)
    },
    run,
};

/// `joined/reaching-identity`: a user or role that its account's policies let use, give away or end keys, or give itself the right to; the id is
/// its ARN, after target and blank where two targets are one account.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct IdentityFacts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `user` or `role`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it may: at most 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub powers: Option<Vec<Power>>,
    /// Whether it may for sure. Otherwise conditions decide that are not understood, or what was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sure: Option<bool>,
    /// Ids of the key holders who are declared to be it, or to have sessions of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners: Option<Vec<String>>,
    /// Who may be it: `person`, whoever has the credentials of a user; `workload`, services of AWS alone take on the role; `principals`, other
    /// identities that are looked at themselves; `elsewhere`, people of an identity provider, among others.
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

#[derive(Deserialize)]
struct Principal {
    arn: String,
    #[serde(rename = "type")]
    kind: String,
    of_service: bool,
}

/// By ARN, or by account and name of a role that sessions are declared of: who is declared to be it, at whichever target of the account.
#[derive(Default)]
struct Owners {
    by_arn: BTreeMap<String, BTreeSet<String>>,
    by_session: BTreeMap<(String, String), BTreeSet<String>>,
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
                            None => all.by_arn.entry(one.identity).or_default(),
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
}

fn run(world: &World<'_>, sink: &mut Sink<'_>) -> Vec<List> {
    let owners = Owners::of(world);
    let mut open: Vec<Unread> = Vec::new();
    for target in world.targets_of("aws-iam") {
        open.extend(world.listing(target.id, PERMISSIONS).open());
        open.extend(world.missing(target.id, PERMISSIONS).into_iter().map(|(_, why)| why));
    }
    let mut all: Vec<(Joined, bool)> = Vec::new();
    for object in world.objects(PERMISSIONS) {
        match world.part::<Principal>(object, "principal").whole() {
            // A service's own role: AWS writes its policies.
            Ok(principal) if principal.of_service => {}
            Ok(principal) => all.extend(identity(world, object, &principal, &owners)),
            Err(why) => open.push(why),
        }
    }
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
        if twice && let Some(target) = one.facts.get("target").and_then(serde_json::Value::as_str) {
            one.id = format!("{target} {}", one.id);
        }
        sink(one);
    }
    vec![List::new(IDENTITY, open.into_iter().collect())]
}

/// An identity that may reach a key, and whether it is a user who belongs to nobody.
fn identity(world: &World<'_>, object: &Object, principal: &Principal, owners: &Owners) -> Option<(Joined, bool)> {
    let parts = ["keys", "administers"].map(|part| world.part::<Vec<Power>>(object, part));
    let why = Unread::all(parts.iter().filter_map(|part| part.why().cloned()));
    let powers: Vec<Power> = parts.into_iter().filter_map(crate::unread::Part::known).flatten().collect();
    if powers.is_empty() && why.is_none() {
        return None;
    }
    let sure = powers.iter().any(|power| power.may == "yes");
    let mut one = Joined::new(IDENTITY, principal.arn.as_str());
    one.inputs.push(input(object));
    one.part("target", &*object.target);
    one.part("type", &principal.kind);
    one.part("powers", powers.iter().take(TOLD).collect::<Vec<_>>());
    if let Some(why) = &why {
        one.unread("powers", why);
    }
    match why.filter(|_| !sure) {
        Some(why) => one.unread("sure", &why),
        None => one.part("sure", sure),
    }
    let whose = owners.whose(&principal.arn);
    one.inputs.extend(whose.iter().map(|id| Input::declared(HOLDER, id)));
    match Unread::all(owners.unread.iter().cloned()) {
        Some(why) => one.unread("owners", &why),
        None => one.part("owners", &whose),
    }
    let is_user = principal.kind == "user";
    if is_user {
        one.part("taken_on_by", "person");
    } else {
        taken_on(world, &object.target, &principal.arn, &mut one);
    }
    Some((one, is_user && whose.is_empty()))
}

/// Who takes on a role, by its trust policy.
fn taken_on(world: &World<'_>, target: &str, arn: &str, one: &mut Joined) {
    let Some(role) = world.object(target, ROLE, arn) else {
        one.inputs.push(Input::List { target: target.to_owned(), kind: ROLE.to_owned() });
        one.unread("taken_on_by", &Unread::unsaid(format!("{ROLE} `{arn}` of target `{target}` is not there")));
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
