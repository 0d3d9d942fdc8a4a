//! Others than the entity, as targets name them: whom policies and grants let in, identity providers, Apps, hosts, clouds.

use std::collections::{BTreeMap, BTreeSet};

use iam_policy::{LetIn, Party, PartyKind, PolicyDocument};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identities::{ACCESS_ENTRY, COLLABORATOR, ROLE, input};
use crate::joined::Input;
use crate::unread::{Part, Unread};
use crate::world::{Object, Target, World};

pub(crate) const KEY: &str = "aws-kms/key";
pub(crate) const BUCKET: &str = "aws-s3/bucket";
pub(crate) const OIDC: &str = "aws-iam/oidc-provider";
pub(crate) const SAML: &str = "aws-iam/saml-provider";
pub(crate) const APP: &str = "github/app-installation";
pub(crate) const WEBHOOK: &str = "github/webhook";
pub(crate) const CLUSTER: &str = "kubernetes-rbac/cluster";
pub(crate) const ORGANIZATION: &str = "aws-organizations/organization";
pub(crate) const MEMBER_ACCOUNT: &str = "aws-organizations/account";

/// Kinds that show others, and the parts that do.
const SHOWING: &[(&str, &[&str])] = &[
    (ROLE, &["account", "organization", "issuer", "tenant", "anyone"]),
    (KEY, &["account", "organization", "anyone"]),
    (BUCKET, &["account", "organization", "anyone"]),
    (OIDC, &["issuer"]),
    (SAML, &["issuer"]),
    (APP, &["app"]),
    (WEBHOOK, &["host"]),
    (COLLABORATOR, &["collaborator"]),
    (ACCESS_ENTRY, &["account"]),
];

/// Somebody else: what they are, and their name there. `account`, `organization`, `issuer`, `tenant`, `app`, `collaborator`, `host`, `cloud`,
/// `anyone`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Name {
    pub kind: String,
    pub name: String,
}

impl Name {
    pub(crate) fn new(kind: &str, name: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), name: name.into() }
    }
}

/// Where somebody else is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Sighting {
    pub target: String,
    /// The resource that names them; `null`: the target itself, as it is declared.
    pub resource: Option<SightedIn>,
    /// What it says.
    pub says: String,
    /// Whether it lets them do something now: not suspended, not over.
    pub active: bool,
    /// Whether it is understood; otherwise a condition may leave nobody.
    pub sure: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct SightedIn {
    pub kind: String,
    pub id: String,
    /// RFC 6901, below its facts.
    pub path: String,
}

/// All others that were found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub by_name: BTreeMap<Name, BTreeSet<Sighting>>,
    /// Lists that were read to find them.
    pub lists: BTreeSet<(String, &'static str)>,
    /// By kind of name: why there may be more.
    pub open: BTreeMap<&'static str, Vec<Unread>>,
    /// Accounts of the entity's own organisation.
    pub own_organization: BTreeMap<String, Input>,
    /// Why an account or an organisation may be the entity's own and not be known as such.
    pub own_open: Vec<Unread>,
}

/// Looks everywhere.
pub(crate) fn find(world: &World<'_>) -> Found {
    let mut finder = Finder { world, found: Found::default(), own: Own::of(world) };
    finder.lists();
    finder.policies(ROLE, "trust_policy", "the trust policy");
    finder.policies(KEY, "policy", "the key policy");
    finder.policies(BUCKET, "policy", "the bucket policy");
    finder.grants();
    finder.providers();
    finder.github();
    finder.entries();
    finder.clouds();
    finder.found
}

/// The words of names that this kind of resource can show.
fn shows(kind: &str) -> &'static [&'static str] {
    SHOWING.iter().find(|(shown, _)| *shown == kind).map(|(_, words)| *words).unwrap_or_default()
}

/// Whether any target could show names of this word.
pub(crate) fn could_show(world: &World<'_>, word: &str) -> bool {
    word == "cloud"
        || SHOWING.iter().filter(|(_, words)| words.contains(&word)).any(|(kind, _)| {
            let collector = kind.split('/').next().unwrap_or_default();
            world.targets_of(collector).next().is_some()
        })
}

