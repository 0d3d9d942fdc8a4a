//! What a finding comes down to: the statement of a policy, the rule of a role, the grant that its evidence names, and where that was read.
//!
//! Evidence names a place in the facts of the subject. Where a policy stands there, its statement is shown. The facts of a derived object
//! name what they were computed from in words of their own (a part of a resource, a binding and the rule of its role, a policy), and these
//! words are followed to the resource. Nothing is believed of the derived object: what it names must be among its inputs, and what
//! is shown are the sealed facts of that resource.

use std::collections::{BTreeMap, BTreeSet};

use iam_policy::{Effect, Principal, Statement};
use model::record::{Derived, Finding, Locator, Resource};
use model::{RecordRef, RecordType};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::locate;

/// So many are shown of one finding; the rest are counted.
const MOST_GROUNDS: usize = 50;
/// Objects of a derived object's facts that are looked through for names.
const MOST_LOOKED_THROUGH: usize = 10_000;
/// Places where one was read.
const MOST_PLACES: usize = 5;
/// Resources that are named in all.
const MOST_NAMES: usize = 10_000;
/// Pieces of evidence of one finding that are looked at.
const MOST_EVIDENCE: usize = 1_000;
/// Bytes of a path that is followed: nothing that we read lies so deep.
const MOST_OF_PATH: usize = 1_024;
/// Inputs of derived objects that are looked at for what these name.
const MOST_INPUTS: usize = 1_000_000;

const IAM_USER: &str = "aws-iam/user";
const IAM_GROUP: &str = "aws-iam/group";
const IAM_ROLE: &str = "aws-iam/role";
const IAM_POLICY: &str = "aws-iam/policy";
const BINDING: &str = "kubernetes-rbac/binding";
const ROLE: &str = "kubernetes-rbac/role";
const ACCESS_ENTRY: &str = "kubernetes-rbac/access-entry";

/// Something that a finding comes down to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ground {
    /// The record that it stands in; absent where that is not known or not in this copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    pub kind: String,
    pub id: String,
    /// Where it stands in the facts of the record, a JSON Pointer: `/policy/statements/3`. Empty: all of it.
    pub path: String,
    /// The statement of a policy, in normal form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// The same in the source's own words; of what is no statement, what stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where it was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<ReadAt>,
    /// Why it cannot be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The locators of `from`.
    #[serde(skip)]
    pub locators: Vec<Locator>,
}

/// A place where something was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadAt {
    /// The exchange or declared file.
    pub record: String,
    /// The place in it: a path into the answer, or line and column.
    pub place: String,
    /// Why the bytes cannot be looked at here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// The grounds of a finding.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    pub shown: Vec<Ground>,
    /// How many more there are.
    pub not_shown: u64,
}

/// The records that are at hand.
#[derive(Debug, Default)]
pub struct AtHand<'r> {
    pub resources: BTreeMap<RecordRef, &'r Resource>,
    pub derived: BTreeMap<RecordRef, &'r Derived>,
    /// Those that are known to be withheld.
    pub withheld: BTreeSet<RecordRef>,
    /// Why a record may not be at hand though nothing is withheld; `None`: each was looked for.
    pub why_not: Option<&'static str>,
}

/// Ids of resources by their kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    of: BTreeMap<String, BTreeSet<String>>,
    count: usize,
    /// What the objects that name them were computed from.
    inputs: BTreeSet<RecordRef>,
}

impl Names {
    /// Whether this is one of them, and among what the objects that name it were computed from.
    pub fn include(&self, at: RecordRef, resource: &Resource) -> bool {
        self.of.get(&resource.kind).is_some_and(|ids| ids.contains(&resource.id)) && self.inputs.contains(&at)
    }

    pub const fn len(&self) -> usize {
        self.count
    }

    fn add(&mut self, named: Named) {
        if self.count < MOST_NAMES && self.of.entry(named.kind).or_default().insert(named.id) {
            self.count += 1;
        }
    }
}

