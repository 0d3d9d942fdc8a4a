//! Who can become whom: by a role's trust, by making credentials of theirs, by joining a group, by giving oneself every permission.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::answer::{Holds, Place, Step, Terms, Who, WhoKind, unread as step_unread};
use super::asks::LET_IN;
use super::direct::unread;
use super::facts::{Account, Principal, World, place};
use super::outside::{Outsider, administrators, root};
use super::powers::{Power, Powers};
use crate::arn;
use crate::document::PrincipalForm;
use crate::permissions::{
    Ask, BECOME, CHANGE_PEOPLE, Digest, May, Named, On, RAISE, To, Trusts, named, trusts_a_service,
};

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
    pub anybody: bool,
    pub accounts: BTreeSet<String>,
    /// ARNs of users and roles.
    pub values: BTreeSet<String>,
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
}

/// Puts together all steps from somebody to somebody else.
pub struct Becoming<'a, 'w> {
    pub(super) world: &'w World,
    powers: &'a mut Powers<'w>,
    /// Accounts and places of principals, by ARN.
    pub(super) arns: &'a HashMap<&'w str, (&'w str, usize)>,
    take: &'a mut dyn FnMut(Edge),
    /// The people of SAML providers that some step begins with.
    people: BTreeSet<Who>,
    /// By account, and by action, those whose policies may allow it.
    others: BTreeMap<&'w str, BTreeMap<&'static str, Vec<usize>>>,
}

pub(super) const ASSUME: &str = "sts:AssumeRole";
/// By which somebody takes a role on.
const TAKES_ON: [&str; 3] = [ASSUME, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];
const PODS: &str = "pods.eks.amazonaws.com";

pub(super) fn trust_of(role: &str, statement: Option<usize>) -> Place {
    Place { statement, ..place("aws-iam/role", role, "trust_policy", None) }
}

impl<'a, 'w> Becoming<'a, 'w> {
    pub fn new(
        world: &'w World,
        powers: &'a mut Powers<'w>,
        arns: &'a HashMap<&'w str, (&'w str, usize)>,
        take: &'a mut dyn FnMut(Edge),
    ) -> Self {
        Self { world, powers, arns, take, people: BTreeSet::new(), others: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, to: &Who, step: Step) {
        if step.who.kind == WhoKind::People {
            self.people.insert(step.who.clone());
        }
        (self.take)(Edge { to: to.clone(), step });
    }

    /// Gives all of them.
    pub fn run(mut self) {
        for (number, account) in &self.world.accounts {
            self.of_administrators(number, account);
        }
        for number in self.world.accounts.keys() {
            let of = |action: &'static str| (action, self.powers.others(number, action));
            let asked = BECOME.iter().chain(&CHANGE_PEOPLE).map(|ask| ask.action).chain(LET_IN);
            let all = asked.map(of).collect();
            self.others.insert(number, all);
        }
        for (number, account) in &self.world.accounts {
            for target in &account.principals {
                self.of_credentials(number, target);
                if target.who.kind == WhoKind::Role {
                    self.of_trust(number, target);
                }
            }
        }
        self.of_people();
        self.of_clusters();
    }

    /// Those of an account whose policies may allow an action, without sure administrators.
    pub(super) fn others(&self, account: &str, action: &str) -> impl Iterator<Item = &'w Principal> + use<'w> {
        let places = self.others.get(account).and_then(|of| of.get(action)).cloned().unwrap_or_default();
        let principals = self.world.accounts.get(account).map(|account| account.principals.as_slice());
        places.into_iter().filter_map(move |at| principals.and_then(|all| all.get(at)))
    }

    /// Whoever changes or makes a SAML provider says who its people are.
    fn of_people(&mut self) {
        for provider in std::mem::take(&mut self.people) {
            let account = arn::account(&provider.name).unwrap_or_default().to_owned();
            if self.world.accounts.contains_key(&account) {
                let mighty = administrators(&account);
                let step = Terms::default().step(&mighty, "*", &provider.name, Vec::new());
                self.add(&provider, step);
            }
            for action in CHANGE_PEOPLE.iter().map(|ask| ask.action) {
                for one in self.others(&account, action) {
                    let Some(gift) = one.holder.given(action, To::One(&provider.name)) else { continue };
                    let by = one.at(&gift).into_iter().collect();
                    let step = Terms::of(&gift).step(&one.who, action, &provider.name, by);
                    self.add(&provider, step);
                }
            }
        }
    }

    /// Who can give themselves every permission of an account, and so become anybody of it.
    fn of_administrators(&mut self, number: &'w str, account: &'w Account) {
        let mighty = administrators(number);
        let everything = |who: &Who, to: &Who| Terms::default().step(who, "*", &to.name, Vec::new());
        let root = root(number, &account.partition);
        self.add(&mighty, everything(&root, &mighty));
        if !account.whole {
            let rest = Who::new(WhoKind::Account, number);
            let words = format!("not all users, groups and roles of account {number} were read");
            self.add(&mighty, step_unread(&rest, "*", &mighty.name, Vec::new(), words));
        }
        for (at, one) in account.principals.iter().enumerate() {
            self.add(&one.who, everything(&mighty, &one.who));
            let power = self.powers.get(number, at).cloned().unwrap_or_default();
            let steps = raises(one, &power, number, account, &mighty);
            let sure = steps.iter().any(|step| step.may == May::Yes);
            if let Some(power) = self.powers.of.get_mut(number).and_then(|of| of.get_mut(at)) {
                power.raises = sure;
            }
            for step in steps {
                self.add(&mighty, step);
            }
        }
    }

    /// Those whom a trust policy may let in, of those that were read. Sure administrators of the role's own account become it anyhow.
    fn mentioned(&self, number: &str, mentions: &Mentions) -> Vec<&'w Principal> {
        let at = |account: &'w str, at: usize| {
            let raises = account == number && self.powers.get(account, at).is_none_or(|one| one.raises);
            let all = self.world.accounts.get(account).map(|account| account.principals.as_slice());
            all.and_then(|all| all.get(at)).filter(|_| !raises)
        };
        let mut places: BTreeSet<(&'w str, usize)> = BTreeSet::new();
        for (account, all) in &self.world.accounts {
            if mentions.anybody {
                places.extend((0..all.principals.len()).map(|at| (account.as_str(), at)));
            } else if mentions.accounts.contains(account) {
                let of = self.powers.of.get(account.as_str()).into_iter().flatten().enumerate();
                places.extend(of.filter(|(_, one)| one.may(ASSUME)).map(|(at, _)| (account.as_str(), at)));
            }
        }
        places.extend(mentions.values.iter().filter_map(|value| self.arns.get(value.as_str()).copied()));
        places.into_iter().filter_map(|(account, place)| at(account, place)).collect()
    }

    /// Who takes a role on.
    fn of_trust(&mut self, number: &str, role: &'w Principal) {
        let Some(trust) = role.holder.trust.as_deref() else {
            let anyone = Who::new(WhoKind::Anyone, "anyone");
            let by = vec![trust_of(&role.holder.arn, None)];
            let words = unread(&format!("the trust policy of {}", role.holder.arn));
            self.add(&role.who, step_unread(&anyone, ASSUME, &role.who.name, by, words));
            return;
        };
        let mentions = Mentions::of(trust);
        for one in self.mentioned(number, &mentions) {
            if one.who == role.who {
                continue;
            }
            let foreign = arn::account(&one.holder.arn) != Some(number);
            // Of many who are let in by their account, most have no policy that says so of this role.
            let by_name = mentions.anybody || mentions.values.contains(&one.holder.arn);
            if (foreign || !by_name) && !one.holder.may_be_given(ASSUME, To::One(&role.holder.arn)) {
                continue;
            }
            for way in named(trust, &one.holder, ASSUME, To::Itself) {
                if let Some(step) = assumes(one, role, &way, foreign) {
                    self.add(&role.who, step);
                }
            }
        }
        for outsider in self.world.outsiders(trust, number) {
            for action in TAKES_ON {
                if trust.all().any(|(n, one)| n == outsider.statement && one.covers_action(action)) {
                    self.lets_outsider(role, action, outsider.clone());
                }
            }
        }
    }

    fn lets_outsider(&mut self, role: &Principal, action: &str, outsider: Outsider) {
        let Outsider { who, statement, mut terms } = outsider;
        let by = vec![trust_of(&role.holder.arn, Some(statement))];
        if who.name == PODS {
            // By no other action does a service take a role on.
            if action != ASSUME {
                return;
            }
            let Some(words) = self.of_pods(role, statement, &terms) else { return };
            terms = terms.all(Holds::NotUnderstood, &[words]);
        }
        self.add(&role.who, terms.step(&who, action, &role.who.name, by));
    }

    /// Who of the same account makes credentials of somebody, joins their group, changes whom they trust or hands them to a service.
    fn of_credentials(&mut self, number: &str, target: &'w Principal) {
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
            for one in self.others(number, ask.action).filter(|one| one.who != target.who) {
                let Some(gift) = one.holder.given(ask.action, To::One(&target.holder.arn)) else { continue };
                let mut terms = Terms::of(&gift);
                if ask.action == "iam:PassRole" && trust.is_none() {
                    let words = unread(&format!("the trust policy of {}", target.who.name));
                    terms = terms.all(Holds::NotUnderstood, &[words]);
                }
                let by = one.at(&gift).into_iter().collect();
                self.add(&target.who, terms.step(&one.who, ask.action, &target.who.name, by));
            }
        }
    }
}

/// How somebody gives themselves, or whoever they like, every permission of their account.
fn raises(one: &Principal, power: &Power, number: &str, account: &Account, mighty: &Who) -> Vec<Step> {
    let all = |ask: &Ask| [ask.on.all(&account.partition, number)];
    let mut found = Vec::new();
    for ask in RAISE.iter().filter(|ask| power.may(ask.action)) {
        let Some(gift) = one.holder.given(ask.action, To::Some(&all(ask))) else { continue };
        found.push(Terms::of(&gift).step(&one.who, ask.action, &mighty.name, one.at(&gift).into_iter().collect()));
    }
    for (held, place) in one.holder.policies.iter().zip(&one.places).filter(|(held, _)| held.digest.is_none()) {
        found.push(step_unread(&one.who, "*", &mighty.name, vec![place.clone()], unread(&held.name)));
    }
    // One of each certainty is enough.
    found.sort_by_key(|step| std::cmp::Reverse(step.may));
    found.dedup_by_key(|step| step.may);
    found
}

/// How a principal takes a role on that lets them in.
pub(super) fn assumes(one: &Principal, role: &Principal, way: &Named, foreign: bool) -> Option<Step> {
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
        let (unless, unclear) = one.holder.denied(ASSUME, to, false)?;
        terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
    }
    Some(terms.step(&one.who, ASSUME, &role.who.name, by))
}
