//! `witnessmark init --template`: one of the whole templates, filled in with what was found.
//!
//! The template is taken line by line, so that its story and its comments stay. What was found takes the place of its examples: targets with
//! their identities, keys, people, third parties. What only a person may say is a value that `validate` refuses (`CHANGE`). Days and
//! acceptances of the template are nobody's: they are left out, and offered as comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use agent::discover::{DiscoveredTarget, Discovery};
use model::Timestamp;
use serde_json::Value;

use crate::args::Template;
use crate::commands::init_seen::Seen;
use crate::commands::init_stock::Stock;
use crate::commands::init_text::{self, comment, notes, reasons, unique, word};
use crate::failure::Failure;

/// Who and what was found that a whole declaration has a place for.
#[derive(Debug, Default)]
pub struct Found {
    /// Names of people, by target and identity there.
    people: BTreeMap<(String, String), String>,
    /// Logins of the owners of organisations.
    owners: BTreeSet<String>,
    /// Apps that are installed, by target.
    apps: BTreeSet<(String, String)>,
    /// What a key is made of, by target and each of the key's names.
    materials: BTreeMap<(String, String), &'static str>,
}

impl Found {
    /// Looks at one thing that was read.
    pub fn look(&mut self, target: &str, kind: &str, facts: &Value) {
        let text = |path: &str| facts.pointer(path).and_then(Value::as_str);
        match kind {
            // A password for the console is a person's; what has access keys alone is a program.
            "aws-iam/user" if facts.pointer("/login_profile/exists").and_then(Value::as_bool) == Some(true) => {
                if let Some(arn) = text("/identity/arn") {
                    let name = arn.rsplit('/').next().unwrap_or(arn);
                    self.people.insert((target.to_owned(), arn.to_owned()), name.to_owned());
                }
            }
            "github/member" if text("/role") == Some("admin") => {
                if let Some(login) = text("/login") {
                    self.people.insert((target.to_owned(), login.to_owned()), login.to_owned());
                    self.owners.insert(login.to_owned());
                }
            }
            "github/app-installation" => {
                if let Some(app) = text("/app") {
                    self.apps.insert((target.to_owned(), app.to_owned()));
                }
            }
            "aws-kms/key" => {
                let material = match text("/usage") {
                    Some("SIGN_VERIFY" | "KEY_AGREEMENT") => "private-key",
                    Some("ENCRYPT_DECRYPT") => "wrapping-key",
                    _ => return,
                };
                let aliases = facts.get("aliases").and_then(Value::as_array);
                let names = aliases.into_iter().flatten().filter_map(Value::as_str).chain(text("/arn"));
                for name in names {
                    self.materials.insert((target.to_owned(), name.to_owned()), material);
                }
            }
            _ => {}
        }
    }

    /// Keeps the people and Apps of which this is true, asked with the target, what they are and their name there.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str, &str) -> bool) {
        self.people.retain(|(target, identity), _| keep(target, "the identity", identity));
        self.apps.retain(|(target, app)| keep(target, "the App", app));
        // Owners are people of some target too, and are named there.
        self.owners.retain(|owner| self.people.values().any(|name| name == owner));
    }
}

/// One key of the declaration at its top, with the comments before it.
struct Section<'a> {
    name: &'a str,
    comments: Vec<&'a str>,
    lines: Vec<&'a str>,
}

/// The whole text.
///
/// # Errors
/// When the checks that ship with the program cannot be read.
pub fn declaration(
    template: Template,
    discovery: &Discovery,
    seen: &Seen,
    found: &Found,
    now: Timestamp,
) -> Result<String, Failure> {
    let source = template.text();
    let filling = Filling::new(source, discovery, seen, found);
    let mut text =
        format!("# A declaration that `witnessmark init --template {}` began on {now}.\n#\n", template.name());
    for line in source.lines().skip_while(|line| !line.starts_with("# The story.")).take_while(|line| *line != "#") {
        writeln!(text, "{line}").ok();
    }
    text.push_str(
        "#\n# What was found stands in the places of the template's examples. Nothing in it was judged or sealed: go through it from top to bottom.\n\
         #   CHANGE    what only you can say; where it is a value, nothing runs before it is written\n\
         #   NOT SEEN  what could not be read; it may exist nevertheless\n\
         # `witnessmark validate` says what is left to be written; docs/declaration.md goes through it part by part, with the reason for each.\n\
         # Days and acceptances are left out, until they are true: what is missing then is found by the control `declaration` of every run.\n\n",
    );
    let sections = sections(source);
    let stock = filling.stock(&sections)?;
    for section in &sections {
        filling.write(&mut text, section, &stock);
    }
    Ok(text)
}