/// A resource that a derived object names, and what of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    kind: String,
    id: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A part; one of its members, by name; a statement of the policy there.
    Part { part: String, name: Option<String>, statement: Option<usize> },
    /// This place in its facts.
    At(String),
    /// The statements of a policy that speak of an action. `name`: of a policy that stands in its holder.
    Action { name: Option<String>, action: String },
}

/// The resources that findings' evidence leads to by way of derived objects: to be looked for among the inputs of these.
pub fn names<'f>(findings: impl Iterator<Item = &'f Finding>, derived: &BTreeMap<RecordRef, &Derived>) -> Names {
    let mut names = Names::default();
    for finding in findings {
        for (_, derived) in subjects_of(finding, derived, is_derived) {
            let Ok(facts) = serde_json::from_str::<Value>(derived.facts.get()) else { continue };
            let all = named_by(finding, derived, &facts);
            if !all.is_empty() {
                let room = MOST_INPUTS.saturating_sub(names.inputs.len());
                names.inputs.extend(derived.inputs.iter().take(room));
            }
            all.into_iter().for_each(|named| names.add(named));
        }
    }
    names
}

/// What a finding comes down to, of what is at hand.
pub fn grounds(finding: &Finding, at_hand: &AtHand<'_>) -> Grounds {
    let mut found = Grounds::default();
    let mut told: BTreeSet<(RecordRef, String)> = BTreeSet::new();
    let mut is_there = false;
    for (at, resource) in subjects_of(finding, &at_hand.resources, is_resource) {
        is_there = true;
        let Ok(facts) = serde_json::from_str::<Value>(resource.facts.get()) else { continue };
        for place in statements_named(finding, &facts) {
            if told.insert((at, place.clone())) {
                found.add(of_resource(at, resource, &facts, &place));
            }
        }
    }
    for (_, derived) in subjects_of(finding, &at_hand.derived, is_derived) {
        is_there = true;
        let Ok(facts) = serde_json::from_str::<Value>(derived.facts.get()) else { continue };
        let named = named_by(finding, derived, &facts);
        let inputs = if named.is_empty() { Inputs::default() } else { Inputs::of(derived, at_hand) };
        for one in named {
            // Those that are not shown are counted by what is named.
            match found.shown.len() < MOST_GROUNDS {
                true => found.add_named(&one, &inputs, derived, at_hand, &mut told),
                false => found.not_shown += 1,
            }
        }
    }
    if !is_there {
        found.add_withheld(finding, at_hand);
    }
    found
}

/// What a derived object was computed from, as far as it is at hand.
#[derive(Debug, Default)]
struct Inputs<'r> {
    by_name: BTreeMap<(&'r str, &'r str), Vec<(RecordRef, &'r Resource)>>,
}

impl<'r> Inputs<'r> {
    fn of(derived: &Derived, at_hand: &AtHand<'r>) -> Self {
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for at in derived.inputs.iter().take(MOST_INPUTS) {
            if let Some(resource) = at_hand.resources.get(at) {
                by_name.entry((resource.kind.as_str(), resource.id.as_str())).or_default().push((*at, *resource));
            }
        }
        Self { by_name }
    }
}

impl Grounds {
    fn add_named(
        &mut self,
        named: &Named,
        inputs: &Inputs<'_>,
        derived: &Derived,
        at_hand: &AtHand<'_>,
        told: &mut BTreeSet<(RecordRef, String)>,
    ) {
        let Some(all) = inputs.by_name.get(&(named.kind.as_str(), named.id.as_str())) else {
            return self.add(not_there(named, derived, at_hand));
        };
        for (at, resource) in all {
            let Ok(facts) = serde_json::from_str::<Value>(resource.facts.get()) else { continue };
            for place in places_of(&named.what, &facts) {
                if told.insert((*at, place.clone())) {
                    self.add(of_resource(*at, resource, &facts, &place));
                }
            }
        }
    }

