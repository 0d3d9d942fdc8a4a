//! Whether all that the declaration names exists: ids are unique, references lead somewhere.

use std::collections::{BTreeMap, BTreeSet};

use diagnose::{Code, Id, Located, Reporter, Span, help_known, suggestion};

use crate::declared::{CATEGORIES, Declaration, NotApplicable, SeenAs, Signatures, Target};
use crate::environment::{CollectorInfo, Environment};
use crate::ids::{RequirementId, StandardId};
use crate::load::{ANY, Loaded};
use crate::resources::{DECLARATION, JOINED};

/// The things of a declaration by id.
pub(crate) struct Known<'d> {
    targets: BTreeMap<&'d str, &'d Target>,
    components: Vec<&'d str>,
    third_parties: Vec<&'d str>,
    key_holders: Vec<&'d str>,
    keys: Vec<&'d str>,
    threats: Vec<&'d str>,
    controls: Vec<&'d str>,
    roles: Vec<&'d str>,
    documents: Vec<&'d str>,
    /// The declared ones; without any, the words by which keys name them.
    wallets: Vec<&'d str>,
    classes: Vec<&'d str>,
}

impl<'d> Known<'d> {
    pub fn of(declaration: &'d Declaration) -> Self {
        fn ids<'d, T>(all: &'d [T], id: impl Fn(&'d T) -> &'d Located<Id>) -> Vec<&'d str> {
            all.iter().map(id).filter(|id| id.is_written()).map(|id| id.as_str()).collect()
        }
        Self {
            targets: declaration.targets.iter().filter(|t| t.id.is_written()).map(|t| (t.id.as_str(), t)).collect(),
            components: ids(&declaration.components, |c| &c.id),
            third_parties: ids(&declaration.third_parties, |t| &t.id),
            key_holders: ids(&declaration.key_holders, |k| &k.id),
            keys: ids(&declaration.keys, |k| &k.id),
            threats: ids(&declaration.threats, |t| &t.id),
            controls: ids(&declaration.controls, |c| &c.id),
            roles: ids(&declaration.roles, |r| &r.id),
            documents: ids(&declaration.documents, |d| &d.id),
            wallets: if declaration.wallets.is_empty() {
                let named = declaration.keys.iter().flat_map(|key| &key.wallets);
                named.filter(|id| id.is_written()).map(|id| id.as_str()).collect()
            } else {
                ids(&declaration.wallets, |w| &w.id)
            },
            classes: ids(&declaration.keys, |k| &k.class),
        }
    }

    pub fn target(&self, id: &str) -> Option<&'d Target> {
        self.targets.get(id).copied()
    }
}

