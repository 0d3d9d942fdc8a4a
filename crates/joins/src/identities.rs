//! Where an identity that is declared for a person is, and with which factors somebody signs in as it.

use iam_policy::{Condition, Effect, PolicyDocument, PrincipalKind, Statement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::joined::Input;
use crate::unread::{Part, Unread};
use crate::world::{Object, World};

pub(crate) const USER: &str = "aws-iam/user";
pub(crate) const ROLE: &str = "aws-iam/role";
pub(crate) const ACCOUNT: &str = "aws-iam/account";
pub(crate) const MEMBER: &str = "github/member";
pub(crate) const COLLABORATOR: &str = "github/outside-collaborator";
pub(crate) const SUBJECT: &str = "kubernetes-rbac/subject";
pub(crate) const ACCESS_ENTRY: &str = "kubernetes-rbac/access-entry";
pub(crate) const TOKEN: &str = "pkcs11/token";

/// A way to sign in as an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Way {
    pub target: String,
    /// As declared.
    pub identity: String,
    /// `password`, `access-key`, `login` (at GitHub), `pin`, `provider` (somebody else asks who they are).
    pub by: String,
    /// Kinds of the second factor that is asked for, any one of which is enough: `hardware`, `passkey`, `totp`, `sms`; `secure`: GitHub says that
    /// it is none by SMS, and not which; `mfa`: AWS or a policy asks for one, and does not say which. Empty: none is asked for. `null`: it
    /// cannot be seen there.
    pub second: Option<Vec<String>>,
    /// What that is, in words.
    pub because: String,
}

/// What came of looking for an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Found(Found),
    /// Everything was listed, and it is not there.
    Absent(String),
    /// The target does not know it, or not alone: who it is is decided elsewhere.
    Elsewhere(String),
    Unread(Unread),
}

/// An identity that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The kind of resource that it is.
    pub kind: &'static str,
    /// Whether several people may be it: a role, a group, the PIN of a token.
    pub shared: bool,
    pub ways: Vec<Way>,
    /// Why there may be more ways, or weaker ones.
    pub unread: Vec<Unread>,
    /// Where it says no more than that somebody may be this person.
    pub elsewhere: Option<String>,
}

/// Looks for an identity as it is declared at a target. The inputs are what the answer was computed from.
pub(crate) fn look_up(world: &World<'_>, target: &str, identity: &str) -> (Seen, Vec<Input>) {
    let place = Place { world, target, identity };
    let reads = |collector: &str| world.target(target).is_some_and(|declared| declared.is_read_by(collector));
    if reads("aws-iam") {
        place.aws()
    } else if reads("github") {
        place.github()
    } else if reads("kubernetes-rbac") {
        place.kubernetes()
    } else if reads("pkcs11") {
        place.token()
    } else {
        let why = format!("nothing that reads the target `{target}` lists identities");
        (Seen::Elsewhere(why), Vec::new())
    }
}

/// An identity at a target.
#[derive(Clone, Copy)]
struct Place<'w, 'd> {
    world: &'w World<'d>,
    target: &'w str,
    identity: &'w str,
}

/// Whether something is there.
enum Presence<'w> {
    There(&'w Object),
    /// It was listed, and nothing more of it was read.
    Named(Unread),
    Absent,
    Unread(Unread),
}

