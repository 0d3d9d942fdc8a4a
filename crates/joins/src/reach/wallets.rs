//! Whether somebody alone reaches as many keys of a wallet as a transfer needs signatures.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use iam_policy::May;
use iam_policy::access::{Does, Entry, Who, WhoKind, all_who};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::factors::People;
use super::facts::REACH;
use crate::joined::{Input, Joined};
use crate::world::World;

pub const WALLET: &str = "joined/wallet";

/// `joined/wallet`: who alone can give as many signatures as a transfer from a declared wallet needs; its id is the wallet's. Wallets for which one
/// is enough, or of which nothing says how many are needed, are not among them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletFacts {
    /// Signatures that a transfer needs: two or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<u32>,
    /// Keys of the inventory that sign for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Those of them of which only the declared holders are known: nothing that was read says who uses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Vec<String>>,
    /// Everybody who surely uses as many as are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Vec<Alone>>,
    /// Everybody who does if what is not known of them is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perhaps: Option<Vec<Alone>>,
}

/// The kind of a declared person.
const HOLDER: &str = "holder";

/// A kind, and a name.
type Person = (String, String);

/// Somebody who uses several keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// `holder`: a declared person, with all their identities; else what they are at the target.
    pub kind: String,
    pub name: String,
    /// The keys.
    pub keys: Vec<String>,
}

/// Who uses keys of the inventory: by the key's id.
#[derive(Debug, Default)]
pub struct Uses {
    /// Everybody once, as most use many keys.
    who: Vec<Who>,
    known: HashMap<Who, usize>,
    of: BTreeMap<String, Vec<(usize, May)>>,
    inputs: BTreeMap<String, Input>,
}

impl Uses {
    /// The keys that some wallet with several signatures needs.
    pub fn wanted(world: &World<'_>) -> BTreeSet<String> {
        let keys = world.declaration().keys.iter();
        let several = |id: &str| wallets(world).any(|(wallet, _)| wallet == id);
        let of = keys.filter(|key| key.wallets.iter().any(|wallet| several(wallet.as_str())));
        of.map(|key| key.id.as_str().to_owned()).collect()
    }

    /// `entries`: all of the key, in whatever order.
    pub fn add<'e>(
        &mut self,
        id: &str,
        arn: &str,
        entries: impl Iterator<Item = &'e Entry>,
        administrators: &'e BTreeMap<String, Vec<Entry>>,
    ) {
        let named = all_who(entries, administrators, Does::Use).into_iter().filter(|(who, _)| {
            who.kind != WhoKind::Group
                && !(who.kind == WhoKind::Administrators && administrators.contains_key(&who.name))
        });
        let of = self.of.entry(id.to_owned()).or_default();
        for (who, may) in named {
            let at = match self.known.get(who) {
                Some(at) => *at,
                None => {
                    self.who.push(who.clone());
                    self.known.insert(who.clone(), self.who.len() - 1);
                    self.who.len() - 1
                }
            };
            of.push((at, may));
        }
        let kind = REACH.to_owned();
        self.inputs.insert(id.to_owned(), Input::Object { target: crate::JOINED.to_owned(), kind, id: arn.to_owned() });
    }
}

/// Declared wallets from which a transfer needs several signatures.
fn wallets<'w>(world: &'w World<'_>) -> impl Iterator<Item = (&'w str, u32)> {
    let several = |needed: &u32| *needed > 1;
    world.declaration().wallets.iter().filter_map(move |wallet| {
        let needed = wallet.signatures.as_ref()?.needed.value;
        several(&needed).then_some((wallet.id.as_str(), needed))
    })
}

/// One object for each.
pub fn joined(world: &World<'_>, people: &People, uses: &Uses) -> Vec<Joined> {
    let mut found = Vec::new();
    let named = |who: &Who| -> Vec<Person> {
        let mut holders = people.holders(who).peekable();
        match holders.peek().is_none() {
            false => holders.map(|holder| (HOLDER.to_owned(), holder.to_owned())).collect(),
            true => vec![(kind_of(who), who.name.clone())],
        }
    };
    let persons: Vec<Vec<Person>> = uses.who.iter().map(named).collect();
    for (id, needed) in wallets(world) {
        let keys: Vec<_> = world
            .declaration()
            .keys
            .iter()
            .filter(|key| key.wallets.iter().any(|wallet| wallet.as_str() == id))
            .collect();
        let mut joined = Joined::new(WALLET, id);
        joined.inputs.push(Input::declared("declaration/wallet", id));
        let mut sure: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        let mut perhaps: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        let mut unseen = Vec::new();
        for key in &keys {
            let name = key.id.as_str();
            joined.inputs.push(Input::declared("declaration/key", name));
            joined.inputs.extend(uses.inputs.get(name).cloned());
            // A declared holder signs with it: that is what holding means.
            for holder in &key.holders {
                sure.entry((HOLDER, holder.as_str())).or_default().insert(name);
            }
            let Some(of) = uses.of.get(name) else {
                unseen.push(name);
                continue;
            };
            for (who, may) in of {
                for (kind, person) in persons.get(*who).into_iter().flatten() {
                    let set = if *may == May::Yes { &mut sure } else { &mut perhaps };
                    set.entry((kind, person)).or_default().insert(name);
                }
            }
        }
        let enough = |keys: usize| u32::try_from(keys).is_ok_and(|keys| keys >= needed);
        let told = |(kind, name): &(&str, &str), keys: &BTreeSet<&str>| Alone {
            kind: (*kind).to_owned(),
            name: (*name).to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        let alone: Vec<Alone> =
            sure.iter().filter(|(_, keys)| enough(keys.len())).map(|(who, keys)| told(who, keys)).collect();
        let mut either = perhaps;
        for (who, keys) in &sure {
            either.entry(*who).or_default().extend(keys);
        }
        let is_sure = |who: &(&str, &str)| sure.get(who).is_some_and(|keys| enough(keys.len()));
        let perhaps: Vec<Alone> = either
            .iter()
            .filter(|(who, keys)| enough(keys.len()) && !is_sure(who))
            .map(|(who, keys)| told(who, keys))
            .collect();
        joined.part("needed", needed);
        joined.part("keys", keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>());
        joined.part("unseen", unseen);
        joined.part("alone", alone);
        joined.part("perhaps", perhaps);
        found.push(joined);
    }
    found
}

/// The word that it has in facts.
fn kind_of(who: &Who) -> String {
    let kind = serde_json::to_value(who.kind).ok();
    kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or("other").to_owned()
}