/// Reports duplicate ids and names that lead nowhere.
pub(crate) fn references(loaded: &Loaded, known: &Known<'_>, environment: &Environment, reporter: &mut Reporter<'_>) {
    let d = &loaded.declaration;
    unique("system", d.systems.iter().map(|s| &s.id), reporter);
    unique("target", d.targets.iter().map(|t| &t.id), reporter);
    unique("component", d.components.iter().map(|c| &c.id), reporter);
    unique("third party", d.third_parties.iter().map(|t| &t.id), reporter);
    unique("key holder", d.key_holders.iter().map(|k| &k.id), reporter);
    unique("key", d.keys.iter().map(|k| &k.id), reporter);
    unique("threat", d.threats.iter().map(|t| &t.id), reporter);
    unique("control", d.controls.iter().map(|c| &c.id), reporter);
    unique("acceptance", d.acceptances.iter().map(|a| &a.id), reporter);
    unique("role", d.roles.iter().map(|r| &r.id), reporter);
    unique("document", d.documents.iter().map(|d| &d.id), reporter);
    unique("wallet", d.wallets.iter().map(|w| &w.id), reporter);
    unique("exclusion", d.exclusions.iter().map(|e| &e.id), reporter);
    unique("risk", d.risks.rows.iter().map(|r| r.id.as_ref().unwrap_or(&r.threat)), reporter);
    let tolerances = d.risk_register.iter().flat_map(|register| &register.tolerances);
    unique("rule of tolerance", tolerances.clone().map(|t| &t.id), reporter);
    let tolerances: Vec<&str> = tolerances.map(|t| t.id.as_str()).collect();

    let ids = d.targets.iter().map(|t| &t.id).chain(d.controls.iter().map(|c| &c.id));
    for id in ids.filter(|id| id.is_written() && id.as_str() == DECLARATION) {
        reporter
            .error(id.at, Code::BadValue, format!("`{id}` stands for the declaration itself"))
            .help("give it another id");
    }
    for id in d.targets.iter().map(|t| &t.id).filter(|id| id.is_written() && id.as_str() == JOINED) {
        reporter
            .error(id.at, Code::BadValue, format!("`{id}` stands for what is computed from all targets together"))
            .help("give it another id");
    }
    for (name, at) in d.targets.iter().filter_map(Target::program) {
        if [DECLARATION, JOINED].contains(&name) {
            reporter
                .error(at, Code::BadValue, format!("`{name}` is the name of a collector of this program's own"))
                .help("give the program another name");
        }
    }

    for rule in d.risk_register.iter().flat_map(|register| &register.tolerances) {
        if rule.id.is_written() && rule.levels.is_empty() {
            reporter.error(rule.id.at, Code::BadValue, format!("no level is within `{}`", rule.id));
        }
    }
    categories(d, reporter);

    let targets: Vec<&str> = known.targets.keys().copied().collect();
    // An acceptance may be about what the declaration's own rules found.
    let judged_controls: Vec<&str> = known.controls.iter().copied().chain([DECLARATION]).collect();
    let judged_targets: Vec<&str> = targets.iter().copied().chain([DECLARATION, JOINED]).collect();
    let unread = unread(loaded);
    let mut names = Names { reporter, environment, loaded, listed: BTreeSet::new(), unread };

    if let Some(standard) = &d.system.standard {
        names.standard(standard);
        if let Some(level) = &d.system.level {
            names.level(level, standard);
        }
    }
    for party in &d.third_parties {
        names.all(&party.in_threats, "threat", &known.threats);
        names.requirements(&party.covers);
        names.all(&party.keys, "key", &known.keys);
        if let Some(certificate) = &party.certificate {
            names.standard(&certificate.standard);
            names.level(&certificate.level, &certificate.standard);
            names.requirements(&certificate.covers);
        }
    }
    seen_as(d, names.reporter);
    for holder in &d.key_holders {
        for (target, _) in &holder.identities.by_target {
            names.one(target.at, &target.value, "target", &targets);
        }
        names.all(&holder.roles, "role", &known.roles);
    }
    for key in &d.keys {
        if let Some(place) = &key.place {
            names.id(&place.target, "target", &targets);
        }
        names.all(&key.holders, "key holder", &known.key_holders);
        names.all(&key.backup_of, "key", &known.keys);
        for of in key.backup_of.iter().filter(|of| of.value == key.id.value) {
            names.reporter.error(of.at, Code::BadValue, "a key is no backup of itself");
        }
        names.all(&key.wallets, "wallet", &known.wallets);
    }
    for threat in &d.threats {
        if let Some(affects) = &threat.affects {
            names.all(&affects.keys, "key", &known.keys);
            names.all(&affects.targets, "target", &targets);
            names.all(&affects.components, "component", &known.components);
            names.all(&affects.third_parties, "third party", &known.third_parties);
            names.all(&affects.wallets, "wallet", &known.wallets);
            names.all(&affects.classes, "class of keys", &known.classes);
        }
    }
    for risk in &d.risks.rows {
        names.id(&risk.threat, "threat", &known.threats);
        if let Some(within) = risk.residual.as_ref().and_then(|r| r.within_tolerance.as_ref()) {
            names.one(within.at, &within.value, "rule of tolerance", &tolerances);
        }
    }
    for wallet in &d.wallets {
        for step in &wallet.workflow {
            names.all(&step.by, "role", &known.roles);
        }
        if let Some(signatures) = &wallet.signatures {
            names.signatures(signatures);
        }
    }
    if let Some(plan) = &d.compromise_plan {
        names.all(&plan.classes, "class of keys", &known.classes);
        if let Some(document) = &plan.document {
            names.id(document, "document", &known.documents);
        }
    }
    for document in &d.documents {
        match &document.path {
            Some(path) => names.path(path),
            None if document.sha256.is_none() => {
                names.no_document(document.id.at, "`path`, or `sha256` where it is private");
            }
            None => {}
        }
    }
    not_applicable(&d.not_applicable, &mut names);
    for control in &d.controls {
        names.requirements(&control.requirements);
        names.all(&control.threats, "threat", &known.threats);
        for used in &control.checks {
            names.all(used.on.as_deref().unwrap_or_default(), "target", &targets);
        }
        for document in &control.documents {
            match (&document.document, &document.path) {
                (Some(id), None) => names.id(id, "document", &known.documents),
                (None, Some(path)) => names.path(path),
                _ => names.no_document(document.written, "either `document` or `path`"),
            }
        }
        if let Some(records) = control.task.as_ref().and_then(|t| t.records.as_ref()) {
            names.path(records);
        }
    }
    for acceptance in &d.acceptances {
        if let Some(control) = &acceptance.control {
            names.id(control, "control", &judged_controls);
        }
        if let Some(target) = &acceptance.target {
            names.id(target, "target", &judged_targets);
        }
        if let Some(check) = acceptance.check.as_ref().filter(|c| c.is_written()) {
            let ids: Vec<&str> = environment.checks.checks.keys().map(String::as_str).collect();
            names.one(check.at, check.as_str(), "check", &ids);
        }
        if let Some(signature) = &acceptance.signature {
            names.path(signature);
        }
        let read_there: Vec<&str> = acceptance
            .target
            .as_ref()
            .and_then(|t| known.target(t.as_str()))
            .map(|t| t.collector.as_slice().iter().map(|c| c.as_str()).collect())
            .unwrap_or_default();
        if let Some(population) = &acceptance.population {
            let kind = population.split('@').next().unwrap_or_default();
            names.of_collectors(population.at, kind, "kind of resource", &read_there, |c| &c.kinds);
        }
        if let Some(right) = &acceptance.right {
            names.of_collectors(right.at, &right.value, "right", &read_there, |c| &c.rights);
        }
    }
    for folder in d.policies.iter().chain(&d.catalogues) {
        names.path(folder);
    }
}