    fn add(&mut self, ground: Ground) {
        if self.shown.len() < MOST_GROUNDS {
            self.shown.push(ground);
        } else {
            self.not_shown += 1;
        }
    }

    /// A statement is named, and nothing of its policy is shown in this copy.
    fn add_withheld(&mut self, finding: &Finding, at_hand: &AtHand<'_>) {
        let Some(subject) = &finding.subject else { return };
        let leads: BTreeSet<&str> =
            paths(finding).filter(|path| path.split('/').any(|step| step == "statements")).collect();
        let withheld = finding.rests_on.iter().find(|at| is_member(**at) && at_hand.withheld.contains(at));
        let Some(at) = withheld else { return };
        for path in leads {
            self.add(Ground {
                record: Some(at.to_string()),
                kind: subject.kind.clone(),
                id: subject.id.clone(),
                path: path.to_owned(),
                statement: None,
                text: None,
                from: Vec::new(),
                problem: Some(format!("{at} is withheld in this copy, and the policy's statement with it")),
                locators: Vec::new(),
            });
        }
    }
}

const fn is_member(at: RecordRef) -> bool {
    matches!(at.kind, RecordType::Resource | RecordType::Derived)
}

fn is_resource(resource: &Resource) -> (&str, &str, &str) {
    (&resource.target, &resource.kind, &resource.id)
}

fn is_derived(derived: &Derived) -> (&str, &str, &str) {
    (&derived.target, &derived.kind, &derived.id)
}

/// The records that are the subject of a finding, among those that it rests on.
fn subjects_of<'r, T>(
    finding: &Finding,
    records: &BTreeMap<RecordRef, &'r T>,
    of: fn(&T) -> (&str, &str, &str),
) -> Vec<(RecordRef, &'r T)> {
    let Some(subject) = &finding.subject else { return Vec::new() };
    let wanted = (finding.target.as_str(), subject.kind.as_str(), subject.id.as_str());
    let there = finding.rests_on.iter().filter_map(|at| Some((*at, *records.get(at)?)));
    there.filter(|(_, one)| of(one) == wanted).collect()
}

/// A place behind another one, as a JSON Pointer.
fn below(place: &str, step: &str) -> String {
    format!("{place}/{}", step.replace('~', "~0").replace('/', "~1"))
}

fn is_statement(value: &Value) -> bool {
    value.get("effect").is_some_and(Value::is_string)
}

/// The places that a finding's evidence names.
fn paths(finding: &Finding) -> impl Iterator<Item = &str> {
    let all = finding.evidence.iter().take(MOST_EVIDENCE).filter_map(|evidence| evidence.path.as_deref());
    all.filter(|path| path.len() <= MOST_OF_PATH)
}

/// The places of policy statements that the paths of a finding's evidence pass through or end before.
fn statements_named(finding: &Finding, facts: &Value) -> Vec<String> {
    let mut places = Vec::new();
    for path in paths(finding) {
        let mut place = String::new();
        let mut through = false;
        let mut before = "";
        for step in path.split('/').skip(1) {
            place = format!("{place}/{step}");
            let Some(value) = facts.pointer(&place) else { break };
            if before == "statements" && is_statement(value) {
                places.push(place.clone());
                through = true;
            }
            before = step;
        }
        // All statements of a policy.
        if !through && let Some(Value::Array(all)) = facts.pointer(path) {
            let of_policy = all.iter().enumerate().filter(|(_, one)| before == "statements" && is_statement(one));
            places.extend(of_policy.map(|(number, _)| format!("{path}/{number}")));
        }
    }
    places
}