/// What a whole template consists of, in order.
fn sections(source: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut comments = Vec::new();
    for line in source.lines().skip_while(|line| !line.starts_with("witnessmark:")) {
        if line.starts_with('#') {
            comments.push(line);
        } else if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            let name = line.split(':').next().unwrap_or_default();
            sections.push(Section { name, comments: std::mem::take(&mut comments), lines: vec![line] });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

/// The items of a section's list, each with the lines that belong to it.
fn items<'a>(section: &Section<'a>) -> Vec<Vec<&'a str>> {
    let mut items: Vec<Vec<&str>> = Vec::new();
    for line in section.lines.iter().skip(1).filter(|line| !line.is_empty()) {
        if line.starts_with("  - ") {
            items.push(Vec::new());
        }
        if let Some(item) = items.last_mut() {
            item.push(line);
        }
    }
    items
}

/// The text of a member of a line: `id` of `  - {id: aws, role: cloud}` is `aws`.
fn member<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("{name}: "))?;
    let rest = rest.split("  #").next().unwrap_or(rest).trim();
    if let Some(list) = rest.strip_prefix('[') {
        return list.split(']').next();
    }
    rest.split([',', '}']).next().map(str::trim)
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// The line with the words of a list replaced: `keys: [a, b]`.
fn with_list(line: &str, name: &str, words: &[String]) -> String {
    let mark = format!("{name}: [");
    match line.split_once(&mark).and_then(|(before, rest)| rest.split_once(']').map(|(_, after)| (before, after))) {
        Some((before, after)) => format!("{before}{mark}{}]{after}", words.join(", ")),
        None => line.to_owned(),
    }
}

/// The line without what is said to have taken place on a day.
fn without_days(line: &str) -> String {
    let mut line = line.to_owned();
    for word in ["reviewed", "acknowledged", "trained", "monitored"] {
        let mark = format!(", {word}: ");
        if let Some((before, rest)) = line.split_once(&mark) {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
            line = format!("{before}{after}");
        }
    }
    line.split("  # CHANGE").next().unwrap_or_default().trim_end().to_owned()
}

/// A value for a person to write, of what the line says is to be written there.
fn asked(line: &str) -> String {
    let Some((before, said)) = line.split_once("# CHANGE") else { return line.to_owned() };
    let Some((key, value)) = before.split_once(": ") else { return line.to_owned() };
    let name = key.trim_start().trim_start_matches("- ");
    let said = said.trim_start_matches(':').trim();
    let said = if said.is_empty() { name } else { said };
    let wanted = Value::from(format!("CHANGE: {said}"));
    match (name, value.trim_start().chars().next()) {
        // Where only an id may stand.
        ("id", _) => format!("{key}: change-me    # CHANGE: {said}"),
        (_, Some('[')) => format!("{key}: [{wanted}]"),
        // A list in the parameters of a check.
        ("with", Some('{')) => {
            let parameter = value.trim_start_matches('{').split(':').next().unwrap_or_default().trim();
            format!("{key}: {{{parameter}: [{wanted}]}}")
        }
        _ => format!("{key}: {wanted}"),
    }
}

struct Filling<'a> {
    discovery: &'a Discovery,
    seen: &'a Seen,
    found: &'a Found,
    /// The name here of each target that was found.
    names: BTreeMap<String, String>,
    /// Ids of the keys of the inventory; the template's own where none was found.
    keys: Vec<String>,
    /// The wallet that the template has.
    wallet: Option<String>,
    /// Ids of the template's threats.
    threats: BTreeSet<String>,
}