impl<'w> Place<'w, '_> {
    fn list(&self, kind: &str) -> Input {
        Input::List { target: self.target.to_owned(), kind: kind.to_owned() }
    }

    fn presence(&self, kind: &str, is_it: impl Fn(&str) -> bool) -> Presence<'w> {
        let mut here = self.world.objects(kind).iter().filter(|object| *object.target == *self.target);
        if let Some(object) = here.find(|object| is_it(&object.id)) {
            return Presence::There(object);
        }
        let named = self.world.missing(self.target, kind).into_iter().find(|(id, _)| is_it(id));
        match (named, self.world.listing(self.target, kind).open()) {
            (Some((_, why)), _) => Presence::Named(why),
            (None, None) => Presence::Absent,
            (None, Some(why)) => Presence::Unread(why),
        }
    }

    /// The answer about what is of one kind.
    fn of_kind(
        &self,
        kind: &'static str,
        shared: bool,
        is_it: impl Fn(&str) -> bool,
        absent: impl FnOnce() -> Seen,
        ways: impl FnOnce(&Object, &mut Found),
    ) -> (Seen, Vec<Input>) {
        let mut found = Found { kind, shared, ways: Vec::new(), unread: Vec::new(), elsewhere: None };
        match self.presence(kind, is_it) {
            Presence::There(object) => {
                ways(object, &mut found);
                (Seen::Found(found), vec![input(object)])
            }
            Presence::Named(why) => {
                found.unread.push(why);
                (Seen::Found(found), vec![self.list(kind)])
            }
            Presence::Absent => (absent(), vec![self.list(kind)]),
            Presence::Unread(why) => (Seen::Unread(why), vec![self.list(kind)]),
        }
    }

    fn way(&self, by: &str, second: Option<Vec<&str>>, because: String) -> Way {
        let second = second.map(|kinds| {
            let mut kinds: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        });
        Way { target: self.target.to_owned(), identity: self.identity.to_owned(), by: by.to_owned(), second, because }
    }

    fn aws(&self) -> (Seen, Vec<Input>) {
        let identity = self.identity;
        let mut fields = identity.splitn(6, ':').skip(2);
        let (service, _, _, resource) = (fields.next(), fields.next(), fields.next(), fields.next());
        let same = |id: &str| id == identity;
        let absent = |what: &str| Seen::Absent(format!("no {what} here has this ARN"));
        match (service, resource) {
            (Some("iam"), Some("root")) => {
                self.of_kind(ACCOUNT, true, same, || absent("account"), |object, found| self.root(object, found))
            }
            (Some("iam"), Some(resource)) if resource.starts_with("user/") => {
                self.of_kind(USER, false, same, || absent("user"), |object, found| self.user(object, found))
            }
            (Some("iam"), Some(resource)) if resource.starts_with("role/") => {
                self.of_kind(ROLE, true, same, || absent("role"), |object, found| self.role(object, found))
            }
            (Some("sts"), Some(resource)) if resource.starts_with("assumed-role/") => {
                // `assumed-role/NAME/SESSION`: the name has no path.
                let name = resource.split('/').nth(1).unwrap_or_default();
                let is_it = |id: &str| id.rsplit('/').next() == Some(name);
                let absent = || Seen::Absent(format!("no role here has the name `{name}`"));
                self.of_kind(ROLE, true, is_it, absent, |object, found| self.role(object, found))
            }
            _ => {
                let why = "it is the ARN of no user, no role and no session of a role: it lives elsewhere".to_owned();
                (Seen::Elsewhere(why), Vec::new())
            }
        }
    }

    fn user(&self, object: &Object, found: &mut Found) {
        #[derive(Deserialize)]
        struct Login {
            exists: bool,
        }
        #[derive(Deserialize)]
        struct Key {
            id: String,
            active: bool,
        }
        match self.world.part::<Login>(object, "login_profile").whole() {
            Ok(login) if login.exists => match self.world.part::<Vec<Device>>(object, "mfa_devices").whole() {
                Ok(devices) => {
                    let kinds: Vec<&str> = devices.iter().map(Device::word).collect();
                    let because = match kinds.is_empty() {
                        true => "a password alone signs in".to_owned(),
                        false => format!("a password and any one of {} signs in", listed(&kinds)),
                    };
                    found.ways.push(self.way("password", Some(kinds), because));
                }
                Err(why) => found.unread.push(why),
            },
            Ok(_) => {}
            Err(why) => found.unread.push(why),
        }
        let keys = self.world.part::<Vec<Key>>(object, "access_keys");
        found.unread.extend(keys.why().cloned());
        for key in keys.known().into_iter().flatten().filter(|key| key.active) {
            found.ways.push(self.access_key(&key.id));
        }
    }

    fn access_key(&self, id: &str) -> Way {
        let because = format!(
            "the access key {id} is one factor, and only a policy can ask for a second one \
             (`aws-iam/mfa-is-enforced-by-policy`)"
        );
        self.way("access-key", None, because)
    }

    fn root(&self, object: &Object, found: &mut Found) {
        #[derive(Deserialize)]
        struct Summary {
            root_mfa_enabled: bool,
            root_access_keys_present: bool,
            root_password_present: Option<bool>,
        }
        let summary = match self.world.part::<Summary>(object, "summary") {
            Part::Whole(summary) => summary,
            Part::Some(_, why) | Part::Missing(why) => return found.unread.push(why),
        };
        if summary.root_password_present != Some(false) {
            if summary.root_mfa_enabled {
                let devices = self.world.part::<Vec<Device>>(object, "root_virtual_mfa_devices");
                found.unread.extend(devices.why().cloned());
                let devices = devices.known();
                let mut kinds: Vec<&str> = devices.iter().flatten().map(Device::word).collect();
                // AWS lists the virtual ones only.
                kinds.push("mfa");
                let because = "the root user's password and a registered device sign in".to_owned();
                found.ways.push(self.way("password", Some(kinds), because));
            } else {
                let because = "the root user's password alone signs in".to_owned();
                found.ways.push(self.way("password", Some(Vec::new()), because));
            }
        }
        if summary.root_access_keys_present {
            found.ways.push(self.access_key("of the root user"));
        }
    }

    fn role(&self, object: &Object, found: &mut Found) {
        if object.id.contains("/aws-reserved/sso.amazonaws.com/") {
            let why = "its people live in IAM Identity Center, which says who they are and asks for their factors";
            found.elsewhere = Some(why.to_owned());
            found.ways.push(self.way("provider", None, why.to_owned()));
            return;
        }
        let policy = match self.world.part::<PolicyDocument>(object, "trust_policy").whole() {
            Ok(policy) => policy,
            Err(why) => return found.unread.push(why),
        };
        let mut doors = Vec::new();
        for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
            let demanded = statement.conditions.iter().any(demands_mfa);
            for who in lets_in(statement) {
                doors.push(who.clone());
                found.ways.push(match demanded {
                    true => {
                        let because = format!("the role asks {who} for a second factor when it is assumed");
                        self.way("provider", Some(vec!["mfa"]), because)
                    }
                    false => {
                        let because = format!("{who} may assume the role: the factors are asked for there");
                        self.way("provider", None, because)
                    }
                });
            }
        }
        doors.sort_unstable();
        doors.dedup();
        if !doors.is_empty() {
            found.elsewhere =
                Some(format!("who assumes the role is decided by its trust policy: {}", doors.join(", ")));
        }
    }

    fn github(&self) -> (Seen, Vec<Input>) {
        let same = |id: &str| id.eq_ignore_ascii_case(self.identity);
        let absent = || Seen::Absent("no member and no outside collaborator has this login".to_owned());
        let (as_member, mut inputs) =
            self.of_kind(MEMBER, false, same, absent, |object, found| self.login(object, found));
        if matches!(as_member, Seen::Found(_)) {
            return (as_member, inputs);
        }
        let (as_other, more) =
            self.of_kind(COLLABORATOR, false, same, absent, |object, found| self.login(object, found));
        inputs.extend(more);
        let seen = match (as_member, as_other) {
            (_, found @ Seen::Found(_)) => found,
            (Seen::Unread(one), Seen::Unread(other)) => Seen::Unread(Unread::all([one.clone(), other]).unwrap_or(one)),
            (Seen::Unread(why), _) | (_, Seen::Unread(why)) => Seen::Unread(why),
            (absent, _) => absent,
        };
        (seen, inputs)
    }

    fn login(&self, object: &Object, found: &mut Found) {
        match self.world.part::<String>(object, "two_factor").whole() {
            Ok(state) => {
                let (kinds, because) = match state.as_str() {
                    "disabled" => (Vec::new(), "a password alone signs in".to_owned()),
                    "insecure" => (vec!["sms"], "a password and a code by SMS sign in".to_owned()),
                    _ => (vec!["secure"], "a second factor is asked for that GitHub calls secure".to_owned()),
                };
                found.ways.push(self.way("login", Some(kinds), because));
            }
            Err(why) => found.unread.push(why),
        }
    }

    fn kubernetes(&self) -> (Seen, Vec<Input>) {
        if self.identity.starts_with("arn:") {
            let same = |id: &str| id == self.identity;
            let absent = || Seen::Absent("no access entry names this principal".to_owned());
            return self.of_kind(ACCESS_ENTRY, false, same, absent, |_, found| {
                let why = "who signs in as this principal is decided in its account";
                found.ways.push(self.way("provider", None, why.to_owned()));
            });
        }
        let Some((kind, name)) = self.identity.split_once([':', '/']) else {
            let why =
                "it is written neither as `User:NAME`, `Group:NAME` or `ServiceAccount:NAMESPACE/NAME` nor as an ARN";
            return (Seen::Elsewhere(why.to_owned()), Vec::new());
        };
        let id = format!("{kind}/{name}");
        let of_cluster = kind == "ServiceAccount";
        let absent = || {
            match of_cluster {
            true => Seen::Absent("there is no such service account".to_owned()),
            // A cluster has no list of its users.
            false => Seen::Elsewhere(
                "no binding names it, and a cluster does not list its users: who they are is decided where they sign in"
                    .to_owned(),
            ),
        }
        };
        self.of_kind(
            SUBJECT,
            kind != "User",
            |one| one == id,
            absent,
            |_, found| {
                let why = match of_cluster {
                    true => "whoever has a token of the service account is it",
                    false => "who that is, and with which factors, is decided where the cluster lets people sign in",
                };
                found.ways.push(self.way("provider", None, why.to_owned()));
                if kind == "Group" {
                    found.elsewhere =
                        Some("who is in the group is decided where the cluster lets people sign in".to_owned());
                }
            },
        )
    }

    /// A login at a token: `user` or `so`, of whichever token it is; or with its serial number, `user@a1b2`.
    fn token(&self) -> (Seen, Vec<Input>) {
        let (login, serial) = self.identity.split_once('@').unwrap_or((self.identity, ""));
        if !matches!(login, "user" | "so") {
            let why = "a token knows nobody but `user` and `so`: write `user`, or `user@SERIAL`".to_owned();
            return (Seen::Elsewhere(why), Vec::new());
        }
        let is_it = |id: &str| serial.is_empty() || id == serial;
        let absent = || Seen::Absent("there is no such token".to_owned());
        self.of_kind(TOKEN, true, is_it, absent, |object, found| {
            let pad = self.world.part::<bool>(object, "protected_authentication_path").known() == Some(true);
            let why = match pad {
                true => "a PIN is entered at the device itself, and who else knows it cannot be seen",
                false => "a PIN is enough for who reaches the device, and whether they have to hold it cannot be seen",
            };
            found.ways.push(self.way("pin", None, why.to_owned()));
            found.elsewhere = Some("whoever knows the PIN is it".to_owned());
        })
    }
}

