//! Who uses, administers and destroys a key, by which way and with which factors, beside who is declared to hold it.

use std::collections::{BTreeMap, BTreeSet};

use declaration::Key;
use diagnose::help_known;
use iam_policy::May;
use iam_policy::access::{Does, Entry, Step, Who, WhoKind, expand};
use joins::reach::{Common, CommonFacts, Factors, ReachFacts, Reacher};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aliases::Aliases;
use crate::links::{Links, Place, Unanswerable};
use crate::trace::KeptAt;

/// What a bundle says of who reaches keys.
#[derive(Clone, Debug, Default)]
pub struct FoundReach {
    /// By the key's ARN: of those that were asked for. Their entries are everybody, those whom `joined/common-reach` lists among them.
    pub keys: BTreeMap<String, ReachFacts>,
    /// Who reaches several keys in one way, by the object's id.
    pub common: BTreeMap<String, CommonReach>,
    /// Of all keys.
    pub counts: BTreeMap<String, Counted>,
    /// By the account's number.
    pub administrators: BTreeMap<String, Vec<Reacher>>,
    /// Why something is not known, by kind and id of what it is about.
    pub unread: BTreeMap<(String, String), Vec<String>>,
    /// Of KMS keys.
    pub aliases: Aliases,
    /// Tokens of PKCS#11 by target: their facts.
    pub tokens: BTreeMap<String, Value>,
    /// Records that are withheld in this copy and might say more.
    pub withheld: u64,
}

/// Who reaches several keys in one way, and how many they are.
#[derive(Clone, Debug, Default)]
pub struct CommonReach {
    pub facts: CommonFacts,
    counted: Counted,
}

impl CommonReach {
    #[must_use]
    pub fn new(facts: CommonFacts) -> Self {
        let counted = Counted::counting(facts.entries.iter().flatten());
        Self { facts, counted }
    }

    /// Those of them who reach a key that refers to them. Nobody is here and among the key's own entries too.
    fn count(&self, refers: &Common) -> Counted {
        match refers.except.is_empty() {
            true => self.counted.clone(),
            false => Counted::counting(self.facts.of(refers)),
        }
    }
}

/// How many reach a key. Administrators of an account are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counted {
    /// Keys of the inventory that are this one.
    pub declared: Vec<String>,
    pub r#use: u64,
    pub administer: u64,
    pub destroy: u64,
    /// Those of whom it is not known whether they do.
    pub undetermined: u64,
    /// Whether something was not read that could name more.
    pub open: bool,
}

impl Counted {
    /// `common`: the object that the key refers to, if it does and that is there.
    #[must_use]
    pub fn of(facts: &ReachFacts, common: Option<&CommonReach>) -> Self {
        let mut counted = Self::counting(facts.entries.iter().flatten());
        counted.declared = facts.declared.iter().flatten().map(|key| key.id.clone()).collect();
        counted.open = facts.everyone.is_none() || facts.entries.is_none();
        match (facts.refers_to(), common) {
            (Some(refers), Some(common)) => {
                let others = common.count(refers);
                counted.r#use += others.r#use;
                counted.administer += others.administer;
                counted.destroy += others.destroy;
                counted.undetermined += others.undetermined;
                counted.open |= common.facts.entries.is_none();
            }
            (Some(_), None) => counted.open = true,
            (None, _) => {}
        }
        counted
    }

    fn counting<'r>(entries: impl Iterator<Item = &'r Reacher>) -> Self {
        let mut counted = Self::default();
        let (mut sure, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
        for one in entries.filter(|one| is_somebody(&one.entry.who)) {
            for does in &one.entry.does {
                match one.entry.may {
                    May::Yes => sure.insert((&one.entry.who, *does)),
                    May::Undetermined => perhaps.insert((&one.entry.who, *does)),
                };
            }
        }
        let count = |does: Does| sure.iter().filter(|(_, one)| *one == does).count() as u64;
        counted.r#use = count(Does::Use);
        counted.administer = count(Does::Administer);
        counted.destroy = count(Does::Destroy);
        counted.undetermined = perhaps.difference(&sure).map(|(who, _)| who).collect::<BTreeSet<_>>().len() as u64;
        counted
    }
}

/// A group is nobody: its members are named themselves.
fn is_somebody(who: &Who) -> bool {
    who.kind != WhoKind::Group
}

/// Keys, each with who reaches it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Roster {
    /// One line for each key, where none was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// The key that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyRoster>,
    /// The aliases of KMS keys that are named here, by the key's id.
    #[serde(skip_serializing_if = "Aliases::is_empty")]
    pub key_aliases: Aliases,
    /// Records that are withheld in this copy and might say more.
    pub withheld: u64,
}

/// A key in one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// Its id in the inventory, or its ARN.
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    pub holders: Vec<String>,
    /// Absent: nothing that was read says who reaches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<Counted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A key with everybody who reaches it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyRoster {
    /// Its id in the inventory, or its ARN.
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptAt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Declared key holders.
    pub holders: Vec<String>,
    /// Other keys with the same material.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
    /// By who they are declared to be, then by who they are.
    pub people: Vec<Person>,
    /// Declared holders of whom no identity reaches it.
    pub holders_without: Vec<String>,
    /// What was not read, and could name more.
    pub unread: Vec<String>,
}

