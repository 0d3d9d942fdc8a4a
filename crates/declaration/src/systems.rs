//! Several systems of one entity that share files: a thing that says `systems` belongs to these only, and is kept out of the declaration of
//! every other one, with what names it in lists. How many are kept out is said.

use std::collections::BTreeMap;

use diagnose::yaml::{Entry, Value};
use diagnose::{Code, Decode, Id, Located, Node, Reporter, help_known};

/// The lists whose things may say which systems they belong to, and the word for one of them.
pub(crate) const SHARED: &[(&str, &str)] = &[
    ("acceptances", "acceptance"),
    ("components", "component"),
    ("controls", "control"),
    ("documents", "document"),
    ("exclusions", "exclusion"),
    ("key_holders", "key holder"),
    ("keys", "key"),
    ("not_applicable", "requirement that does not apply"),
    ("risks", "risk"),
    ("roles", "role"),
    ("targets", "target"),
    ("third_parties", "third party"),
    ("threats", "threat"),
    ("wallets", "wallet"),
];

/// The members under which a thing lists others: its own list (or object), the way to it, where `*` is every item, and the list of the others. In
/// a mapping the keys are the names.
const NAMED: &[(&str, &[&str], &str)] = &[
    ("compromise_plan", &["classes"], CLASSES),
    ("controls", &["threats"], "threats"),
    ("controls", &["checks", "*", "on"], "targets"),
    ("key_holders", &["identities"], "targets"),
    ("key_holders", &["roles"], "roles"),
    ("keys", &["holders"], "key_holders"),
    ("keys", &["wallets"], "wallets"),
    ("third_parties", &["in_threats"], "threats"),
    ("third_parties", &["keys"], "keys"),
    ("threats", &["affects", "classes"], CLASSES),
    ("threats", &["affects", "components"], "components"),
    ("threats", &["affects", "keys"], "keys"),
    ("threats", &["affects", "targets"], "targets"),
    ("threats", &["affects", "third_parties"], "third_parties"),
    ("threats", &["affects", "wallets"], "wallets"),
    ("wallets", &["workflow", "*", "by"], "roles"),
];

/// The classes of keys are named like things, and are none.
const CLASSES: &str = "classes of keys";

/// What is kept out of the declaration of this system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elsewhere {
    /// By list the ids that only things of other systems have.
    ids: BTreeMap<&'static str, Vec<String>>,
    /// By list how many things are kept out.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Elsewhere {
    /// Whether something of another system has this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids.values().flatten().any(|known| known == id)
    }

    fn of(&self, list: &str) -> &[String] {
        self.ids.get(list).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Keeps the things of other systems out of the tree, and says how many.
pub(crate) fn keep_own(tree: &mut [Entry], reporter: &mut Reporter<'_>) -> Elsewhere {
    let known: Vec<Located<String>> = member(tree, "systems").map(ids_of).unwrap_or_default();
    let this = member(tree, "system").and_then(id_of);
    if let (Some(this), false) = (&this, known.is_empty())
        && !known.iter().any(|one| one.value == this.value)
    {
        let names: Vec<&str> = known.iter().map(|one| one.value.as_str()).collect();
        reporter
            .error(this.at, Code::UnknownReference, format!("`systems` does not name this system, `{}`", this.value))
            .maybe_help(help_known(&this.value, &names, "it names"));
    }
    let mut split = Split { known: &known, this: this.as_ref().map(|one| one.value.as_str()), reporter };
    let mut elsewhere = Elsewhere::default();
    for (list, _) in SHARED {
        let Some(Value::List(items)) = member_mut(tree, list).map(|node| &mut node.value) else { continue };
        let mut others = Vec::new();
        for item in std::mem::take(items) {
            let (item, own) = split.belongs(item);
            if own {
                items.push(item);
            } else {
                others.push(item);
            }
        }
        elsewhere.note(list, &others, items);
    }
    // A row of the register belongs where its threat does.
    let threats = elsewhere.of("threats").to_vec();
    if let Some(Value::List(risks)) = member_mut(tree, "risks").map(|node| &mut node.value) {
        let before = risks.len();
        risks.retain(|risk| !text_of(risk, "threat").is_some_and(|threat| threats.contains(&threat.value)));
        *elsewhere.counts.entry("risks").or_default() += before - risks.len();
    }
    elsewhere.counts.retain(|_, count| *count > 0);
    for (list, path, others) in NAMED {
        let gone = elsewhere.of(others);
        if gone.is_empty() {
            continue;
        }
        match member_mut(tree, list).map(|node| &mut node.value) {
            Some(Value::List(items)) => items.iter_mut().for_each(|item| leave_out(item, path, gone)),
            Some(Value::Map(members)) => {
                if let Some((first, rest)) = path.split_first()
                    && let Some(entry) = members.iter_mut().find(|entry| entry.key.value == *first)
                {
                    leave_out(&mut entry.value, rest, gone);
                }
            }
            _ => {}
        }
    }
    if let Some(entry) = tree.iter().find(|entry| entry.key.value == "systems").filter(|_| !elsewhere.counts.is_empty())
    {
        let counts = elsewhere.counts.iter().map(|(list, count)| format!("{count} of `{list}`"));
        let counts: Vec<String> = counts.collect();
        reporter.note(
            entry.key.at,
            Code::OtherSystem,
            format!("of other systems, and kept out of this one: {}", counts.join(", ")),
        );
    }
    elsewhere
}

impl Elsewhere {
    fn note(&mut self, list: &'static str, others: &[Node], own: &[Node]) {
        let of = |items: &[Node], key: &str| -> Vec<String> {
            items.iter().filter_map(|item| text_of(item, key)).map(|text| text.value).collect()
        };
        let only = |key: &str| {
            let here = of(own, key);
            of(others, key).into_iter().filter(|id| !here.contains(id)).collect::<Vec<_>>()
        };
        self.ids.insert(list, only("id"));
        if list == "keys" {
            self.ids.insert(CLASSES, only("class"));
        }
        self.counts.insert(list, others.len());
    }
}

/// Tells the things of this system from those of others.
struct Split<'k, 'r, 'a> {
    known: &'k [Located<String>],
    this: Option<&'k str>,
    reporter: &'r mut Reporter<'a>,
}