/// A category may be any word; one that is not known, and that no control asks for, is probably mistyped.
fn categories(declaration: &Declaration, reporter: &mut Reporter<'_>) {
    let uses = declaration.controls.iter().flat_map(|control| &control.checks);
    let asked: BTreeSet<String> = uses
        .filter_map(|used| used.with.to_json().get("categories").and_then(serde_json::Value::as_array).cloned())
        .flatten()
        .filter_map(|category| category.as_str().map(str::to_owned))
        .collect();
    let declined = declaration.threat_model.iter().flat_map(|model| &model.declined).map(|one| &one.category);
    let named = declaration.threats.iter().filter_map(|threat| threat.category.as_ref()).chain(declined);
    for category in named.filter(|category| category.is_written()) {
        if !CATEGORIES.contains(&category.as_str()) && !asked.contains(category.as_str()) {
            reporter
                .warn(
                    category.at,
                    Code::UnknownCategory,
                    format!("`{category}` is none of the known categories of threats"),
                )
                .maybe_help(help_known(category.as_str(), CATEGORIES, "known are"));
        }
    }
}

fn not_applicable(all: &[NotApplicable], names: &mut Names<'_, '_, '_>) {
    let mut first: BTreeMap<&RequirementId, Span> = BTreeMap::new();
    for one in all {
        let requirement = &one.requirement;
        names.requirements(std::slice::from_ref(requirement));
        if requirement.is_written()
            && let Some(before) = first.insert(&requirement.value, requirement.at)
        {
            let problem = format!("`{}` is said not to apply a second time", requirement.value);
            names.reporter.error(requirement.at, Code::DuplicateId, problem).related(before, "the first time");
        }
    }
}