/// Somebody who reaches a key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Person {
    pub who: Who,
    /// Key holders who are declared to be this identity.
    pub holders: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factors: Option<Factors>,
    pub ways: Vec<Way>,
}

/// A way to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Way {
    pub does: Vec<Does>,
    pub may: May,
    /// Whether a condition on it asks for a second factor.
    pub asks_for_mfa: bool,
    pub path: Vec<Step>,
}

impl Links<'_> {
    /// Who reaches a key: one of the inventory, by its id, or one that was found, by its ARN or alias. Without a key, a line for each.
    ///
    /// # Errors
    /// Where there is no such key.
    pub fn roster(&self, key: Option<&str>, found: &FoundReach) -> Result<Roster, Unanswerable> {
        let (lines, key) = match key {
            Some(id) => (Vec::new(), Some(self.of_key(id, found)?)),
            None => (self.lines(found), None),
        };
        let mut named: BTreeSet<&str> = lines.iter().filter_map(|line: &Line| line.arn.as_deref()).collect();
        if let Some(key) = &key {
            let steps = key.people.iter().flat_map(|one| &one.ways).flat_map(|way| &way.path);
            named.extend(key.arn.as_deref().into_iter().chain(key.copies.iter().map(String::as_str)));
            named.extend(steps.map(|step| step.to.as_str()));
        }
        let key_aliases = found.aliases.clone().only(|id| named.contains(id));
        Ok(Roster { lines, key, key_aliases, withheld: found.withheld })
    }

    fn lines(&self, found: &FoundReach) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for key in &self.declaration().keys {
            let holders = key.holders.iter().map(ToString::to_string).collect();
            let mut of: Vec<(&String, &Counted)> =
                found.counts.iter().filter(|(_, one)| one.declared.iter().any(|id| *id == key.id.as_str())).collect();
            let first = of.pop();
            told.extend(first.iter().chain(&of).map(|(arn, _)| arn.as_str()));
            let why = first.is_none().then(|| self.unseen(key, found));
            let (arn, reached) = first.map(|(arn, one)| (arn.clone(), one.clone())).unzip();
            lines.push(Line { key: key.id.to_string(), arn, holders, reached, why });
        }
        for (arn, one) in found.counts.iter().filter(|(arn, _)| !told.contains(arn.as_str())) {
            let reached = Some(one.clone());
            lines.push(Line { key: arn.clone(), arn: Some(arn.clone()), holders: Vec::new(), reached, why: None });
        }
        lines
    }

    /// Why nothing says who reaches a key.
    fn unseen(&self, key: &Key, found: &FoundReach) -> String {
        let Some(place) = &key.place else { return "no target is declared for it".to_owned() };
        let target = place.target.to_string();
        if found.tokens.contains_key(&target) {
            return "whoever knows the PIN of its token uses it: who that is, no target says".to_owned();
        }
        format!("nothing that was read at {target} says who reaches it")
    }

    fn of_key(&self, id: &str, found: &FoundReach) -> Result<KeyRoster, Unanswerable> {
        let declared = self.declaration().keys.iter().find(|key| key.id.as_str() == id);
        let of = |(arn, facts): &(&String, &ReachFacts)| {
            let called = || found.aliases.of(arn).iter().any(|alias| alias == id);
            arn.as_str() == id || arn.ends_with(&format!(":key/{id}")) || names(facts, id) || called()
        };
        let sealed = found.keys.iter().find(of);
        if declared.is_none() && sealed.is_none() {
            let mut known: Vec<&str> = self.declaration().keys.iter().map(|key| key.id.as_str()).collect();
            known.extend(found.counts.keys().map(String::as_str));
            let help = help_known(id, &known, "there are");
            return Err(Unanswerable::new(format!("no key `{id}` is declared or was found"), help));
        }
        let holders: Vec<String> = declared.iter().flat_map(|key| &key.holders).map(ToString::to_string).collect();
        let kept = declared.and_then(|key| key.place.as_ref());
        let kept = kept.map(|place| KeptAt { target: place.target.to_string(), key: place.key.value.clone() });
        let mut roster = KeyRoster {
            key: id.to_owned(),
            at: declared.and_then(|key| self.place(key.id.at)),
            kept,
            arn: sealed.map(|(arn, _)| arn.clone()),
            holders,
            copies: Vec::new(),
            people: Vec::new(),
            holders_without: Vec::new(),
            unread: Vec::new(),
        };
        match (sealed, declared) {
            (Some((arn, facts)), _) => roster.of_kms(arn, facts, found),
            (None, Some(key)) => {
                roster.unread.push(self.unseen(key, found));
                roster.of_token(found);
            }
            (None, None) => {}
        }
        let reach = |holder: &&String| !roster.people.iter().any(|one| one.holders.contains(holder));
        roster.holders_without = roster.holders.iter().filter(reach).cloned().collect();
        Ok(roster)
    }
}

