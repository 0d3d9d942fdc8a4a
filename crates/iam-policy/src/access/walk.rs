//! From a key back to everybody who reaches it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::answer::{Does, Reach, Reacher, Step, Who, WhoKind, unread as step_unread};
use super::asks::{KEY_ACTIONS, KeyAction, of_grant};
use super::becoming::{Edge, Mentions};
use super::direct::{Acts, account_named, constrained, in_grants, in_policy, keep, unread};
use super::facts::{Key, World, place};
use super::outside::administrators;
use crate::permissions::{May, To, session_of};

/// A step that another target knows of: whom an access entry of EKS makes a user of a cluster, which of those may become a service account,
/// who may push to a repository whose workflows take a role on.
#[derive(Clone, Debug)]
pub struct Link {
    pub to: Who,
    /// `who` of it is from whom.
    pub step: Step,
}

/// Answers for any number of keys of a world.
#[derive(Debug)]
pub struct Walker<'w> {
    world: &'w World,
    /// The steps to somebody.
    into: HashMap<Who, Vec<Step>>,
    /// Principals whose own policies may allow something on keys, by account and place.
    of_keys: HashMap<&'w str, Vec<bool>>,
}

/// How somebody reaches a key: the step they take, and whether the whole path can be taken.
#[derive(Clone, Debug)]
struct Way {
    may: May,
    /// `None`: they act on the key themselves.
    step: Option<(Step, Who)>,
}

impl<'w> Walker<'w> {
    /// `links`: steps that are not read from policies.
    #[must_use]
    pub fn new(world: &'w World, links: Vec<Link>) -> Self {
        let mut into: HashMap<Who, Vec<Step>> = HashMap::new();
        for Edge { to, step } in world.edges() {
            into.entry(to).or_default().push(step);
        }
        for Link { to, step } in links {
            into.entry(to).or_default().push(step);
        }
        let allows = |account: &super::facts::Account| {
            let actions = || KEY_ACTIONS.iter().map(|action| action.name);
            account.principals.iter().map(|one| one.may_allow(actions())).collect()
        };
        let of_keys = world.accounts.iter().map(|(number, account)| (number.as_str(), allows(account))).collect();
        Self { world, into, of_keys }
    }

    /// Who reaches this key.
    #[must_use]
    pub fn reach(&self, key: &Key) -> Reach {
        let acts = self.acts(key);
        let federated = self.federated(&acts);
        let mut reachers = Vec::new();
        for does in [Does::Use, Does::Administer, Does::Destroy] {
            reachers.extend(self.walk(&acts, &federated, does));
        }
        reachers.sort_by(|a, b| (&a.who, a.does).cmp(&(&b.who, b.does)));
        Reach { key: key.arn.clone(), reachers }
    }

    /// Who acts on the key themselves.
    fn acts(&self, key: &Key) -> BTreeMap<Who, Acts> {
        let mut all: BTreeMap<Who, Acts> = BTreeMap::new();
        let mentions = key.policy.as_ref().map(Mentions::of).unwrap_or_default();
        for (number, account) in &self.world.accounts {
            let allowed = self.of_keys.get(number.as_str());
            for (n, one) in account.principals.iter().enumerate() {
                let may = allowed.and_then(|allowed| allowed.get(n)).copied().unwrap_or(true);
                let granted = key.known_grants().filter_map(|grant| grant.grantee.as_deref()).any(|grantee| {
                    grantee == one.who.name
                        || account_named(grantee) == Some(number)
                        || session_of(&one.holder, grantee).is_some()
                });
                if mentions.names(one, may) || granted {
                    let acts = one.acts(key);
                    if !acts.is_empty() {
                        all.insert(one.who.clone(), acts);
                    }
                }
            }
        }
        let mut add =
            |who: &Who, action: &KeyAction, step: Step| keep(all.entry(who.clone()).or_default(), action, step);
        if let Some(policy) = &key.policy {
            for action in &KEY_ACTIONS {
                for one in self.world.outsiders(policy, action.name, &key.account) {
                    let step = one.terms.step(&one.who, action.name, &key.arn, vec![in_policy(key, one.statement)]);
                    add(&one.who, action, step);
                }
            }
        }
        let anyone = Who::new(WhoKind::Anyone, "anyone");
        let parts = [("policy", key.policy.is_none()), ("grants", key.grants.is_none())];
        for (part, _) in parts.into_iter().filter(|(_, missing)| *missing) {
            let at = || vec![place("aws-kms/key", &key.arn, part, None)];
            let actions = KEY_ACTIONS
                .iter()
                .filter(|action| part == "policy" || of_grant(action.name.trim_start_matches("kms:")).is_some());
            for action in actions {
                let words = unread(&format!("`{part}` of {}", key.arn));
                add(&anyone, action, step_unread(&anyone, action.name, &key.arn, at(), words));
            }
        }
        for grant in key.known_grants() {
            for who in self.grantees(grant) {
                for action in grant.operations.iter().filter_map(|operation| of_grant(operation)) {
                    if let Some(terms) = constrained(grant, action) {
                        add(&who, action, terms.step(&who, action.name, &key.arn, vec![in_grants(key, grant)]));
                    }
                }
            }
        }
        all
    }

