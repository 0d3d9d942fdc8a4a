//! Steps that other targets know of: who gets the token of a service account in a cluster, whom access entries of EKS let into it, and who may
//! change a repository whose workflows take a role on.

use std::collections::{BTreeMap, BTreeSet};

use iam_policy::access::{self, Given, Holds, Link, Place, PodIdentity, Step, Who, WhoKind, unread_step};
use iam_policy::{May, wildcard_matches};
use serde::Deserialize;

use crate::unread::{Part, Unread};
use crate::world::{Object, World};

const CLUSTER: &str = "kubernetes-rbac/cluster";
const SUBJECT: &str = "kubernetes-rbac/subject";
const ENTRY: &str = "kubernetes-rbac/access-entry";
pub const POD_IDENTITY: &str = "kubernetes-rbac/pod-identity";
const MEMBER: &str = "github/member";
const ORGANIZATION: &str = "github/organization";
const TEAM: &str = "github/team";
const COLLABORATOR: &str = "github/outside-collaborator";
const REPOSITORY: &str = "github/repository";
const DEPLOY_KEY: &str = "github/deploy-key";
const APP: &str = "github/app-installation";

/// Rights by which somebody comes to the token of a service account in the namespace, or comes to every right; and what has to be so for that.
const RIGHTS: [(&str, Option<&str>); 10] = [
    ("all-powerful", None),
    ("approve-csrs", None),
    ("change-pods", None),
    ("control-admission", None),
    ("create-pods", None),
    ("escalate", None),
    ("exec", Some("a pod with this service account runs")),
    ("impersonate", Some("they impersonate somebody who may")),
    ("mint-tokens", None),
    ("node-proxy", Some("a pod with this service account runs")),
];

#[derive(Deserialize)]
struct Eks {
    arn: String,
    #[serde(default)]
    issuer: Option<String>,
}

#[derive(Deserialize)]
struct Grant {
    right: String,
    namespace: Option<String>,
    names: Option<Vec<String>>,
    binding: String,
}

/// A cluster that a target reads.
struct Cluster {
    target: String,
    arn: String,
    /// Without `https://`.
    issuer: Option<String>,
}

/// Clusters of EKS, with the roles that their pods get.
pub fn of_eks(world: &World<'_>) -> Vec<access::Cluster> {
    clusters(world).into_iter().map(|cluster| cluster.read(world)).collect()
}

impl Cluster {
    fn is(&self, name: &str) -> bool {
        self.arn == name || self.issuer.as_deref() == Some(name)
    }

    fn read(self, world: &World<'_>) -> access::Cluster {
        let Self { target, arn, issuer } = self;
        let mut open: Vec<Unread> = world.listing(&target, POD_IDENTITY).open().into_iter().collect();
        open.extend(world.missing(&target, POD_IDENTITY).into_iter().map(|(_, why)| why));
        let mut pod_identities = Vec::new();
        for object in world.objects_at(&target, POD_IDENTITY) {
            let mut text = |part: &str| world.part::<String>(object, part).whole().map_err(|why| open.push(why)).ok();
            let (Some(namespace), Some(service_account)) = (text("namespace"), text("service_account")) else {
                continue;
            };
            // One that was not read stands for any role, and is not missing.
            let role = world.part::<String>(object, "role").whole();
            let target_role = world.part::<Option<String>>(object, "target_role").whole();
            let (role, target_role) = role
                .and_then(|role| Ok((role, target_role?)))
                .map_or((None, None), |(role, target)| (Some(role), target));
            pod_identities.push(PodIdentity {
                id: object.id.to_string(),
                namespace,
                service_account,
                role,
                target_role,
            });
        }
        access::Cluster { arn, issuer, pod_identities, unread: Unread::all(open).map(|why| why.text) }
    }
}

/// All of them, for those to whom trust policies of roles give something.
pub fn links(world: &World<'_>, bearers: &BTreeSet<Who>) -> Vec<Link> {
    let mut links = Links { world, found: Vec::new(), subjects: BTreeMap::new() };
    let clusters = clusters(world);
    for who in bearers {
        match who.kind {
            WhoKind::ServiceAccount => links.service_account(who, &clusters),
            WhoKind::Tenant => links.tenant(who),
            _ => {}
        }
    }
    links.found
}

fn clusters(world: &World<'_>) -> Vec<Cluster> {
    let mut found = Vec::new();
    for object in world.objects(CLUSTER) {
        let Some(eks) = world.part::<Option<Eks>>(object, "eks").known().flatten() else { continue };
        let issuer = eks.issuer.map(|issuer| issuer.trim_start_matches("https://").trim_end_matches('/').to_owned());
        found.push(Cluster { target: object.target.to_string(), arn: eks.arn, issuer });
    }
    found
}