/// A registered device.
#[derive(Deserialize)]
struct Device {
    #[serde(rename = "type")]
    kind: String,
}

impl Device {
    fn word(&self) -> &str {
        match self.kind.as_str() {
            "virtual" => "totp",
            other => other,
        }
    }
}

/// Those whom a statement of a trust policy names, in words; services are nobody.
fn lets_in(statement: &Statement) -> Vec<String> {
    let parties = statement.lets_in.iter().flatten().filter(|one| one.nobody.is_none());
    let principals = statement.principals.as_deref().unwrap_or_default();
    parties
        .filter_map(|one| match one.principal.and_then(|at| principals.get(at)) {
            Some(principal) if principal.kind == PrincipalKind::Service => None,
            Some(principal) => Some(format!("`{}`", principal.value)),
            None => Some("everyone but some".to_owned()),
        })
        .collect()
}

/// `Bool aws:MultiFactorAuthPresent true`. With `IfExists` it lets in those who come without.
fn demands_mfa(condition: &Condition) -> bool {
    condition.key == "aws:multifactorauthpresent"
        && condition.base == "bool"
        && !condition.if_exists
        && condition.values.iter().all(|value| value.eq_ignore_ascii_case("true"))
}

fn listed(words: &[&str]) -> String {
    let mut words = words.to_vec();
    words.sort_unstable();
    words.dedup();
    words.join(", ")
}

/// An object as an input.
pub(crate) fn input(object: &Object) -> Input {
    Input::Object { target: object.target.to_string(), kind: object.kind.to_string(), id: object.id.to_string() }
}

/// An identity at a target, as it is found there: of GitHub the login in lower case, of a cluster `User/ada`, each after the target and a blank; an ARN
/// as it is.
pub(crate) fn name_at(world: &World<'_>, target: &str, identity: &str) -> String {
    let of = |collector: &str| world.target(target).is_some_and(|target| target.is_read_by(collector));
    if identity.starts_with("arn:") {
        return identity.to_owned();
    }
    if of("github") {
        return format!("{target} {identity}").to_lowercase();
    }
    match identity.split_once([':', '/']).filter(|_| of("kubernetes-rbac")) {
        Some((kind, name)) => format!("{target} {kind}/{name}"),
        None => format!("{target} {identity}"),
    }
}