impl Split<'_, '_, '_> {
    /// The thing without what it says of systems, and whether it belongs to this one.
    fn belongs(&mut self, mut item: Node) -> (Node, bool) {
        let Value::Map(members) = &mut item.value else { return (item, true) };
        let Some(at) = members.iter().position(|entry| entry.key.value == "systems") else { return (item, true) };
        let said = members.remove(at);
        let names: Vec<Located<Id>> = Decode::decode(&said.value, self.reporter);
        if names.is_empty() && matches!(said.value.value, Value::List(_)) {
            self.reporter
                .error(said.value.at, Code::BadValue, "it belongs to no system")
                .help("leave `systems` out where it belongs to all of them");
        }
        let known: Vec<&str> = self.known.iter().map(|one| one.value.as_str()).collect();
        let mut sound = true;
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            sound = false;
            if !name.is_written() {
                continue;
            }
            let pending = self.reporter.error(name.at, Code::UnknownReference, format!("there is no system `{name}`"));
            if known.is_empty() {
                pending.help("declare the systems of the entity under `systems`");
            } else {
                pending.maybe_help(help_known(name.as_str(), &known, "there are"));
            }
        }
        let own = !sound || names.is_empty() || names.iter().any(|name| Some(name.as_str()) == self.this);
        (item, own)
    }
}

/// Leaves names out of the list, or the mapping, at the end of the way.
fn leave_out(node: &mut Node, path: &[&str], gone: &[String]) {
    match (&mut node.value, path.split_first()) {
        (Value::List(items), None) => {
            items.retain(|item| !matches!(&item.value, Value::Scalar { text, .. } if gone.contains(text)));
        }
        (Value::Map(entries), None) => entries.retain(|entry| !gone.contains(&entry.key.value)),
        (Value::List(items), Some((&"*", rest))) => items.iter_mut().for_each(|item| leave_out(item, rest, gone)),
        (Value::Map(entries), Some((step, rest))) => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key.value == *step) {
                leave_out(&mut entry.value, rest, gone);
            }
        }
        _ => {}
    }
}

fn member<'t>(tree: &'t [Entry], name: &str) -> Option<&'t Node> {
    tree.iter().find(|entry| entry.key.value == name).map(|entry| &entry.value)
}

fn member_mut<'t>(tree: &'t mut [Entry], name: &str) -> Option<&'t mut Node> {
    tree.iter_mut().find(|entry| entry.key.value == name).map(|entry| &mut entry.value)
}

fn text_of(node: &Node, key: &str) -> Option<Located<String>> {
    let Value::Map(members) = &node.value else { return None };
    match member(members, key) {
        Some(Node { at, value: Value::Scalar { text, .. } }) => Some(Located::new(text.clone(), *at)),
        _ => None,
    }
}

fn id_of(node: &Node) -> Option<Located<String>> {
    text_of(node, "id")
}

fn ids_of(node: &Node) -> Vec<Located<String>> {
    match &node.value {
        Value::List(items) => items.iter().filter_map(id_of).collect(),
        _ => Vec::new(),
    }
}