fn names(facts: &ReachFacts, id: &str) -> bool {
    facts.declared.iter().flatten().any(|key| key.id == id)
}

impl KeyRoster {
    fn of_kms(&mut self, arn: &str, facts: &ReachFacts, found: &FoundReach) {
        self.copies = facts.copies.clone().unwrap_or_default();
        let bare = |all: &[Reacher]| -> Vec<Entry> { all.iter().map(|one| one.entry.clone()).collect() };
        let here = facts.entries.as_deref().unwrap_or_default();
        let administrators: BTreeMap<String, Vec<Entry>> =
            found.administrators.iter().map(|(number, all)| (number.clone(), bare(all))).collect();
        let all = here.iter().chain(found.administrators.values().flatten());
        let known: BTreeMap<&Who, &Reacher> = all.map(|one| (&one.entry.who, one)).collect();
        let mut people: BTreeMap<Who, Vec<Way>> = BTreeMap::new();
        for one in expand(arn, &bare(here), &administrators) {
            if !is_somebody(&one.who) {
                continue;
            }
            let asks_for_mfa =
                one.path.iter().flat_map(|step| &step.conditions).any(|one| joins::reach::asks_for_mfa(&one.words));
            let way = Way { does: vec![one.does], may: one.may, asks_for_mfa, path: one.path };
            let ways = people.entry(one.who).or_default();
            match ways.iter_mut().find(|known| (known.may, &known.path) == (way.may, &way.path)) {
                Some(known) => known.does.push(one.does),
                None => ways.push(way),
            }
        }
        for (who, ways) in people {
            let (holders, factors) = match known.get(&who) {
                Some(one) => (one.holders.clone(), one.factors.clone()),
                None => (Vec::new(), None),
            };
            if let WhoKind::Administrators = who.kind {
                self.note(found, joins::reach::ADMINISTRATORS, &who.name);
            }
            self.people.push(Person { who, holders, factors, ways });
        }
        self.people.sort_by(|a, b| {
            (a.holders.is_empty(), &a.holders, &a.who).cmp(&(b.holders.is_empty(), &b.holders, &b.who))
        });
        self.note(found, joins::reach::REACH, arn);
        if let Some(refers) = facts.refers_to() {
            self.note(found, joins::reach::COMMON, &refers.of);
            if !found.common.contains_key(&refers.of) {
                let words = format!(
                    "{} who reach other keys in the same way are listed in {} `{}`, which could not be read",
                    refers.people,
                    joins::reach::COMMON,
                    refers.of
                );
                self.unread.push(words);
            }
        }
    }

    fn note(&mut self, found: &FoundReach, kind: &str, id: &str) {
        for why in found.unread.get(&(kind.to_owned(), id.to_owned())).into_iter().flatten() {
            if !self.unread.contains(why) {
                self.unread.push(why.clone());
            }
        }
    }

    /// A key of PKCS#11: whoever knows the PIN. What the token says of its login stands beside it.
    fn of_token(&mut self, found: &FoundReach) {
        let Some(target) = self.kept.as_ref().map(|kept| kept.target.clone()) else { return };
        let Some(token) = found.tokens.get(&target) else { return };
        let mut words = Vec::new();
        let label = token.get("label").and_then(Value::as_str).unwrap_or_default();
        match token.get("login_required").and_then(Value::as_bool) {
            Some(true) => words.push("a login is required".to_owned()),
            Some(false) => words.push("no login is required".to_owned()),
            None => words.push("whether a login is required was not read".to_owned()),
        }
        if token.get("protected_authentication_path") == Some(&json!(true)) {
            words.push("the PIN is typed at the token itself".to_owned());
        }
        for (pin, whose) in [("user_pin", "the user's PIN"), ("so_pin", "the security officer's PIN")] {
            for (flag, said) in [("locked", "is locked"), ("to_be_changed", "is the first one, or has expired")] {
                if token.pointer(&format!("/{pin}/{flag}")) == Some(&json!(true)) {
                    words.push(format!("{whose} {said}"));
                }
            }
        }
        let who = Who::new(WhoKind::Anyone, format!("whoever knows the PIN of the token {label}"));
        let conditions = words
            .into_iter()
            .map(|words| iam_policy::access::Given { words, holds: iam_policy::access::Holds::NotUnderstood });
        let step = Step {
            who: who.clone(),
            action: "log in".to_owned(),
            to: label.to_owned(),
            by: Vec::new(),
            may: May::Undetermined,
            conditions: conditions.collect(),
        };
        let does = vec![Does::Use, Does::Administer, Does::Destroy];
        let way = Way { does, may: May::Undetermined, asks_for_mfa: false, path: vec![step] };
        let factors = Some(Factors { devices: None, undetermined: Some("a PIN is what somebody knows".to_owned()) });
        self.people.push(Person { who, holders: Vec::new(), factors, ways: vec![way] });
    }
}
