//! Declared people, and who they are at the targets: `joined/person`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identities::{ACCESS_ENTRY, ACCOUNT, COLLABORATOR, MEMBER, ROLE, SUBJECT, Seen, TOKEN, USER, Way, look_up};
use crate::joined::{Input, Join, Joined, JoinedKind, List, Sink};
use crate::unread::Unread;
use crate::world::{Object, World};

const PERSON: &str = "joined/person";
/// What is declared of a person.
pub(crate) const HOLDER: &str = "declaration/holder";

pub(crate) const JOIN: Join = Join {
    kinds: || vec![JoinedKind::of::<PersonFacts>(PERSON)],
    reads: &[
        (HOLDER, HOLDER_PARTS),
        (USER, &["login_profile", "mfa_devices", "access_keys"]),
        (ROLE, &["trust_policy"]),
        (ACCOUNT, &["summary", "root_virtual_mfa_devices"]),
        (MEMBER, &["two_factor"]),
        (COLLABORATOR, &["two_factor"]),
        (SUBJECT, &[]),
        (ACCESS_ENTRY, &[]),
        (TOKEN, &["protected_authentication_path"]),
    ],
    applies: |world| !world.declaration().key_holders.is_empty() || world.is_asked(PERSON),
    run,
};

const HOLDER_PARTS: &[&str] = &["identities", "keys", "roles", "acknowledged", "trained", "training_due", "left"];

/// `joined/person`: a declared holder, with each of their identities as it is at its target.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct PersonFacts {
    /// Declared keys that name the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Declared roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Option<Day>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trained: Option<Option<Day>>,
    /// The last day on which training is due again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_due: Option<Option<Day>>,
    /// The last day on which they had any duty; `null`: they are still here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Option<Day>>,
    /// All identities that are declared, each once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identities: Option<Vec<Identity>>,
    /// Those of them that exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Vec<FoundIdentity>>,
    /// Those that do not: everything was listed where they should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<Vec<Said>>,
    /// Those of which the target cannot tell whether they are this person's, found or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Vec<Said>>,
    /// Every way to sign in as one of those that exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ways: Option<Vec<Way>>,
}

/// A declared date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    pub date: String,
    /// Its first second in UTC, in seconds since 1970.
    pub epoch: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    pub target: String,
    /// As declared.
    pub identity: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FoundIdentity {
    pub target: String,
    pub identity: String,
    /// What it is there: `aws-iam/user`.
    pub kind: String,
    /// Whether several people may be it: a role, a group, the PIN of a token.
    pub shared: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Said {
    pub target: String,
    pub identity: String,
    pub because: String,
}

/// What is declared of a person, as it is sealed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Holder {
    pub identities: Vec<Identity>,
    keys: Vec<String>,
    roles: Vec<String>,
    acknowledged: Option<Day>,
    trained: Option<Day>,
    training_due: Option<Day>,
    pub left: Option<Day>,
}

impl Holder {
    pub(crate) fn of(object: &Object) -> serde_json::Result<Self> {
        object.facts().and_then(serde_json::from_value)
    }
}

fn run(world: &World<'_>, sink: &mut Sink<'_>) -> Vec<List> {
    for object in world.objects(HOLDER) {
        let mut person = Joined::new(PERSON, &*object.id);
        person.inputs.push(Input::declared(HOLDER, &object.id));
        match Holder::of(object) {
            Ok(holder) => join(world, &holder, &mut person),
            Err(problem) => {
                let why = Unread::unsaid(format!("what is declared of `{}` is not of its form: {problem}", object.id));
                for part in HOLDER_PARTS.iter().chain(&["found", "absent", "elsewhere", "ways"]) {
                    person.unread(part, &why);
                }
            }
        }
        sink(person);
    }
    vec![List::new(PERSON, Vec::new())]
}

fn join(world: &World<'_>, holder: &Holder, person: &mut Joined) {
    person.part("keys", &holder.keys);
    person.part("roles", &holder.roles);
    person.part("acknowledged", &holder.acknowledged);
    person.part("trained", &holder.trained);
    person.part("training_due", &holder.training_due);
    person.part("left", &holder.left);
    let declared: BTreeSet<&Identity> = holder.identities.iter().collect();
    person.part("identities", &declared);
    let (mut found, mut absent, mut elsewhere, mut ways) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut not_looked, mut not_seen) = (Vec::new(), Vec::new());
    for Identity { target, identity } in declared {
        let said = |because| Said { target: target.clone(), identity: identity.clone(), because };
        let (seen, inputs) = look_up(world, target, identity);
        person.inputs.extend(inputs);
        match seen {
            Seen::Found(one) => {
                let (kind, shared) = (one.kind.to_owned(), one.shared);
                found.push(FoundIdentity { target: target.clone(), identity: identity.clone(), kind, shared });
                elsewhere.extend(one.elsewhere.map(said));
                ways.extend(one.ways);
                not_seen.extend(one.unread);
            }
            Seen::Absent(because) => absent.push(said(because)),
            Seen::Elsewhere(because) => elsewhere.push(said(because)),
            Seen::Unread(why) => not_looked.push(why),
        }
    }
    person.part("found", found);
    person.part("absent", absent);
    person.part("elsewhere", elsewhere);
    person.part("ways", ways);
    if let Some(why) = Unread::all(not_looked.iter().cloned()) {
        person.unread("found", &why);
        person.unread("absent", &why);
    }
    if let Some(why) = Unread::all(not_looked.into_iter().chain(not_seen)) {
        person.unread("elsewhere", &why);
        person.unread("ways", &why);
    }
}
