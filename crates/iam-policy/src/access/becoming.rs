//! Who can become whom: by a role's trust, by making credentials of theirs, by joining a group, by giving oneself every permission.

use std::collections::BTreeSet;

use super::answer::{Given, Holds, Place, Step, Terms, Who, WhoKind, unread as step_unread};
use super::direct::unread;
use super::facts::{Account, Principal, World, place};
use super::outside::{Outsider, administrators, root};
use crate::arn;
use crate::document::PrincipalForm;
use crate::permissions::{Ask, BECOME, Digest, Held, Named, On, RAISE, To, Trusts, loosens, named, trusts_a_service};

/// One step from somebody to somebody else.
#[derive(Clone, Debug)]
pub struct Edge {
    pub to: Who,
    pub step: Step,
}

/// Whom the allowing statements of a policy of a resource name, so that others need not be asked about.
#[derive(Clone, Debug, Default)]
pub struct Mentions {
    /// Everyone, everyone but some, or something that is not understood.
    anybody: bool,
    accounts: BTreeSet<String>,
    values: BTreeSet<String>,
}

impl Mentions {
    pub fn of(policy: &Digest) -> Self {
        let mut mentions = Self::default();
        for (_, statement) in policy.allows() {
            mentions.anybody |= statement.principals.is_none();
            for one in statement.principals.iter().flatten() {
                match one.form {
                    PrincipalForm::Account => mentions.accounts.extend(one.account.clone()),
                    PrincipalForm::User | PrincipalForm::Role => {
                        mentions.values.insert(one.value.clone());
                    }
                    PrincipalForm::Service | PrincipalForm::IdentityProvider | PrincipalForm::UniqueId => {}
                    // A session is named without its role's path.
                    PrincipalForm::AssumedRole
                    | PrincipalForm::FederatedUser
                    | PrincipalForm::Everyone
                    | PrincipalForm::CanonicalUser
                    | PrincipalForm::Other => mentions.anybody = true,
                }
            }
        }
        mentions
    }

    /// Whether it names them. `allowed`: whether their own policies may allow anything of it.
    pub fn names(&self, one: &Principal, allowed: bool) -> bool {
        let account = arn::account(&one.holder.arn).unwrap_or_default();
        self.anybody || self.values.contains(&one.holder.arn) || allowed && self.accounts.contains(account)
    }
}

impl Principal {
    /// Whether one of their policies allows one of these actions on something, or was not read.
    pub(crate) fn may_allow<'n>(&self, mut actions: impl Iterator<Item = &'n str>) -> bool {
        let allows = |held: &Held, action: &str| match &held.digest {
            Some(digest) => digest.allows().any(|(_, one)| one.covers_action(action)),
            None => true,
        };
        actions.any(|action| self.holder.policies.iter().any(|held| allows(held, action)))
    }
}

const ASSUME: &str = "sts:AssumeRole";
/// By which somebody takes a role on.
const TAKES_ON: [&str; 3] = [ASSUME, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];
const PODS: &str = "pods.eks.amazonaws.com";

fn trust_of(role: &str, statement: Option<usize>) -> Place {
    Place { statement, ..place("aws-iam/role", role, "trust_policy", None) }
}

impl World {
    /// All steps from somebody to somebody else.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (number, account) in &self.accounts {
            self.of_administrators(number, account, &mut edges);
            for target in &account.principals {
                of_credentials(account, target, &mut edges);
                if target.who.kind == WhoKind::Role {
                    self.of_trust(number, target, &mut edges);
                }
            }
        }
        self.of_people(&mut edges);
        edges
    }

    /// Whoever changes or makes a SAML provider says who its people are.
    fn of_people(&self, edges: &mut Vec<Edge>) {
        const CHANGE: [&str; 2] = ["iam:UpdateSAMLProvider", "iam:CreateSAMLProvider"];
        let people: BTreeSet<Who> =
            edges.iter().map(|edge| &edge.step.who).filter(|who| who.kind == WhoKind::People).cloned().collect();
        for provider in people {
            let account = arn::account(&provider.name).and_then(|number| self.accounts.get(number));
            for one in account.into_iter().flat_map(|account| &account.principals) {
                for action in CHANGE.into_iter().filter(|action| one.may_allow([*action].into_iter())) {
                    let Some(gift) = one.holder.given(action, To::One(&provider.name)) else { continue };
                    let by = one.at(&gift).into_iter().collect();
                    let step = Terms::of(&gift).step(&one.who, action, &provider.name, by);
                    edges.push(Edge { to: provider.clone(), step });
                }
            }
        }
    }

    /// Who can give themselves every permission of an account, and so become anybody of it.
    fn of_administrators(&self, number: &str, account: &Account, edges: &mut Vec<Edge>) {
        let mighty = administrators(number);
        let everything =
            |who: &Who, to: &Who| Edge { to: to.clone(), step: Terms::default().step(who, "*", &to.name, Vec::new()) };
        edges.push(everything(&root(number, &account.partition), &mighty));
        if !account.whole {
            let rest = Who::new(WhoKind::Account, number);
            let words = format!("not all users, groups and roles of account {number} were read");
            edges.push(Edge { to: mighty.clone(), step: step_unread(&rest, "*", &mighty.name, Vec::new(), words) });
        }
        for one in &account.principals {
            edges.push(everything(&mighty, &one.who));
            edges.extend(raises(one, number, account, &mighty));
        }
    }

    /// Who takes a role on.
    fn of_trust(&self, number: &str, role: &Principal, edges: &mut Vec<Edge>) {
        let Some(trust) = role.holder.trust.as_deref() else {
            let anyone = Who::new(WhoKind::Anyone, "anyone");
            let by = vec![trust_of(&role.holder.arn, None)];
            let words = unread(&format!("the trust policy of {}", role.holder.arn));
            edges.push(Edge { to: role.who.clone(), step: step_unread(&anyone, ASSUME, &role.who.name, by, words) });
            return;
        };
        let mentions = Mentions::of(trust);
        for one in self.accounts.values().flat_map(|account| &account.principals) {
            let allowed = one.may_allow([ASSUME].into_iter());
            if one.who == role.who || !mentions.names(one, allowed) {
                continue;
            }
            let foreign = arn::account(&one.holder.arn) != Some(number);
            for way in named(trust, &one.holder, ASSUME, To::Itself) {
                if let Some(step) = assumes(one, role, &way, foreign) {
                    edges.push(Edge { to: role.who.clone(), step });
                }
            }
        }
        for action in TAKES_ON {
            for outsider in self.outsiders(trust, action, number) {
                self.lets_outsider(role, action, outsider, edges);
            }
        }
    }

    fn lets_outsider(&self, role: &Principal, action: &str, outsider: Outsider, edges: &mut Vec<Edge>) {
        let Outsider { who, statement, mut terms } = outsider;
        let by = vec![trust_of(&role.holder.arn, Some(statement))];
        if who.name == PODS {
            for one in self.pod_identities.iter().flatten().filter(|one| one.role == role.holder.arn) {
                let name = format!("{}:system:serviceaccount:{}:{}", one.cluster, one.namespace, one.service_account);
                let pod = Who::new(WhoKind::ServiceAccount, name);
                let step = terms.clone().step(&pod, action, &role.who.name, by.clone());
                edges.push(Edge { to: role.who.clone(), step });
            }
            if self.pod_identities.is_none() {
                let words = unread("to which service accounts EKS gives the role");
                terms = terms.all(Holds::NotUnderstood, &[words]);
            }
        }
        edges.push(Edge { to: role.who.clone(), step: terms.step(&who, action, &role.who.name, by) });
    }
}