impl<'a> Filling<'a> {
    fn new(source: &str, discovery: &'a Discovery, seen: &'a Seen, found: &'a Found) -> Self {
        let mut names = BTreeMap::new();
        let mut wallet = None;
        let mut threats = BTreeSet::new();
        for section in sections(source) {
            let items = items(&section);
            let firsts = || items.iter().filter_map(|item| item.first());
            if section.name == "wallets" {
                wallet = firsts().find_map(|line| member(line, "id")).map(str::to_owned);
            }
            if section.name == "threats" {
                threats.extend(firsts().filter_map(|line| member(line, "id")).map(str::to_owned));
            }
            if section.name != "targets" {
                continue;
            }
            for item in &items {
                let Some(id) = item.first().and_then(|line| member(line, "id")) else { continue };
                let collectors = item.iter().find_map(|line| member(line, "collector")).unwrap_or_default();
                let reads = |target: &&DiscoveredTarget| words(collectors).any(|c| target.collectors.contains(c));
                let free = |target: &&DiscoveredTarget| !names.contains_key(&target.found.id);
                if let Some(target) = discovery.targets.iter().filter(reads).find(free) {
                    names.insert(target.found.id.clone(), id.to_owned());
                }
            }
        }
        for target in &discovery.targets {
            names.entry(target.found.id.clone()).or_insert_with(|| target.found.id.clone());
        }
        let mut taken = BTreeSet::new();
        let keys = discovery.targets.iter().flat_map(|target| &target.keys);
        let keys = keys.map(|key| unique(&word(&key.id), &mut taken)).collect();
        Self { discovery, seen, found, names, keys, wallet, threats }
    }

    fn name(&self, target: &str) -> String {
        self.names.get(target).cloned().unwrap_or_else(|| target.to_owned())
    }