/// The resources that the facts of a derived object name at the places of a finding's evidence.
fn named_by(finding: &Finding, derived: &Derived, facts: &Value) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    let mut known: BTreeSet<Named> = BTreeSet::new();
    for path in paths(finding) {
        // A member of something is named by the whole of it: `/grants/3/via` by the grant.
        let mut place = path.to_owned();
        loop {
            let mut found = Vec::new();
            let mut room = MOST_LOOKED_THROUGH;
            if let Some(value) = facts.pointer(&place) {
                look_through(value, derived, &mut room, &mut found);
            }
            let done = !found.is_empty() || place.matches('/').count() <= 2;
            named.extend(found.into_iter().filter(|one| known.insert(one.clone())));
            if done {
                break;
            }
            place.truncate(place.rfind('/').unwrap_or_default());
        }
    }
    named
}

/// What a value of a derived object's facts names, however deep.
fn look_through(value: &Value, derived: &Derived, room: &mut usize, found: &mut Vec<Named>) {
    let Some(left) = room.checked_sub(1) else { return };
    *room = left;
    match value {
        Value::Array(all) => all.iter().for_each(|one| look_through(one, derived, room, found)),
        Value::Object(members) => {
            found.extend(place(value));
            found.extend(grant(value));
            found.extend(power(value, derived));
            members.values().for_each(|one| look_through(one, derived, room, found));
        }
        _ => {}
    }
}

fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member)?.as_str()
}

fn number(value: &Value, member: &str) -> Option<usize> {
    value.get(member)?.as_u64().and_then(|number| usize::try_from(number).ok())
}

/// A part of a resource, as the way to a key names it.
fn place(value: &Value) -> Option<Named> {
    let part = text(value, "part")?.to_owned();
    let (name, statement) = (text(value, "name").map(str::to_owned), number(value, "statement"));
    Some(Named {
        kind: text(value, "kind")?.to_owned(),
        id: text(value, "id")?.to_owned(),
        what: What::Part { part, name, statement },
    })
}

/// A binding, and the rule of its role.
fn grant(value: &Value) -> Vec<Named> {
    let whole =
        |kind: &str, id: &str| Named { kind: kind.to_owned(), id: id.to_owned(), what: What::At(String::new()) };
    let Some(binding) = text(value, "binding") else { return Vec::new() };
    if let Some(entry) = binding.strip_prefix("AccessEntry/") {
        return vec![whole(ACCESS_ENTRY, entry)];
    }
    let mut named = vec![whole(BINDING, binding)];
    let role = value.get("role").and_then(|role| Some((text(role, "kind")?, text(role, "name")?)));
    let within = binding.strip_prefix("RoleBinding/").and_then(|rest| rest.split_once('/')).map(|(within, _)| within);
    let id = match (role, within) {
        (Some(("Role", name)), Some(within)) => format!("Role/{within}/{name}"),
        (Some((_, name)), _) => format!("ClusterRole/{name}"),
        (None, _) => return named,
    };
    let what = What::At(number(value, "rule").map_or_else(String::new, |rule| format!("/rules/{rule}")));
    named.push(Named { kind: ROLE.to_owned(), id, what });
    named
}

/// The policy that gives somebody a power.
fn power(value: &Value, derived: &Derived) -> Option<Named> {
    let (action, policy) = (text(value, "action")?.to_owned(), text(value, "policy")?);
    text(value, "sentence")?;
    let resource = policy.starts_with("arn:").then(|| policy.splitn(6, ':').nth(5)).flatten();
    let (kind, id, name) = match resource {
        Some(resource) if resource.starts_with("policy/") => (IAM_POLICY, policy, None),
        Some(resource) if resource.starts_with("role/") => (IAM_ROLE, policy, None),
        Some(_) => return None,
        // It stands in its holder.
        None => match text(value, "group") {
            Some(group) => (IAM_GROUP, group, Some(policy.to_owned())),
            None => (holder_kind(&derived.id), derived.id.as_str(), Some(policy.to_owned())),
        },
    };
    Some(Named { kind: kind.to_owned(), id: id.to_owned(), what: What::Action { name, action } })
}