/// How somebody gives themselves, or whoever they like, every permission of their account.
fn raises(one: &Principal, number: &str, account: &Account, mighty: &Who) -> Vec<Edge> {
    let all = |ask: &Ask| [ask.on.all(&account.partition, number)];
    let mut found = Vec::new();
    for ask in RAISE.iter().filter(|ask| one.may_allow([ask.action].into_iter())) {
        let Some(gift) = one.holder.given(ask.action, To::Some(&all(ask))) else { continue };
        found.push(Terms::of(&gift).step(&one.who, ask.action, &mighty.name, one.at(&gift).into_iter().collect()));
    }
    // The sentences of these say what is not understood.
    for power in loosens(&one.holder, all) {
        let by = one.holder.policies.iter().zip(&one.places).find(|(held, _)| held.name == power.policy);
        let conditions = vec![Given { words: power.sentence, holds: Holds::Unmet }];
        let (who, action, to) = (one.who.clone(), power.action, mighty.name.clone());
        let by = by.map(|(_, place)| place.clone()).into_iter().collect();
        found.push(Step { who, action, to, by, may: power.may, conditions });
    }
    for (held, place) in one.holder.policies.iter().zip(&one.places).filter(|(held, _)| held.digest.is_none()) {
        found.push(step_unread(&one.who, "*", &mighty.name, vec![place.clone()], unread(&held.name)));
    }
    // One of each certainty is enough.
    found.sort_by_key(|step| std::cmp::Reverse(step.may));
    found.dedup_by_key(|step| step.may);
    found.into_iter().map(|step| Edge { to: mighty.clone(), step }).collect()
}

/// How a principal takes a role on that lets them in.
fn assumes(one: &Principal, role: &Principal, way: &Named, foreign: bool) -> Option<Step> {
    // Nobody calls as a group: its members have what it has, and are named themselves.
    if one.is_group() && way.how == Trusts::Them {
        return None;
    }
    let mut terms = Terms::default()
        .all(Holds::Met, &way.met)
        .all(Holds::Unmet, &way.besides)
        .all(Holds::NotUnderstood, &way.unclear);
    let mut by = vec![trust_of(&role.holder.arn, Some(way.place))];
    let to = To::One(&role.holder.arn);
    if foreign || way.how == Trusts::TheirAccount {
        let own;
        (terms, own) = one.own(ASSUME, to, terms)?;
        by.extend(own);
    } else {
        let (unless, unclear) = one.holder.denied(ASSUME, to)?;
        terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
    }
    Some(terms.step(&one.who, ASSUME, &role.who.name, by))
}

/// Who of the same account makes credentials of somebody, joins their group, changes whom they trust or hands them to a service.
fn of_credentials(account: &Account, target: &Principal, edges: &mut Vec<Edge>) {
    let kind = match target.who.kind {
        WhoKind::User => On::Users,
        WhoKind::Group => On::Groups,
        _ => On::Roles,
    };
    for ask in BECOME.iter().filter(|ask| ask.on == kind && ask.action != ASSUME) {
        let trust = target.holder.trust.as_deref();
        if ask.action == "iam:PassRole" && trust.is_some_and(|trust| !trusts_a_service(trust)) {
            continue;
        }
        for one in account.principals.iter().filter(|one| one.who != target.who) {
            if !one.may_allow([ask.action].into_iter()) {
                continue;
            }
            let Some(gift) = one.holder.given(ask.action, To::One(&target.holder.arn)) else { continue };
            let mut terms = Terms::of(&gift);
            if ask.action == "iam:PassRole" && trust.is_none() {
                terms = terms.all(Holds::NotUnderstood, &[unread(&format!("the trust policy of {}", target.who.name))]);
            }
            let by = one.at(&gift).into_iter().collect();
            edges.push(Edge { to: target.who.clone(), step: terms.step(&one.who, ask.action, &target.who.name, by) });
        }
    }
}