    /// Grantees that are no principals that were read.
    fn grantees(&self, grant: &super::facts::Grant) -> Vec<Who> {
        let service = grant.grantee_service.iter().map(|name| Who::new(WhoKind::Service, name));
        let mut found: Vec<Who> = service.collect();
        if let Some(grantee) = &grant.grantee {
            let account = crate::arn::account(grantee).unwrap_or_default();
            match account_named(grantee) {
                Some(number) => found.extend(self.world.account(number)),
                None if crate::arn::is_service(grantee) => found.push(Who::new(WhoKind::Service, grantee)),
                // Whoever can give them everything takes away what denies it to them.
                None if self.world.knows(account, grantee) || self.world.has_session(account, grantee) => {
                    found.push(administrators(account));
                }
                None => found.push(Who::of_arn(grantee)),
            }
        }
        found
    }

    /// The steps to federated users, whom users make: their names stand in policies alone.
    fn federated(&self, acts: &BTreeMap<Who, Acts>) -> HashMap<Who, Vec<Step>> {
        const ACTION: &str = "sts:GetFederationToken";
        let mut found: HashMap<Who, Vec<Step>> = HashMap::new();
        for who in acts.keys().filter(|who| who.name.contains(":federated-user/")) {
            let account = crate::arn::account(&who.name).and_then(|number| self.world.accounts.get(number));
            let users = account.into_iter().flat_map(|account| &account.principals);
            for one in users.filter(|one| one.who.kind == WhoKind::User) {
                let Some((terms, by)) = one.own(ACTION, To::One(&who.name), Default::default()) else { continue };
                found.entry(who.clone()).or_default().push(terms.step(&one.who, ACTION, &who.name, by));
            }
        }
        found
    }

    /// Everybody from whom steps lead to somebody who does this.
    fn walk(&self, acts: &BTreeMap<Who, Acts>, federated: &HashMap<Who, Vec<Step>>, does: Does) -> Vec<Reacher> {
        let counts = |name: &str| KEY_ACTIONS.iter().any(|one| one.name == name && one.does.contains(&does));
        let mut ways: BTreeMap<Who, Way> = BTreeMap::new();
        // First by what is sure, then by what may be.
        for certainty in [May::Yes, May::Undetermined] {
            let mut queue: VecDeque<Who> = ways.keys().cloned().collect();
            for (who, acts) in acts {
                let best = acts.iter().filter(|(name, _)| counts(name)).map(|(_, step)| step.may).max();
                if best.is_some_and(|best| best >= certainty) && !ways.contains_key(who) {
                    ways.insert(who.clone(), Way { may: certainty, step: None });
                    queue.push_back(who.clone());
                }
            }
            while let Some(to) = queue.pop_front() {
                for step in [&self.into, federated].into_iter().filter_map(|into| into.get(&to)).flatten() {
                    if step.may >= certainty && !ways.contains_key(&step.who) {
                        ways.insert(step.who.clone(), Way { may: certainty, step: Some((step.clone(), to.clone())) });
                        queue.push_back(step.who.clone());
                    }
                }
            }
        }
        ways.keys().map(|who| reacher(who, &ways, acts, does)).collect()
    }
}

/// The path of one of those who were found.
fn reacher(who: &Who, ways: &BTreeMap<Who, Way>, acts: &BTreeMap<Who, Acts>, does: Does) -> Reacher {
    let may = ways.get(who).map_or(May::Undetermined, |way| way.may);
    let (mut path, mut at) = (Vec::new(), who);
    while let Some((step, to)) = ways.get(at).and_then(|way| way.step.as_ref()) {
        path.push(step.clone());
        at = to;
    }
    let mut actions = Vec::new();
    if let Some(acts) = acts.get(at) {
        // In the order of the table: the one with the widest effect names the path.
        let mut last: Option<&Step> = None;
        for action in KEY_ACTIONS.iter().filter(|action| action.does.contains(&does)) {
            let Some(step) = acts.get(action.name) else { continue };
            actions.push(action.name.to_owned());
            if last.is_none_or(|last| last.may < step.may) {
                last = Some(step);
            }
        }
        path.extend(last.cloned());
    }
    Reacher { who: who.clone(), does, may, actions, path }
}
