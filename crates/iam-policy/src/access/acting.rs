//! Who acts on a key themselves. Many keys have the same policy, or the same but for whom it names: what is the same of two keys is found once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::answer::{Given, Holds, Place, Who, WhoKind};
use super::asks::of_grant;
use super::becoming::Mentions;
use super::direct::{Act, Acts, account_named, actions, add, constrained, given, in_grants, in_policy, unread};
use super::facts::{Grant, Key, Principal, World, place};
use super::outside::administrators;
use super::powers::{OF_KEYS, Power, Powers, masks};
use crate::arn;
use crate::document::{Effect, PrincipalForm, Statement};
use crate::permissions::{Digest, May, session_of};

/// What statements speak of.
type Speaks = Rc<[(Effect, u64)]>;

/// A policy of keys.
#[derive(Debug)]
struct Policy {
    speaks: Speaks,
    mentions: Mentions,
    /// Without the statements that name single users and roles, and what those speak of.
    general: Rc<(Digest, Vec<(Effect, u64)>)>,
    /// The number of the general part: equal ones have the same.
    number: usize,
    /// Whether its resources tell no two keys of one account and region apart.
    even: bool,
}

/// Principals of an account whose policies tell its keys apart.
#[derive(Debug, Default)]
struct Uneven<'w> {
    /// By patterns, variables, or all but some.
    broad: Vec<usize>,
    /// By ARNs alone: those who may do something to one key.
    exact: HashMap<&'w str, Vec<usize>>,
    all: BTreeSet<usize>,
}

/// What keys have in common that principals' policies can ask of them: account, region, and what nobody can change.
type Class = (String, BTreeMap<String, Vec<String>>);

/// Those who may do something to keys of a class by the general part of a policy, found out for one key of it.
#[derive(Debug)]
struct Common<'w> {
    key: String,
    acts: Vec<(&'w Principal, Acts)>,
    /// Their places.
    at: HashMap<&'w Who, usize>,
}

/// The same for one policy: without those whom it names.
#[derive(Debug)]
pub struct CommonOf<'w> {
    policy: Rc<Policy>,
    common: Rc<Common<'w>>,
}

impl<'w> CommonOf<'w> {
    /// Equal for all keys that have as much in common, whomever their policies name.
    pub fn number(&self) -> usize {
        Rc::as_ptr(&self.common).cast::<u8>().addr()
    }

    /// What everybody does to a key of a policy that names nobody of them.
    pub fn everybody<'c>(&'c self, arn: &'c str) -> impl Iterator<Item = (&'w Who, Acts)> + 'c {
        self.common.acts.iter().map(move |(one, acts)| (&one.who, self.moved(acts, arn)))
    }

    /// Those of them whom the policy names.
    pub fn named(&self) -> impl Iterator<Item = &'w Who> {
        let named = self.policy.mentions.values.iter().filter_map(|arn| self.common.at.get(&Who::of_arn(arn)));
        named.filter_map(|at| self.common.acts.get(*at)).map(|(one, _)| &one.who)
    }

    /// What they do to a key.
    pub fn acts<'c>(&'c self, arn: &'c str) -> impl Iterator<Item = (&'w Who, Acts)> + 'c {
        let here = self.common.acts.iter().filter(|(one, _)| !self.names(one));
        here.map(move |(one, acts)| (&one.who, self.moved(acts, arn)))
    }

    /// What one of them does to a key.
    pub fn of(&self, who: &Who, arn: &str) -> Option<Acts> {
        let (one, acts) = self.common.acts.get(*self.common.at.get(who)?)?;
        (!self.names(one)).then(|| self.moved(acts, arn))
    }

    fn names(&self, one: &Principal) -> bool {
        self.policy.mentions.values.contains(&one.holder.arn)
    }

    fn moved(&self, acts: &Acts, arn: &str) -> Acts {
        acts.iter().cloned().map(|act| act.moved(&self.common.key, arn)).collect()
    }
}

/// Who acts on a key.
#[derive(Debug)]
pub struct Parts<'w> {
    /// Those about whom something has to be found out for this key: with all that they do.
    pub own: BTreeMap<Who, Acts>,
    /// The others, who do the same to many keys. Whoever is in both does what the first says.
    pub common: Option<CommonOf<'w>>,
}