fn holder_kind(arn: &str) -> &'static str {
    match arn.splitn(6, ':').nth(5) {
        Some(resource) if resource.starts_with("role/") => IAM_ROLE,
        _ => IAM_USER,
    }
}

/// The places in a resource's facts that something names.
fn places_of(what: &What, facts: &Value) -> Vec<String> {
    match what {
        What::At(place) => vec![place.clone()],
        What::Part { part, name, statement } => {
            let mut place = below("", part);
            if let Some(name) = name
                && let Some(number) = facts.pointer(&place).and_then(|all| called(all, name))
            {
                place = format!("{place}/{number}");
            }
            let of_statement = statement.and_then(|number| statement_at(facts, &place, number));
            vec![of_statement.unwrap_or(place)]
        }
        What::Action { name, action } => {
            let document = match name {
                Some(name) => facts
                    .pointer("/inline_policies")
                    .and_then(|all| called(all, name))
                    .map(|number| format!("/inline_policies/{number}")),
                // Of a role: whom it trusts.
                None => {
                    ["/document", "/trust_policy"].into_iter().find(|at| facts.pointer(at).is_some()).map(str::to_owned)
                }
            };
            document.map(|place| speaking_of(facts, &place, action)).unwrap_or_default()
        }
    }
}

/// The place of the member with this name, or id.
fn called(all: &Value, name: &str) -> Option<usize> {
    all.as_array()?.iter().position(|one| text(one, "name") == Some(name) || text(one, "id") == Some(name))
}

/// A statement of the policy at a place: of the document itself, or of one that stands in it.
fn statement_at(facts: &Value, place: &str, number: usize) -> Option<String> {
    let below = ["", "/document", "/policy"].into_iter().map(|step| format!("{place}{step}/statements/{number}"));
    below.into_iter().find(|at| facts.pointer(at).is_some_and(is_statement))
}

/// The statements of a policy that allow an action; where none names it, the policy.
fn speaking_of(facts: &Value, place: &str, action: &str) -> Vec<String> {
    for step in ["", "/document", "/policy"] {
        let at = format!("{place}{step}/statements");
        let Some(Value::Array(all)) = facts.pointer(&at) else { continue };
        let speaks = |value: &&Value| {
            statement(value).is_some_and(|one| {
                // Everything is what a statement about `*` allows, and one about all but something.
                let of_all = action == "*" && one.not_actions.is_some();
                one.effect == Effect::Allow && (of_all || one.covers_action(action))
            })
        };
        let places = all.iter().enumerate().filter(|(_, one)| speaks(one)).map(|(number, _)| format!("{at}/{number}"));
        let places: Vec<String> = places.collect();
        return if places.is_empty() { vec![format!("{place}{step}")] } else { places };
    }
    vec![place.to_owned()]
}

/// Without what is computed of it: whom it lets in stands in the facts.
fn statement(value: &Value) -> Option<Statement> {
    let mut statement: Statement = serde_json::from_value(value.clone()).ok()?;
    statement.lets_in = None;
    Some(statement)
}