/// Names of others at targets: possible ones, and each in one place only. Otherwise nobody could tell who was found.
fn seen_as(declaration: &Declaration, reporter: &mut Reporter<'_>) {
    let parties = declaration.third_parties.iter().filter_map(|party| party.seen_as.as_ref());
    let exclusions = declaration.exclusions.iter().filter_map(|exclusion| exclusion.seen_as.as_ref());
    let mut first: BTreeMap<(&str, String), Span> = BTreeMap::new();
    for (word, name) in parties.chain(exclusions).flat_map(SeenAs::names).filter(|(_, name)| name.is_written()) {
        let text = name.value.as_str();
        let form = match word {
            "account" if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) => {
                Some("twelve digits in quotes")
            }
            "organization" if !text.starts_with("o-") => Some("the id of an organisation of AWS, `o-…`"),
            "tenant" if !text.contains('/') => Some("the issuer, `/`, and the tenant there: `github/other-org`"),
            "host" if text.contains('/') || text.contains(':') => Some("a host alone, without scheme, port and path"),
            _ => None,
        };
        if let Some(form) = form {
            reporter
                .error(name.at, Code::BadValue, format!("`{text}` is no name of this kind"))
                .help(format!("write {form}"));
        }
        // Nobody tells names by case.
        if let Some(before) = first.insert((word, text.to_lowercase()), name.at) {
            let problem = format!("{word} `{text}` stands for somebody else already");
            reporter.error(name.at, Code::DuplicateId, problem).related(before, "the first time");
        }
    }
}

fn unique<'d>(what: &str, ids: impl Iterator<Item = &'d Located<Id>>, reporter: &mut Reporter<'_>) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for id in ids.filter(|id| id.is_written()) {
        match first.get(id.as_str()) {
            Some(place) => {
                reporter
                    .error(id.at, Code::DuplicateId, format!("a second {what} with the id `{id}`"))
                    .related(*place, "the first one");
            }
            None => {
                first.insert(id.as_str(), id.at);
            }
        }
    }
}

/// The known id that only lacks leading zeros here, as spreadsheets drop them.
fn with_its_zeros<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
    let bare = |id: &'_ str| id.trim_start_matches('0').len();
    let same = |id: &str| id.get(id.len() - bare(id)..) == name.get(name.len() - bare(name)..);
    known.iter().copied().find(|id| number(name) && number(id) && same(id))
}

/// The words for things, each with the list that holds them.
const LISTS: &[(&str, &str)] = &[
    ("target", "targets"),
    ("component", "components"),
    ("third party", "third_parties"),
    ("key holder", "key_holders"),
    ("key", "keys"),
    ("class of keys", "keys"),
    ("threat", "threats"),
    ("control", "controls"),
    ("role", "roles"),
    ("document", "documents"),
    ("wallet", "wallets"),
    ("rule of tolerance", "risk_register"),
];

/// The words for things of which some could not be read: it was reported, and a name of one of them leads nowhere for that reason alone.
pub(crate) fn unread(loaded: &Loaded) -> BTreeSet<&'static str> {
    let d = &loaded.declaration;
    let nameless = |what: &str| match what {
        "target" => d.targets.iter().any(|one| !one.id.is_written()),
        "component" => d.components.iter().any(|one| !one.id.is_written()),
        "third party" => d.third_parties.iter().any(|one| !one.id.is_written()),
        "key holder" => d.key_holders.iter().any(|one| !one.id.is_written()),
        "key" => d.keys.iter().any(|one| !one.id.is_written()),
        "class of keys" => d.keys.iter().any(|one| !one.class.is_written()),
        "threat" => d.threats.iter().any(|one| !one.id.is_written()),
        "control" => d.controls.iter().any(|one| !one.id.is_written()),
        "role" => d.roles.iter().any(|one| !one.id.is_written()),
        "document" => d.documents.iter().any(|one| !one.id.is_written()),
        "wallet" => d.wallets.iter().any(|one| !one.id.is_written()),
        _ => false,
    };
    let unread = LISTS.iter().filter(|&&(what, list)| {
        // The register is no list; one that is none was read.
        let whole = list != "risk_register" && loaded.unread.contains(list);
        loaded.unread.contains(ANY) || whole || nameless(what)
    });
    unread.map(|(what, _)| *what).collect()
}

struct Names<'r, 'a, 'e> {
    reporter: &'r mut Reporter<'a>,
    environment: &'e Environment,
    loaded: &'e Loaded,
    unread: BTreeSet<&'static str>,
    /// Of which kinds all known names were said.
    listed: BTreeSet<String>,
}