/// Finds who acts on keys.
#[derive(Debug)]
pub struct Acting<'w> {
    world: &'w World,
    uneven: BTreeMap<&'w str, Uneven<'w>>,
    /// By the place of the policy, which is shared by keys and lasts as long as the world.
    policies: HashMap<usize, Rc<Policy>>,
    general: HashMap<String, usize>,
    common: HashMap<(usize, Class, BTreeSet<&'w str>), Rc<Common<'w>>>,
}

/// Where a principal stands: the account, and the place in it.
type At<'w> = (&'w str, usize);

/// What a key is asked with.
struct Asked<'a, 'w> {
    key: &'a Key,
    powers: &'a Powers<'w>,
    arns: &'a HashMap<&'w str, At<'w>>,
    /// Accounts whose administrators surely do everything to it: each of them does, and need not be named once more.
    covered: BTreeSet<&'w str>,
}

impl Parts<'_> {
    /// Both in one.
    pub fn whole(self, arn: &str) -> BTreeMap<Who, Acts> {
        let mut all = self.own;
        for (who, acts) in self.common.iter().flat_map(|common| common.acts(arn)) {
            if !all.contains_key(who) {
                all.insert(who.clone(), acts);
            }
        }
        all
    }
}

impl<'w> Acting<'w> {
    pub fn new(world: &'w World, powers: &Powers<'w>) -> Self {
        let mut uneven: BTreeMap<&str, Uneven<'_>> = BTreeMap::new();
        for (number, account) in &world.accounts {
            let of = uneven.entry(number).or_default();
            for (at, one) in account.principals.iter().enumerate() {
                of.add(at, one, powers.get(number, at));
            }
        }
        Self { world, uneven, policies: HashMap::new(), general: HashMap::new(), common: HashMap::new() }
    }

    /// Who acts on this key.
    pub fn on(&mut self, key: &Key, powers: &Powers<'w>, arns: &HashMap<&'w str, At<'w>>) -> BTreeMap<Who, Acts> {
        self.parts(key, powers, arns).whole(&key.arn)
    }