fn of_resource(at: RecordRef, resource: &Resource, facts: &Value, place: &str) -> Ground {
    let before = place.rsplit_once('/');
    let number = before.and_then(|(_, number)| number.parse::<usize>().ok());
    let of_policy = before.and_then(|(list, _)| list.strip_suffix("/statements"));
    let (mut read, mut words, mut problem) = (None, None, None);
    match (of_policy, number, facts.pointer(place)) {
        (_, _, None) => problem = Some("the facts have no such place".to_owned()),
        (Some(policy), Some(number), Some(value)) if is_statement(value) => {
            read = statement(value);
            words = facts.pointer(policy).and_then(|policy| own_words(policy, number));
            if read.is_none() {
                problem = Some("the statement is not of a form that this program knows".to_owned());
                words = words.or_else(|| Some(value.to_string()));
            }
        }
        _ => words = locate::json(resource.facts.get(), place),
    }
    let part = place.split('/').nth(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let parts = resource.parts.iter().filter(|(name, _)| part.as_ref().is_none_or(|part| part == *name));
    let locators: Vec<Locator> = parts.flat_map(|(_, all)| all).take(MOST_PLACES).cloned().collect();
    Ground {
        record: Some(at.to_string()),
        kind: resource.kind.clone(),
        id: resource.id.clone(),
        path: place.to_owned(),
        statement: read,
        text: words,
        from: locators.iter().map(read_at).collect(),
        problem,
        locators,
    }
}

fn read_at(locator: &Locator) -> ReadAt {
    let place = match locator {
        Locator::Answer(place) => match &place.inner {
            Some((_, inner)) => format!("{}, in it {inner}", place.path),
            None => place.path.clone(),
        },
        Locator::Declared(place) => format!("line {}, column {}", place.line, place.column),
    };
    ReadAt { record: locator.record().to_string(), place, problem: None }
}

/// A statement in the source's own words: in the text of its policy.
fn own_words(policy: &Value, number: usize) -> Option<String> {
    let text = text(policy, "text")?;
    let all = locate::json(text, "/Statement")?;
    if all.starts_with('[') {
        let all: Vec<Box<RawValue>> = serde_json::from_str(&all).ok()?;
        return all.get(number).map(|one| one.get().to_owned());
    }
    (number == 0).then_some(all)
}

/// Something that is named, and that this copy does not show.
fn not_there(named: &Named, derived: &Derived, at_hand: &AtHand<'_>) -> Ground {
    let problem = if derived.inputs.iter().any(|at| at_hand.withheld.contains(at)) {
        "no record of it is shown: records that this was computed from are withheld in this copy"
    } else {
        at_hand.why_not.unwrap_or("no record of it is among what this was computed from")
    };
    Ground {
        record: None,
        kind: named.kind.clone(),
        id: named.id.clone(),
        path: String::new(),
        statement: None,
        text: None,
        from: Vec::new(),
        problem: Some(problem.to_owned()),
        locators: Vec::new(),
    }
}

/// Values of one list of a statement that are named.
const MOST_LISTED: usize = 40;

/// A statement in lines, each with what it is: the members that the source has, in the order in which a person reads them.
pub fn statement_words(statement: &Statement) -> Vec<(&'static str, String)> {
    let effect = match statement.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    let mut lines =
        vec![("Sid", statement.sid.clone().unwrap_or_else(|| "none".to_owned())), ("Effect", effect.to_owned())];
    let principals = |all: &[Principal]| -> Vec<String> { all.iter().map(principal_words).collect() };
    let who = statement.principals.as_deref().map(principals);
    let not_who = statement.not_principals.as_deref().map(principals);
    for (label, all) in [
        ("Principal", who.as_ref()),
        ("NotPrincipal", not_who.as_ref()),
        ("Action", statement.actions.as_ref()),
        ("NotAction", statement.not_actions.as_ref()),
        ("Resource", statement.resources.as_ref()),
        ("NotResource", statement.not_resources.as_ref()),
    ] {
        lines.extend(all.map(|all| (label, listed(all))));
    }
    if statement.conditions.is_empty() {
        lines.push(("Condition", "none".to_owned()));
    }
    for one in &statement.conditions {
        lines.push(("Condition", format!("{} {}: {}", one.operator, one.key, listed(&one.values))));
    }
    lines
}

fn principal_words(one: &Principal) -> String {
    let kind = serde_json::to_value(one.kind).ok();
    match kind.as_ref().and_then(Value::as_str) {
        Some(kind) if kind != "*" => format!("{kind} {}", one.value),
        _ => one.value.clone(),
    }
}

fn listed(all: &[String]) -> String {
    let first = all.get(..MOST_LISTED).unwrap_or(all).join(", ");
    match all.len().saturating_sub(MOST_LISTED) {
        0 if all.is_empty() => "an empty list".to_owned(),
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