/// What belongs to the entity.
struct Own {
    accounts: BTreeSet<String>,
    /// Lower-case names of organisations at GitHub.
    github: BTreeSet<String>,
    organizations: BTreeSet<String>,
}

impl Own {
    fn of(world: &World<'_>) -> Self {
        let setting = |name: &'static str| world.targets().iter().filter_map(move |target| target.setting(name));
        let at_eks = world.targets().iter().filter_map(|target| target.settings.get("eks")?.get("account")?.as_str());
        let organizations = world.objects(ORGANIZATION).iter();
        Self {
            accounts: setting("account").chain(at_eks).map(str::to_owned).collect(),
            github: setting("organization").map(str::to_lowercase).collect(),
            organizations: organizations.filter_map(|object| world.part::<String>(object, "id").known()).collect(),
        }
    }
}

struct Finder<'w, 'd> {
    world: &'w World<'d>,
    found: Found,
    own: Own,
}

#[derive(Deserialize)]
struct Grant {
    grantee: Option<String>,
    retiring: Option<String>,
    issuing_account: Option<String>,
    operations: Vec<String>,
}

impl<'w> Finder<'w, '_> {
    fn open(&mut self, words: &[&'static str], why: &Unread) {
        for word in words {
            self.found.open.entry(word).or_default().push(why.clone());
        }
    }

    /// What was not listed may name somebody.
    fn lists(&mut self) {
        for (kind, words) in SHOWING {
            let collector = kind.split('/').next().unwrap_or_default();
            let targets: Vec<String> = self.world.targets_of(collector).map(|target| target.id.to_owned()).collect();
            for target in targets {
                // EKS alone has access entries.
                if *kind == ACCESS_ENTRY && self.world.target(&target).is_none_or(|t| !t.settings.contains_key("eks")) {
                    continue;
                }
                if let Some(why) = self.world.listing(&target, kind).open() {
                    self.open(words, &why);
                }
                for (_, why) in self.world.missing(&target, kind) {
                    self.open(words, &why);
                }
                self.found.lists.insert((target, kind));
            }
        }
        for target in self.world.targets_of("aws-organizations") {
            for kind in [ORGANIZATION, MEMBER_ACCOUNT] {
                self.found.own_open.extend(self.world.listing(target.id, kind).open());
                self.found.own_open.extend(self.world.missing(target.id, kind).into_iter().map(|(_, why)| why));
            }
        }
        for object in self.world.objects(ORGANIZATION) {
            self.found.own_open.extend(self.world.part::<String>(object, "id").why().cloned());
        }
        for object in self.world.objects(MEMBER_ACCOUNT) {
            let id = self.world.part::<String>(object, "id");
            self.found.own_open.extend(id.why().cloned());
            if let Some(id) = id.known() {
                self.found.own_organization.insert(id, input(object));
            }
        }
    }

    fn add(&mut self, name: Name, object: &Object, path: String, says: String, (active, sure): (bool, bool)) {
        let resource = Some(SightedIn { kind: object.kind.to_string(), id: object.id.to_string(), path });
        let sighting = Sighting { target: object.target.to_string(), resource, says, active, sure };
        self.found.by_name.entry(name).or_default().insert(sighting);
    }

    /// A part of an object; what was not read of it leaves open whom it names.
    fn part<T: serde::de::DeserializeOwned>(&mut self, object: &Object, part: &str) -> Option<T> {
        let read: Part<T> = self.world.part(object, part);
        if let Some(why) = read.why() {
            let why = why.clone();
            self.open(shows(&object.kind), &why);
        }
        read.known()
    }

    fn policies(&mut self, kind: &str, part: &str, what: &str) {
        let world = self.world;
        for object in world.objects(kind) {
            // A bucket may have none.
            let Some(Some(policy)) = self.part::<Option<PolicyDocument>>(object, part) else { continue };
            for (n, statement) in policy.statements.iter().enumerate() {
                for let_in in statement.lets_in.iter().flatten().filter(|one| one.nobody.is_none()) {
                    let place = match let_in.principal {
                        Some(m) => format!("/{part}/statements/{n}/principals/{m}"),
                        None => format!("/{part}/statements/{n}/not_principals"),
                    };
                    let active = let_in.until.is_none_or(|until| until > world.now());
                    let sure = let_in.unclear.is_empty();
                    for name in self.outside(let_in) {
                        let says = format!("{what} of `{}`: {}", object.id, let_in.sentence);
                        self.add(name, object, place.clone(), says, (active, sure));
                    }
                }
            }
        }
    }

    /// Those others among whom everyone is whom it lets in; none if all are the entity's own, or a cloud's.
    fn outside(&self, let_in: &LetIn) -> Vec<Name> {
        let others = |parties: &[Party]| -> BTreeSet<Name> { parties.iter().filter_map(|p| self.other(p)).collect() };
        let bounds: Vec<BTreeSet<Name>> = let_in.bounds.iter().map(|bound| others(&bound.parties)).collect();
        // The bound that says most: who is in all of them is in this one, too.
        let narrowest = bounds.into_iter().min_by_key(|names| {
            let vague = names.iter().filter(|name| name.kind == "anyone").count();
            (vague, names.len())
        });
        match narrowest {
            Some(names) => names.into_iter().collect(),
            None => vec![Name::new("anyone", "everyone")],
        }
    }

    /// Somebody else than the entity. A service of AWS is AWS's, which is found as a cloud.
    fn other(&self, party: &Party) -> Option<Name> {
        let name = party.names.first().map(String::as_str).unwrap_or_default();
        let issuer = party.issuer.as_deref().unwrap_or_default();
        match party.kind {
            PartyKind::Owner | PartyKind::Service | PartyKind::AnyService => None,
            PartyKind::Account => self.account(name),
            PartyKind::Organization => {
                (!self.own.organizations.contains(name)).then(|| Name::new("organization", name))
            }
            PartyKind::SamlProvider => Some(Name::new("issuer", name)),
            PartyKind::Issuer => Some(Name::new("issuer", bare(name))),
            PartyKind::Cluster => Some(Name::new("issuer", bare(name))),
            PartyKind::Tenant | PartyKind::Subject => {
                let own = issuer == "github" && party.names.iter().any(|one| self.of_own_github(one));
                (!own).then(|| Name::new("tenant", format!("{issuer}/{name}")))
            }
            PartyKind::Anyone => Some(Name::new("anyone", "everyone")),
        }
    }

    /// `northbank`, `northbank/signer`
    fn of_own_github(&self, tenant: &str) -> bool {
        tenant.split('/').next().is_some_and(|owner| self.own.github.contains(&owner.to_lowercase()))
    }

    fn account(&self, account: &str) -> Option<Name> {
        (!self.own.accounts.contains(account)).then(|| Name::new("account", account))
    }

    fn grants(&mut self) {
        let world = self.world;
        for object in world.objects(KEY) {
            let grants = self.part::<Vec<Grant>>(object, "grants");
            for (n, grant) in grants.into_iter().flatten().enumerate() {
                let who = [
                    ("grantee", grant.grantee.as_deref(), "holds"),
                    ("retiring", grant.retiring.as_deref(), "may retire"),
                    ("issuing_account", grant.issuing_account.as_deref(), "issued"),
                ];
                for (member, who, does) in who {
                    let Some(who) = who else { continue };
                    if let Some(name) = account_of(who).and_then(|account| self.account(account)) {
                        let operations = grant.operations.join(", ");
                        let says = format!("{who} {does} a grant of `{}` for {operations}", object.id);
                        self.add(name, object, format!("/grants/{n}/{member}"), says, (true, true));
                    }
                }
            }
        }
    }

    fn providers(&mut self) {
        #[derive(Deserialize)]
        struct Settings {
            url: String,
        }
        let world = self.world;
        for object in world.objects(OIDC) {
            if let Some(settings) = self.part::<Settings>(object, "settings") {
                let name = Name::new("issuer", bare(&settings.url));
                let says = "roles of the account may trust its tokens".to_owned();
                self.add(name, object, "/settings/url".to_owned(), says, (true, true));
            }
        }
        for object in world.objects(SAML) {
            let says = "roles of the account may trust whom it knows".to_owned();
            self.add(Name::new("issuer", &*object.id), object, "/name".to_owned(), says, (true, true));
        }
    }

    fn github(&mut self) {
        let world = self.world;
        for object in world.objects(APP) {
            let Some(app) = self.part::<String>(object, "app") else { continue };
            let suspended = self.part::<Option<serde_json::Value>>(object, "suspended");
            let says = "the App is installed in the organisation".to_owned();
            let state = (!matches!(suspended, Some(Some(_))), suspended.is_some());
            self.add(Name::new("app", app), object, "/app".to_owned(), says, state);
        }
        for object in world.objects(WEBHOOK) {
            let Some(url) = self.part::<String>(object, "url") else { continue };
            let active = self.part::<bool>(object, "active");
            let says = "a webhook sends events there".to_owned();
            let state = (active != Some(false), active.is_some());
            self.add(Name::new("host", host(&url)), object, "/url".to_owned(), says, state);
        }
        for object in world.objects(COLLABORATOR) {
            let says = "somebody who is no member may enter repositories".to_owned();
            self.add(Name::new("collaborator", &*object.id), object, "/login".to_owned(), says, (true, true));
        }
    }

    fn entries(&mut self) {
        let world = self.world;
        for object in world.objects(ACCESS_ENTRY) {
            if let Some(name) = account_of(&object.id).and_then(|account| self.account(account)) {
                let says = format!("an access entry of the cluster lets in {}", object.id);
                self.add(name, object, "/principal".to_owned(), says, (true, true));
            }
        }
    }

    /// Where the targets are is nothing that anybody has to answer: the collectors say it, and the version of a cluster.
    fn clouds(&mut self) {
        let world = self.world;
        for target in world.targets() {
            let mut add = |cloud: &str, says: &str| {
                let sighting = Sighting {
                    target: target.id.to_owned(),
                    resource: None,
                    says: says.to_owned(),
                    active: true,
                    sure: true,
                };
                self.found.by_name.entry(Name::new("cloud", cloud)).or_default().insert(sighting);
            };
            if AWS.iter().any(|collector| target.is_read_by(collector)) {
                add("aws", "the target is an account of AWS");
            }
            if target.settings.contains_key("eks") {
                add("aws", "the cluster is one of EKS");
            }
            if target.is_read_by("github") && at_github(target) {
                add("github", "the organisation is at GitHub");
            }
        }
        for target in world.targets_of("kubernetes-rbac") {
            if world.objects_at(target.id, CLUSTER).is_empty() {
                let why = Unread::all(world.missing(target.id, CLUSTER).into_iter().map(|(_, why)| why));
                let why = why.or_else(|| world.listing(target.id, CLUSTER).open());
                let unsaid = || Unread::unsaid(format!("nothing of the cluster of target `{}` was read", target.id));
                self.open(&["cloud"], &why.unwrap_or_else(unsaid));
            }
        }
        for object in world.objects(CLUSTER) {
            let read = world.part::<String>(object, "version");
            if let Some(why) = read.why() {
                self.open(&["cloud"], why);
            }
            let Some(version) = read.known() else { continue };
            for (mark, cloud) in [("-gke.", "google"), ("-eks-", "aws")] {
                if version.contains(mark) {
                    let says = format!("the API server calls itself {version}");
                    self.add(Name::new("cloud", cloud), object, "/version".to_owned(), says, (true, true));
                }
            }
        }
    }
}

/// Collectors that read accounts of AWS.
const AWS: &[&str] = &["aws-cloudhsm", "aws-cloudtrail", "aws-iam", "aws-kms", "aws-organizations", "aws-s3"];

/// Without an address of its own, or at a subdomain that GitHub hosts for an enterprise.
fn at_github(target: &Target<'_>) -> bool {
    target.setting("api_url").is_none_or(|url| host(url).ends_with(".ghe.com") || host(url) == "api.github.com")
}

/// The account in an ARN, or the twelve digits themselves.
fn account_of(value: &str) -> Option<&str> {
    let account = match value.strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(3)?,
        None => value,
    };
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
}

/// An issuer as AWS writes it: without scheme, and without a slash at the end.
pub(crate) fn bare(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
}

/// The host of a URL, lower-case; all of a text that is none.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    // An address of IPv6 has colons of its own.
    let host = match host.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or(host),
    };
    host.to_lowercase()
}