    /// The same, apart from what was found out once for many keys.
    pub fn parts(&mut self, key: &Key, powers: &Powers<'w>, arns: &HashMap<&'w str, At<'w>>) -> Parts<'w> {
        let mut all: BTreeMap<Who, Acts> = BTreeMap::new();
        let policy = key.policy.as_ref().map(|policy| (policy, self.policy(policy)));
        if let Some((digest, known)) = &policy {
            let places: HashMap<usize, u64> =
                digest.all().zip(known.speaks.iter()).map(|((place, _), (_, mask))| (place, mask & OF_KEYS)).collect();
            for one in self.world.outsiders(digest, &key.account) {
                let mask = places.get(&one.statement).copied().unwrap_or(0);
                if mask != 0 {
                    let act = Act::of(mask, one.terms, vec![in_policy(key, one.statement)]);
                    add(all.entry(one.who).or_default(), act);
                }
            }
        }
        let mut asked = Asked { key, powers, arns, covered: BTreeSet::new() };
        let everything =
            |number: &&&'w String| all.get(&administrators(number)).is_some_and(|acts| is_everything(acts));
        asked.covered = self.world.accounts.keys().filter(|number| everything(&number)).map(String::as_str).collect();
        let common = policy.as_ref().and_then(|(digest, known)| self.by_policy(&asked, digest, known, &mut all));
        // What is common comes before what a grant gives.
        let mut pulled: BTreeSet<Who> = BTreeSet::new();
        let mut pull = |all: &mut BTreeMap<Who, Acts>, who: &Who| {
            if let Some(acts) = common.as_ref().and_then(|common| common.of(who, &key.arn))
                && pulled.insert(who.clone())
            {
                all.entry(who.clone()).or_default().extend(acts);
            }
        };
        for who in all.keys().cloned().collect::<Vec<_>>() {
            pull(&mut all, &who);
        }
        let speaks: &[(Effect, u64)] = policy.as_ref().map(|(_, known)| &*known.speaks).unwrap_or_default();
        for grant in key.known_grants() {
            for (one, power) in self.granted(&asked, grant) {
                pull(&mut all, &one.who);
                let acts = all.entry(one.who.clone()).or_default();
                one.acts_by_grant(key, grant, (power, speaks), acts);
            }
            for who in self.grantees(grant) {
                pull(&mut all, &who);
                for (bit, action) in actions(given(grant)) {
                    if let Some(terms) = constrained(grant, action) {
                        add(all.entry(who.clone()).or_default(), Act::of(bit, terms, vec![in_grants(key, grant)]));
                    }
                }
            }
        }
        let granted = actions(OF_KEYS).filter(|(_, action)| of_grant(action.name.trim_start_matches("kms:")).is_some());
        let by_grants = granted.fold(0, |all, (bit, _)| all | bit);
        for (part, mask, missing) in
            [("policy", OF_KEYS, key.policy.is_none()), ("grants", by_grants, key.grants.is_none())]
        {
            if missing {
                let act = not_read(key, part, mask);
                add(all.entry(Who::new(WhoKind::Anyone, "anyone")).or_default(), act);
            }
        }
        all.retain(|_, acts| !acts.is_empty());
        Parts { own: all, common }
    }

    fn policy(&mut self, policy: &Arc<Digest>) -> Rc<Policy> {
        let at = Arc::as_ptr(policy).addr();
        if let Some(known) = self.policies.get(&at) {
            return Rc::clone(known);
        }
        let general = policy.without(is_general);
        // Equal statements are written alike.
        let text = format!("{:?}", general.all().collect::<Vec<_>>());
        let next = self.general.len();
        let number = *self.general.entry(text).or_insert(next);
        let speaks = masks(&general);
        let known = Rc::new(Policy {
            speaks: masks(policy).into(),
            mentions: Mentions::of(policy),
            general: Rc::new((general, speaks)),
            number,
            even: policy.all().all(|(_, statement)| is_even(statement)),
        });
        self.policies.insert(at, Rc::clone(&known));
        known
    }

    /// Those whom the key's policy names, or whose account it leaves it to: of these the ones that are the same at other keys are what it gives.
    fn by_policy(
        &mut self,
        asked: &Asked<'_, 'w>,
        digest: &Digest,
        known: &Rc<Policy>,
        all: &mut BTreeMap<Who, Acts>,
    ) -> Option<CommonOf<'w>> {
        let Asked { key, powers, arns, .. } = asked;
        let Mentions { anybody, accounts, values } = &known.mentions;
        let named: BTreeSet<At<'w>> = values.iter().filter_map(|value| arns.get(value.as_str()).copied()).collect();
        let mut alone = named.clone();
        for (number, account) in &self.world.accounts {
            let number = number.as_str();
            if !anybody && !accounts.contains(number) {
                continue;
            }
            let Some(uneven) = self.uneven.get(number) else { continue };
            if !known.even || *anybody {
                let apart = (0..account.principals.len()).filter(|at| !known.even || uneven.all.contains(at));
                alone.extend(apart.map(|at| (number, at)));
            } else {
                let exact = uneven.exact.get(key.arn.as_str()).into_iter().flatten();
                alone.extend(uneven.broad.iter().chain(exact).map(|at| (number, *at)));
            }
        }
        for (account, at) in alone {
            let Some((one, power)) = self.at((account, at), powers) else { continue };
            let is_named = named.contains(&(account, at));
            let silent = !anybody && !is_named && power.allows & OF_KEYS == 0;
            if silent || !is_named && power.raises && asked.covered.contains(account) {
                continue;
            }
            let acts = one.acts_by_policy(key, digest, power, &known.speaks);
            all.entry(one.who.clone()).or_default().extend(acts);
        }
        known.even.then(|| CommonOf { policy: Rc::clone(known), common: self.common(asked, known) })
    }