/// A subject of a cluster's RBAC.
struct Subject<'w> {
    object: &'w Object,
    /// `User/ada`
    id: String,
    grants: Part<Vec<Grant>>,
    entries: Part<Vec<String>>,
}

struct Links<'w, 'd> {
    world: &'w World<'d>,
    found: Vec<Link>,
    /// By target.
    subjects: BTreeMap<String, Vec<Subject<'w>>>,
}

fn place(object: &Object, part: &str) -> Place {
    Place {
        kind: object.kind.to_string(),
        id: object.id.to_string(),
        part: part.to_owned(),
        name: None,
        statement: None,
    }
}

/// Whether a pattern of a policy or of an access scope and a name, or another pattern, may mean the same.
fn meet(a: &str, b: &str) -> bool {
    a == b || wildcard_matches(a, b) || wildcard_matches(b, a) || (a.contains(['*', '?']) && b.contains(['*', '?']))
}

fn step(who: Who, action: &str, to: &Who, by: Vec<Place>, words: Option<(String, Holds)>) -> Link {
    let may = if words.as_ref().is_some_and(|(_, holds)| *holds == Holds::NotUnderstood) {
        May::Undetermined
    } else {
        May::Yes
    };
    let conditions = words.into_iter().map(|(words, holds)| Given { words, holds }).collect();
    Link { to: to.clone(), step: Step { who, action: action.to_owned(), to: to.name.clone(), by, may, conditions } }
}