    /// Threats and controls for what was found and the template says nothing about.
    fn stock(&self, sections: &[Section<'_>]) -> Result<Stock, Failure> {
        let lines = || sections.iter().flat_map(|section| &section.lines);
        let used: BTreeSet<&str> = lines()
            .filter_map(|line| line.trim_start().strip_prefix("- use: "))
            .filter_map(|id| id.split('/').next())
            .collect();
        let all = self.discovery.targets.iter().flat_map(|target| &target.collectors).map(String::as_str);
        let named = lines().filter(|line| line.starts_with("  - id: T-")).map(|line| (*line).to_owned()).collect();
        Stock::of(&all.filter(|collector| !used.contains(collector)).collect(), named)
    }

    fn write(&self, text: &mut String, section: &Section<'_>, stock: &Stock) {
        for line in &section.comments {
            writeln!(text, "{line}").ok();
        }
        match section.name {
            "targets" => self.targets(text, section),
            "key_holders" => self.holders(text, section),
            "keys" => self.inventory(text, section),
            "third_parties" => self.third_parties(text, section),
            "risks" => risks(text, section),
            "not_applicable" => {
                text.push_str("# CHANGE: what your system does not have or do. Take the `# ` away where it is so.\n");
                section
                    .lines
                    .iter()
                    .filter(|line| !line.is_empty())
                    .for_each(|line| writeln!(text, "# {line}").unwrap_or(()));
                text.push('\n');
            }
            // Which classes there are is said by the keys.
            "compromise_plan" if !self.keys.is_empty() => {
                let asked = ["\"CHANGE: every class of keys above\"".to_owned()];
                for line in &section.lines {
                    writeln!(text, "{}", with_list(line, "classes", &asked)).ok();
                }
            }
            "threat_model" => {
                let mut offered = false;
                for line in &section.lines {
                    offered = line.starts_with("  reviews:") || (offered && line.starts_with("   "));
                    let line =
                        if offered { format!("  # {}", line.get(2..).unwrap_or_default()) } else { (*line).to_owned() };
                    writeln!(text, "{}", line.split("    # CHANGE").next().unwrap_or_default()).ok();
                }
            }
            "controls" => {
                section.lines.iter().for_each(|line| writeln!(text, "{}", self.parameters(line)).unwrap_or(()));
                if !stock.controls.is_empty() {
                    text.push_str(
                        "\n  # ---- What was found beside that. CHANGE: candidates; leave out what you do not do.\n",
                    );
                    writeln!(text, "{}", stock.controls.trim_end()).ok();
                }
            }
            "threats" => {
                let lines: Vec<String> = section.lines.iter().map(|line| self.mapped(line)).collect();
                text.push_str(lines.join("\n").trim_end());
                text.push('\n');
                if !stock.threats.is_empty() {
                    writeln!(text, "{}", stock.threats.trim_end()).ok();
                }
                text.push('\n');
            }
            // Headings keep their hints; values become what is asked for.
            _ => {
                for line in &section.lines {
                    let heading = line.split("  #").next().is_some_and(|line| line.trim_end().ends_with(':'));
                    writeln!(text, "{}", if heading { (*line).to_owned() } else { asked(line) }).ok();
                }
            }
        }
    }

    /// The line with the keys of the inventory in the place of the template's.
    fn mapped(&self, line: &str) -> String {
        if self.keys.is_empty() { line.to_owned() } else { with_list(line, "keys", &self.keys) }
    }

    /// The line with what was found in the lists that checks are given.
    fn parameters(&self, line: &str) -> String {
        let owners: Vec<String> =
            self.found.owners.iter().map(|owner| Value::from(owner.as_str()).to_string()).collect();
        let apps: BTreeSet<&str> = self.found.apps.iter().map(|(_, app)| app.as_str()).collect();
        let apps: Vec<String> = apps.into_iter().map(|app| Value::from(app).to_string()).collect();
        for (name, found) in [("owners", owners), ("apps", apps)] {
            if line.contains(&format!("with: {{{name}: [")) && !found.is_empty() {
                let line = with_list(line, name, &found);
                let line = line.split("  # CHANGE").next().unwrap_or_default().trim_end();
                return format!("{line}    # as found: leave out who should not be");
            }
        }
        asked(line)
    }

    fn targets(&self, text: &mut String, section: &Section<'_>) {
        text.push_str("targets:\n");
        let mut written = BTreeSet::new();
        for item in items(section) {
            let id = item.first().and_then(|line| member(line, "id")).unwrap_or_default();
            let listed = item.iter().find_map(|line| member(line, "collector")).unwrap_or_default();
            let found = self.discovery.targets.iter().find(|target| self.name(&target.found.id) == id);
            let Some(found) = found else {
                item.iter().for_each(|line| writeln!(text, "{}", asked(line)).unwrap_or(()));
                for reason in reasons(self.discovery).iter().filter(|reason| words(listed).any(|c| reason.contains(c)))
                {
                    comment(text, "    ", &format!("NOT SEEN: {reason}"));
                }
                continue;
            };
            written.insert(found.found.id.as_str());
            let collectors: BTreeSet<&str> = found.collectors.iter().map(String::as_str).chain(words(listed)).collect();
            writeln!(text, "  - id: {id}\n    collector: [{}]", collectors.into_iter().collect::<Vec<_>>().join(", "))
                .ok();
            for (name, value) in &found.found.settings {
                writeln!(text, "    {name}: {value}").ok();
            }
            for line in item {
                let key = line
                    .trim_start()
                    .trim_start_matches("# ")
                    .trim_start_matches("- ")
                    .split(':')
                    .next()
                    .unwrap_or_default();
                if ["id", "collector"].contains(&key) || found.found.settings.contains_key(key) {
                    continue;
                }
                let buckets: Vec<String> = self.seen.buckets(&found.found.id).map(str::to_owned).collect();
                let filled = key == "buckets" && !buckets.is_empty();
                let line = if filled { with_list(&without_days(line), key, &buckets) } else { asked(line) };
                writeln!(text, "{line}").ok();
            }
            notes(text, found);
        }
        for target in self.discovery.targets.iter().filter(|target| !written.contains(target.found.id.as_str())) {
            init_text::target(text, target);
        }
        text.push('\n');
    }

    fn third_parties(&self, text: &mut String, section: &Section<'_>) {
        text.push_str("third_parties:\n");
        let mut taken = BTreeSet::new();
        for line in section.lines.iter().skip(1).filter(|line| !line.is_empty()) {
            taken.extend(member(line, "id").map(str::to_owned));
            writeln!(text, "{}", self.mapped(&without_days(line))).ok();
        }
        let threat = |wanted: &str| if wanted == "app" { "T-CODE" } else { "T-OUTSIDE" };
        let apps = self
            .found
            .apps
            .iter()
            .map(|(target, app)| ("app", target.as_str(), app.as_str(), "an App that is installed".to_owned()));
        let others = self.seen.outsiders();
        for (kind, target, value, places) in apps.chain(others) {
            let id = unique(&word(&format!("{kind}-{value}")), &mut taken);
            writeln!(text, "  - id: {id}").ok();
            text.push_str("    role: \"CHANGE: vendor | qsp | cloud; leave it out where it is yourself, and end it at the source where nobody knows it\"\n");
            if self.threats.contains(threat(kind)) {
                writeln!(text, "    in_threats: [{}]", threat(kind)).ok();
            }
            if let Some((list, name)) = seen_as(kind, value) {
                writeln!(text, "    seen_as: {{{list}: [\"{name}\"]}}").ok();
            }
            comment(text, "    ", &format!("{}, {value}: {places}", self.name(target)));
        }
        text.push('\n');
    }

    fn holders(&self, text: &mut String, section: &Section<'_>) {
        if self.found.people.is_empty() {
            writeln!(text, "{}", section.lines.first().copied().unwrap_or_default()).ok();
            for line in section.lines.iter().skip(1).filter(|line| !line.is_empty()) {
                writeln!(text, "{}", without_identities(&without_days(line))).ok();
            }
            text.push('\n');
            return;
        }
        text.push_str(
            "# People who were found: users with a password for the console, owners of the organisation. Who has several identities is one holder: put\n\
             # them together. Once it is so: `acknowledged: DAY` (what is expected of them), `trained: DAY`.\n\
             key_holders:\n",
        );
        let mut taken = BTreeSet::new();
        for ((target, identity), name) in &self.found.people {
            writeln!(text, "  - id: {}", unique(&word(name), &mut taken)).ok();
            text.push_str("    roles: [\"CHANGE: one of the roles above\"]\n");
            writeln!(text, "    identities: {{{}: [{}]}}", self.name(target), Value::from(identity.as_str())).ok();
        }
        text.push('\n');
    }

    fn inventory(&self, text: &mut String, section: &Section<'_>) {
        text.push_str("keys:\n");
        if self.keys.is_empty() {
            text.push_str("  # NOT SEEN: no key was found that can be declared. These are the template's.\n");
            for line in section.lines.iter().skip(1).filter(|line| !line.is_empty()) {
                let line = without_days(line);
                let asked = match line
                    .split_once(", key: ")
                    .and_then(|(before, rest)| rest.split_once('}').map(|(_, after)| (before, after)))
                {
                    Some((before, after)) => format!("{before}, key: \"CHANGE: its name there\"}}{after}"),
                    None => line,
                };
                writeln!(text, "{asked}").ok();
            }
            text.push('\n');
            return;
        }
        text.push_str("  # Once it is so: `reviewed: DAY` for each.\n");
        let all = self.discovery.targets.iter().flat_map(|target| target.keys.iter().map(move |key| (target, key)));
        for (id, (target, key)) in self.keys.iter().zip(all) {
            writeln!(text, "  - id: {id}").ok();
            text.push_str("    class: \"CHANGE: operational | backup\"\n");
            let material = self.found.materials.get(&(target.found.id.clone(), key.key.clone()));
            if let Some(material) = material {
                writeln!(text, "    material: {material}").ok();
            }
            writeln!(
                text,
                "    at: {{target: {}, key: {}}}",
                self.name(&target.found.id),
                Value::from(key.key.as_str())
            )
            .ok();
            text.push_str("    holders: [\"CHANGE: ids of those who can use or administer it\"]\n");
            if let Some(wallet) = &self.wallet {
                writeln!(text, "    wallets: [{wallet}]").ok();
            }
            comment(text, "    ", &key.note);
        }
        text.push('\n');
    }
}

/// What targets call an outsider, as `seen_as` of a third party writes it; `None` where what was seen is not the whole name.
fn seen_as(kind: &str, value: &str) -> Option<(&'static str, String)> {
    Some(match kind {
        "account" => ("accounts", value.to_owned()),
        "organisation" => ("organizations", value.to_owned()),
        "app" => ("apps", value.to_owned()),
        "github" => ("tenants", format!("github/{value}")),
        "issuer" if value.contains('.') => ("issuers", format!("https://{value}")),
        _ => return None,
    })
}

/// The line with what is to be written in the place of each identity.
fn without_identities(line: &str) -> String {
    let Some((before, rest)) = line.split_once("identities: {") else { return line.to_owned() };
    let Some((map, after)) = rest.split_once('}') else { return line.to_owned() };
    let targets = map.split("], ").filter_map(|entry| entry.split(':').next());
    let asked: Vec<String> =
        targets.map(|target| format!("{}: [\"CHANGE: who they are there\"]", target.trim())).collect();
    format!("{before}identities: {{{}}}{after}", asked.join(", "))
}

/// The rows of the register, without what somebody decides: how likely, how bad, what is done, what remains.
fn risks(text: &mut String, section: &Section<'_>) {
    text.push_str(
        "# In your own scale; `treatment` is reduce, transfer, avoid or accept. Once an executive has accepted what remains:\n\
         #   residual: {level: low, within_tolerance: RT-1, accepted_by: Chief Executive Officer, accepted: DAY}, monitored: DAY\n\
         risks:\n",
    );
    for line in section.lines.iter().filter(|line| line.starts_with("  - {threat: ")) {
        let (threat, owner) = (member(line, "threat").unwrap_or_default(), member(line, "owner").unwrap_or_default());
        writeln!(
            text,
            "  - {{threat: {threat}, likelihood: CHANGE, impact: CHANGE, treatment: CHANGE, owner: {owner}}}"
        )
        .ok();
    }
    text.push('\n');
}