    /// What the general part of a policy gives those whose own policies tell no keys apart.
    fn common(&mut self, asked: &Asked<'_, 'w>, known: &Policy) -> Rc<Common<'w>> {
        let Asked { key, powers, covered, .. } = asked;
        let region = key.arn.split(':').take(5).collect::<Vec<_>>().join(":");
        let of = (known.number, (region, key.fixed.clone()), covered.clone());
        if let Some(found) = self.common.get(&of) {
            return Rc::clone(found);
        }
        let Mentions { anybody, accounts, .. } = &known.mentions;
        let (digest, speaks) = &*known.general;
        let mut acts = Vec::new();
        for (number, account) in &self.world.accounts {
            if !anybody && !accounts.contains(number) {
                continue;
            }
            let uneven = self.uneven.get(number.as_str());
            for at in 0..account.principals.len() {
                let Some((one, power)) = self.at((number, at), powers) else { continue };
                let silent = !anybody && power.allows & OF_KEYS == 0;
                let apart = uneven.is_some_and(|uneven| uneven.all.contains(&at));
                if silent || apart || power.raises && covered.contains(number.as_str()) {
                    continue;
                }
                let found = one.acts_by_policy(key, digest, power, speaks);
                if !found.is_empty() {
                    acts.push((one, found));
                }
            }
        }
        let at = acts.iter().enumerate().map(|(at, (one, _))| (&one.who, at)).collect();
        let found = Rc::new(Common { key: key.arn.clone(), acts, at });
        self.common.insert(of, Rc::clone(&found));
        found
    }

    fn at<'p>(&self, (account, at): (&str, usize), powers: &'p Powers<'w>) -> Option<(&'w Principal, &'p Power)> {
        let one = self.world.accounts.get(account)?.principals.get(at)?;
        Some((one, powers.get(account, at)?))
    }

    /// Principals that were read and have a grant.
    fn granted<'p>(&self, asked: &Asked<'p, 'w>, grant: &Grant) -> Vec<(&'w Principal, &'p Power)> {
        let Some(grantee) = grant.grantee.as_deref() else { return Vec::new() };
        if let Some(at) = asked.arns.get(grantee) {
            return self.at(*at, asked.powers).into_iter().collect();
        }
        let whole = account_named(grantee);
        let number = whole.or_else(|| arn::account(grantee)).unwrap_or_default();
        let Some((number, account)) = self.world.accounts.get_key_value(number) else { return Vec::new() };
        let all = (0..account.principals.len()).filter_map(|at| self.at((number, at), asked.powers));
        let covered = asked.covered.contains(number.as_str());
        let theirs = |(one, power): &(&'w Principal, &'p Power)| match whole {
            Some(_) => power.allows & OF_KEYS != 0 && !(power.raises && covered),
            None => session_of(&one.holder, grantee).is_some(),
        };
        all.filter(theirs).collect()
    }

    /// Grantees that are no principals that were read.
    fn grantees(&self, grant: &Grant) -> Vec<Who> {
        let service = grant.grantee_service.iter().map(|name| Who::new(WhoKind::Service, name));
        let mut found: Vec<Who> = service.collect();
        if let Some(grantee) = &grant.grantee {
            let account = arn::account(grantee).unwrap_or_default();
            match account_named(grantee) {
                Some(number) => found.extend(self.world.account(number)),
                None if arn::is_service(grantee) => found.push(Who::new(WhoKind::Service, grantee)),
                // Whoever can give them everything takes away what denies it to them.
                None if self.world.knows(account, grantee) || self.world.has_session(account, grantee) => {
                    found.push(administrators(account));
                }
                None => found.push(Who::of_arn(grantee)),
            }
        }
        found
    }
}

/// A part of a key that was not read: whatever it could give, anyone may have.
pub fn not_read(key: &Key, part: &str, mask: u64) -> Act {
    let words = unread(&format!("`{part}` of {}", key.arn));
    Act {
        mask,
        may: May::Undetermined,
        by: vec![place("aws-kms/key", &key.arn, part, None)],
        conditions: vec![Given { words, holds: Holds::NotUnderstood }],
    }
}

/// Whether somebody surely uses, administers and destroys.
fn is_everything(acts: &[Act]) -> bool {
    use super::answer::Does;
    let sure = acts.iter().filter(|act| act.may == May::Yes).fold(0, |all, act| all | act.mask);
    [Does::Use, Does::Administer, Does::Destroy].iter().all(|does| sure & does.mask() != 0)
}