impl<'w> Links<'w, '_> {
    /// Something that was not read: whoever it could be, anyone may be.
    fn unread(&mut self, to: &Who, action: &str, why: String) {
        let anyone = Who::new(WhoKind::Anyone, "anyone");
        let step = unread_step(&anyone, action, &to.name, Vec::new(), why);
        self.found.push(Link { to: to.clone(), step });
    }

    fn service_account(&mut self, who: &Who, clusters: &[Cluster]) {
        const ACTION: &str = "get a token";
        let (cluster, subject) = who.name.split_once(":system").unwrap_or((&who.name, ""));
        let mut parts = subject.split(':').skip(2);
        let namespace = parts.next().unwrap_or("*");
        let account = parts.next().unwrap_or("*");
        let Some(found) = clusters.iter().find(|one| one.is(cluster)) else {
            let why = format!(
                "no target that was read is known to be the cluster of {cluster}: who gets its service accounts' tokens"
            );
            self.unread(who, ACTION, why);
            return;
        };
        let target = found.target.clone();
        self.read_subjects(&target);
        // Service accounts that may do this have tokens of their own, which others may get.
        let mut open = vec![(who.clone(), namespace.to_owned(), account.to_owned())];
        let mut known: BTreeSet<Who> = BTreeSet::new();
        while let Some((to, namespace, account)) = open.pop() {
            for (from, id) in self.getters(&target, &to, &namespace, &account) {
                if let Some((namespace, name)) = id.strip_prefix("ServiceAccount/").and_then(|id| id.split_once('/'))
                    && known.insert(from.clone())
                {
                    open.push((from, namespace.to_owned(), name.to_owned()));
                }
            }
        }
        let certificates = Who::new(WhoKind::ClusterSubject, format!("{target} Group/system:masters"));
        let words =
            "who is in system:masters comes with a certificate or a token, and stands in no object of the cluster";
        self.found.push(step(certificates, ACTION, who, Vec::new(), Some((words.to_owned(), Holds::NotUnderstood))));
        if let Some(why) = self.world.listing(&target, SUBJECT).open() {
            self.unread(who, ACTION, why.text);
        }
    }

    fn read_subjects(&mut self, target: &str) {
        if self.subjects.contains_key(target) {
            return;
        }
        let mut subjects = Vec::new();
        for object in self.world.objects(SUBJECT).iter().filter(|object| &*object.target == target) {
            let id = object.id.to_string();
            let grants = self.world.part(object, "grants");
            let entries: Part<Vec<String>> = self.world.part(object, "access_entries");
            let who = Who::new(WhoKind::ClusterSubject, format!("{target} {id}"));
            // A user whose entries were not all read may be let in by another one: that the list of entries has no end says so.
            for arn in entries.clone().known().into_iter().flatten() {
                let by = Place { kind: ENTRY.to_owned(), id: arn.clone(), ..place(object, "username") };
                self.found.push(step(Who::of_arn(&arn), "eks access entry", &who, vec![by], None));
            }
            if let Some(why) = entries.why().map(|why| why.text.clone()) {
                self.unread(&who, "eks access entry", why);
            }
            subjects.push(Subject { object, id, grants, entries });
        }
        subjects.retain(|one| one.grants.why().is_some() || one.has_rights() || one.entries.why().is_some());
        self.subjects.insert(target.to_owned(), subjects);
    }

    /// Who gets the token of a service account, each with the subject's id.
    fn getters(&mut self, target: &str, to: &Who, namespace: &str, account: &str) -> Vec<(Who, String)> {
        let mut getters = Vec::new();
        let mut found = Vec::new();
        for one in self.subjects.get(target).into_iter().flatten() {
            let who = Who::new(WhoKind::ClusterSubject, format!("{target} {}", one.id));
            if who == *to {
                continue;
            }
            let by = || vec![place(one.object, "grants")];
            if let Some((grant, condition)) = one.gets(namespace, account) {
                let words = condition.map(|words| (words.to_owned(), Holds::Unmet));
                let action = format!("{} by {}", grant.right, grant.binding);
                found.push(step(who.clone(), &action, to, by(), words));
            } else if let Some(why) = one.grants.why() {
                found.push(step(who.clone(), "get a token", to, by(), Some((why.text.clone(), Holds::NotUnderstood))));
            } else {
                continue;
            }
            getters.push((who, one.id.clone()));
        }
        self.found.extend(found);
        getters
    }

    fn tenant(&mut self, who: &Who) {
        const ACTION: &str = "push";
        let Some(name) = who.name.strip_prefix("github ") else {
            let why = format!("no target reads who may change `{}`", who.name);
            self.unread(who, ACTION, why);
            return;
        };
        let (owner, repository) = name.split_once('/').map_or((name, None), |(owner, _)| (owner, Some(name)));
        let organization = |target: &&str| {
            let declared = self.world.target(target).and_then(|target| target.setting("organization"));
            declared.is_some_and(|declared| declared.eq_ignore_ascii_case(owner))
        };
        let targets: BTreeSet<&str> = self.world.targets_of("github").map(|target| target.id).collect();
        let Some(target) = targets.iter().copied().find(organization).map(str::to_owned) else {
            self.unread(who, ACTION, format!("no target reads who may push to {name}"));
            return;
        };
        let pushers = self.pushers(&target, owner, repository);
        let rules = self.rules(&target, repository);
        for (id, by, unclear) in pushers {
            let from = Who::new(WhoKind::Contributor, format!("{target} {id}"));
            let words = unclear.map(|words| (words, Holds::NotUnderstood));
            let words = words.or_else(|| rules.clone().map(|words| (words, Holds::Unmet)));
            self.found.push(step(from, ACTION, who, by, words));
        }
        // Who was invited to a repository by name is in no list that is read.
        self.unread(who, ACTION, format!("people who were invited to {name} by name are in no list that is read"));
        for kind in [MEMBER, TEAM, COLLABORATOR, DEPLOY_KEY, APP] {
            if let Some(why) = self.world.listing(&target, kind).open() {
                self.unread(who, ACTION, why.text);
            }
        }
    }

    /// What has to be done so that something lands on the branch that is protected.
    fn rules(&self, target: &str, repository: Option<&str>) -> Option<String> {
        let name = repository?;
        let of_target = self.world.objects(REPOSITORY).iter().filter(|one| &*one.target == target);
        let is = |one: &&Object| {
            let full: Option<String> = self.world.part(one, "full_name").known();
            full.is_some_and(|full| full.eq_ignore_ascii_case(name))
        };
        let one = of_target.into_iter().find(is)?;
        let rules: Vec<serde_json::Value> = self.world.part(one, "branch_rules").known().unwrap_or_default();
        let classic: Option<serde_json::Value> = self.world.part(one, "protection").known().flatten();
        (!rules.is_empty() || classic.is_some())
            .then(|| "the rules of the default branch, where the subject of the token names it".to_owned())
    }

    /// Who may push to a repository of the organisation, or to any of them: a name, where that was read, and what is not certain of it.
    fn pushers(
        &self,
        target: &str,
        owner: &str,
        repository: Option<&str>,
    ) -> Vec<(String, Vec<Place>, Option<String>)> {
        let of = |kind: &'static str| self.world.objects(kind).iter().filter(move |one| &*one.target == target);
        let text = |one: &Object, part: &str| self.world.part::<String>(one, part).known();
        let mut found: Vec<(String, Vec<Place>, Option<String>)> = Vec::new();
        let base = of(ORGANIZATION).find_map(|one| {
            let permission: Option<String> =
                self.world.part::<Option<String>>(one, "default_repository_permission").known().flatten();
            Some((permission?, place(one, "default_repository_permission")))
        });
        for one in of(MEMBER) {
            let login = text(one, "login").unwrap_or_else(|| one.id.to_string());
            let role = text(one, "role");
            match (role.as_deref(), &base) {
                (Some("admin"), _) => found.push((login, vec![place(one, "role")], None)),
                (_, Some((permission, by))) if matches!(permission.as_str(), "write" | "admin") => {
                    found.push((login, vec![by.clone()], None));
                }
                (None, _) => {
                    found.push((login, vec![place(one, "role")], Some("their role, which was not read".to_owned())));
                }
                (_, None) => {
                    let words = "what every member may do in every repository, which was not read".to_owned();
                    found.push((login, Vec::new(), Some(words)));
                }
                _ => {}
            }
        }
        let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let is = |name: &str| repository.is_none_or(|wanted| short(name) == short(wanted));
        for one in of(TEAM) {
            let read: Part<BTreeMap<String, String>> = self.world.part(one, "repositories");
            let unread = read.why().map(|_| "which repositories their team may enter, which was not read".to_owned());
            let repositories = read.known().unwrap_or_default();
            let best = repositories.iter().filter(|(name, _)| is(name)).map(|(_, role)| match role.as_str() {
                "pull" | "triage" => None,
                "push" | "maintain" | "admin" => Some(None),
                other => Some(Some(format!("what the role {other} of the organisation may do"))),
            });
            let Some(unclear) = best.flatten().min().or_else(|| unread.map(Some)) else { continue };
            let members: Part<Vec<String>> = self.world.part(one, "members");
            if members.why().is_some() {
                let words = "who is in the team, which was not read".to_owned();
                found.push((format!("team {}", one.id), vec![place(one, "repositories")], Some(words)));
            }
            for login in members.known().into_iter().flatten() {
                found.push((login, vec![place(one, "repositories"), place(one, "members")], unclear.clone()));
            }
        }
        for one in of(COLLABORATOR) {
            let login = text(one, "login").unwrap_or_else(|| one.id.to_string());
            let words = "which repositories an outside collaborator may enter is not read".to_owned();
            found.push((login, vec![place(one, "login")], Some(words)));
        }
        for one in of(DEPLOY_KEY) {
            let read_only: Option<bool> = self.world.part(one, "read_only").known();
            if read_only != Some(true) && text(one, "repository").is_none_or(|name| is(&name)) {
                let title = text(one, "title").unwrap_or_else(|| one.id.to_string());
                let unclear = read_only.is_none().then(|| "whether it may write, which was not read".to_owned());
                found.push((format!("deploy key {title:?}"), vec![place(one, "read_only")], unclear));
            }
        }
        for one in of(APP) {
            let permissions: Option<BTreeMap<String, String>> = self.world.part(one, "permissions").known();
            let writes = permissions.as_ref().map(|all| {
                all.iter().any(|(name, level)| {
                    matches!(name.as_str(), "contents" | "workflows" | "administration") && level != "read"
                })
            });
            let all = text(one, "repository_selection").is_some_and(|selection| selection == "all");
            let unclear = match (writes, all) {
                (Some(false), _) => continue,
                (Some(true), true) => None,
                _ => Some(format!("which repositories of {owner} it may enter, and what it may do there, is not read")),
            };
            let name = text(one, "app").unwrap_or_else(|| one.id.to_string());
            found.push((format!("app {name}"), vec![place(one, "permissions")], unclear));
        }
        // What is certain comes first, and counts.
        found.sort_by(|a, b| (&a.0, a.2.is_some()).cmp(&(&b.0, b.2.is_some())));
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }
}

impl Subject<'_> {
    fn grants(&self) -> &[Grant] {
        match &self.grants {
            Part::Whole(grants) | Part::Some(grants, _) => grants,
            Part::Missing(_) => &[],
        }
    }

    fn has_rights(&self) -> bool {
        self.grants().iter().any(|grant| RIGHTS.iter().any(|(right, _)| *right == grant.right))
    }

    /// The right by which they get the token of a service account, the most plain first.
    fn gets(&self, namespace: &str, account: &str) -> Option<(&Grant, Option<&'static str>)> {
        let of = |grant: &Grant| {
            let (_, condition) = RIGHTS.iter().find(|(right, _)| *right == grant.right)?;
            let here = grant.namespace.as_deref().is_none_or(|place| meet(place, namespace));
            let named = grant.right != "mint-tokens"
                || grant.names.as_ref().is_none_or(|names| names.iter().any(|name| meet(name, account)));
            (here && named).then_some(*condition)
        };
        let found = self.grants().iter().filter_map(|grant| Some((grant, of(grant)?)));
        found.min_by_key(|(_, condition)| condition.is_some())
    }
}