impl Names<'_, '_, '_> {
    fn one(&mut self, at: Span, name: &str, what: &str, known: &[&str]) {
        if at.is_some() && !known.contains(&name) && !self.unread.contains(what) {
            let pending = self.reporter.error(at, Code::UnknownReference, format!("there is no {what} `{name}`"));
            if known.is_empty() {
                pending.help(format!("the declaration has no {what} at all"));
            } else if let Some(whole) = with_its_zeros(name, known) {
                pending.help(format!(
                    "there is a {what} `{whole}`: ids are texts, and a program that takes one for a number drops its zeros"
                ));
            } else if self.loaded.elsewhere.has(name) {
                pending.help(format!("`{name}` is of other systems of the entity, and kept out of this one"));
            } else if let Some(close) = suggestion(name, known.iter().copied()) {
                pending.help(format!("did you mean `{close}`?"));
            } else if self.listed.insert(what.to_owned()) {
                // A list that was given once need not be read again and again.
                pending.maybe_help(help_known("", known, "there are"));
            }
        }
    }

    /// A level that the standard's catalogue has.
    fn level(&mut self, level: &Located<u32>, standard: &Located<StandardId>) {
        let Some(known) = self.environment.standards.iter().find(|one| one.id == standard.as_str()) else { return };
        let highest = known.highest_level();
        if level.is_written() && !(1..=highest).contains(&level.value) {
            let problem = format!("`{standard}` has levels 1 to {highest}, and no level {level}");
            self.reporter.error(level.at, Code::BadValue, problem);
        }
    }

    fn id(&mut self, id: &Located<Id>, what: &str, known: &[&str]) {
        self.one(id.at, id.as_str(), what, known);
    }

    fn all(&mut self, ids: &[Located<Id>], what: &str, known: &[&str]) {
        for id in ids {
            self.id(id, what, known);
        }
    }

    /// `population` and `right` of an accepted gap, where every collector of the target says what it has.
    fn of_collectors(
        &mut self,
        at: Span,
        name: &str,
        what: &str,
        collectors: &[&str],
        list: fn(&CollectorInfo) -> &BTreeSet<String>,
    ) {
        let environment = self.environment;
        let lists: Vec<&BTreeSet<String>> =
            collectors.iter().filter_map(|c| environment.collectors.get(*c)).map(list).collect();
        if lists.len() == collectors.len() && !lists.is_empty() && lists.iter().all(|l| !l.is_empty()) {
            let known: Vec<&str> = lists.iter().flat_map(|l| l.iter()).map(String::as_str).collect();
            self.one(at, name, what, &known);
        }
    }

    fn standard(&mut self, id: &Located<StandardId>) {
        let known: Vec<&str> = self.environment.standards.iter().map(|s| s.id.as_str()).collect();
        self.one(id.at, id.as_str(), "standard", &known);
    }

    fn requirements(&mut self, ids: &[Located<RequirementId>]) {
        for id in ids.iter().filter(|id| id.is_written()) {
            let environment = self.environment;
            match environment.standards.iter().find(|s| s.id == id.standard) {
                None => {
                    let known: Vec<&str> = environment.standards.iter().map(|s| s.id.as_str()).collect();
                    self.one(id.at, &id.standard, "standard", &known);
                }
                Some(standard) if standard.requirement(&id.item).is_none() => {
                    let known: Vec<&str> = standard.requirements.iter().map(|r| r.id.as_str()).collect();
                    self.reporter
                        .error(
                            id.at,
                            Code::UnknownReference,
                            format!("`{}` has no requirement `{}`", standard.id, id.item),
                        )
                        .maybe_help(help_known(&id.item, &known, "it has"));
                }
                Some(_) => {}
            }
        }
    }

    fn no_document(&mut self, at: Span, which: &str) {
        self.reporter.error(at, Code::MissingKey, format!("a document is named by {which}"));
    }

    fn signatures(&mut self, signatures: &Signatures) {
        let Signatures { needed, of, .. } = signatures;
        if needed.is_written() && of.is_written() && (needed.value == 0 || needed.value > of.value) {
            self.reporter.error(needed.at, Code::BadValue, format!("{needed} of {of} signatures cannot be"));
        }
    }

    /// Documents are sealed with the declaration, so they are beside or below it.
    fn path(&mut self, path: &Located<String>) {
        if !path.is_written() {
            return;
        }
        if let Err(reason) = self.loaded.path(path) {
            self.reporter
                .error(path.at, Code::BadValue, format!("`{}` {reason}", path.value))
                .help("all files of a declaration must be in its folder or below it, so that they can be sealed");
        }
    }
}