/// Whether an allowing statement names others than single users and roles.
fn is_general(statement: &Statement) -> bool {
    let single = |form| {
        matches!(
            form,
            PrincipalForm::User
                | PrincipalForm::Role
                | PrincipalForm::Service
                | PrincipalForm::IdentityProvider
                | PrincipalForm::UniqueId
        )
    };
    statement.principals.as_ref().is_none_or(|all| all.iter().any(|one| !single(one.form)))
}

/// Whether the resources of a statement tell no two keys of one account and region apart.
fn is_even(statement: &Statement) -> bool {
    statement.resources.iter().chain(&statement.not_resources).flatten().all(|pattern| Pattern::of(pattern).is_even())
}

/// What a pattern of resources says of keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// It matches all of a region and an account, or none.
    Even,
    /// It never matches a key.
    Never,
    /// One ARN.
    Exact,
    Other,
}

impl Pattern {
    fn of(pattern: &str) -> Self {
        if !pattern.is_empty() && pattern.chars().all(|c| c == '*') {
            return Self::Even;
        }
        if pattern.contains("${") {
            return Self::Other;
        }
        let fields: Vec<&str> = pattern.splitn(6, ':').collect();
        let [arn, partition, service, _, _, resource] = fields.as_slice() else { return Self::Other };
        let wild = |text: &str| text.contains(['*', '?']);
        if wild(arn) || wild(partition) || wild(service) {
            return Self::Other;
        }
        match *resource {
            _ if *service != "kms" => Self::Never,
            "*" | "key/*" => Self::Even,
            _ if resource.starts_with("alias/") => Self::Never,
            _ if wild(pattern) => Self::Other,
            _ => Self::Exact,
        }
    }

    fn is_even(self) -> bool {
        matches!(self, Self::Even | Self::Never)
    }
}

impl<'w> Uneven<'w> {
    fn add(&mut self, at: usize, one: &'w Principal, power: Option<&Power>) {
        let digests = one.holder.policies.iter().chain(&one.holder.boundary).filter_map(|held| held.digest.as_deref());
        let speaks =
            |statement: &&'w Statement| actions(OF_KEYS).any(|(_, action)| statement.covers_action(action.name));
        if power.is_none_or(|power| !power.of_any) {
            return;
        }
        let statements: Vec<&Statement> =
            digests.flat_map(Digest::all).map(|(_, statement)| statement).filter(speaks).collect();
        if statements.iter().all(|statement| is_even(statement)) {
            return;
        }
        self.all.insert(at);
        let mut exact = Vec::new();
        let mut broad = one.holder.policies.iter().any(|held| held.digest.is_none());
        let own = one.holder.policies.iter().filter_map(|held| held.digest.as_deref());
        for (_, statement) in own.flat_map(Digest::allows).filter(|(_, statement)| speaks(statement)) {
            broad |= statement.resources.is_none();
            for pattern in statement.resources.iter().flatten() {
                match Pattern::of(pattern) {
                    Pattern::Exact => exact.push(pattern.as_str()),
                    Pattern::Never => {}
                    Pattern::Even | Pattern::Other => broad = true,
                }
            }
        }
        if broad {
            self.broad.push(at);
            return;
        }
        exact.sort_unstable();
        exact.dedup();
        for arn in exact {
            self.exact.entry(arn).or_default().push(at);
        }
    }
}

impl Act {
    /// The same of another key.
    fn moved(mut self, from: &str, to: &str) -> Self {
        move_to(&mut self.by, &mut self.conditions, from, to);
        self
    }
}

/// Puts one key in the place of another.
pub fn move_to(by: &mut [Place], conditions: &mut [Given], from: &str, to: &str) {
    if from == to {
        return;
    }
    for place in by.iter_mut().filter(|place| place.id == from) {
        to.clone_into(&mut place.id);
    }
    for one in conditions.iter_mut().filter(|one| one.words.contains(from)) {
        one.words = one.words.replace(from, to);
    }
}
