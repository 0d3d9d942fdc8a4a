//! The declaration as types: everything of `docs/spec/declaration.md`, judged yet or not.

use diagnose::yaml::{Entry, Value};
use diagnose::{Decode, Id, Located, Node, OneOrMany, Period, Reporter, entries, record, unknown_key, words};
use model::Date;
use schemars::JsonSchema;

use crate::scalar::{CheckId, Origin, RequirementId, StandardId};

record! {
    /// What an entity declares about one system: what is in scope, what is done, and what is to be looked at.
    pub struct Declaration ("declaration") {
        required {
            /// Version of this schema: 1.
            witnessmark: Located<u32>,
            /// The organisation.
            entity: Located<String>,
            /// What is audited.
            system: System,
        }
        optional {
            /// Other files of the declaration, relative to this one. Their lists are added to these.
            include: Vec<Located<String>>,
            /// Folders with checks of your own, relative to this file.
            policies: Vec<Located<String>>,
            /// Where bundles are chained.
            ledger: Option<LedgerSettings>,
            /// The technical part of the trusted environment: what is read.
            targets: Vec<Target>,
            /// Parts of the trusted environment that no collector reads.
            components: Vec<Component>,
            /// Others who can affect key material.
            third_parties: Vec<ThirdParty>,
            /// People who hold or use keys.
            key_holders: Vec<KeyHolder>,
            /// The key inventory.
            keys: Vec<Key>,
            /// The threat model and its reviews.
            threat_model: Option<ThreatModel>,
            /// What controls answer.
            threats: Vec<Threat>,
            /// The risk register, or where it is.
            risks: Risks,
            /// What the entity says it does.
            controls: Vec<Control>,
            /// Deviations and gaps that someone accepted, with a reason and an end.
            acceptances: Vec<Acceptance>,
        }
    }
}

record! {
    /// People, processes and technology around one set of keys.
    pub struct System ("system") {
        required {
            /// Short name; it stands in every bundle.
            id: Located<Id>,
        }
        optional {
            /// Name for people.
            name: Option<Located<String>>,
            /// What the entity is to the holders of the assets.
            designation: Option<Located<Designation>>,
            /// The standard whose requirements count, with its version.
            standard: Option<Located<StandardId>>,
            /// The level of the standard that is aimed at.
            level: Option<Located<u32>>,
        }
    }
}

words! {
    /// What the entity is to the holders of the assets.
    pub enum Designation {
        /// Keeps its own assets.
        SelfCustody = "self-custody",
        /// Qualified service provider: a part of others' systems.
        Qsp = "qsp",
        /// Keeps the assets of others.
        Full = "full",
    }
}

record! {
    /// Where bundles are chained.
    pub struct LedgerSettings ("ledger") {
        required {
            /// The name of the ledger. It cannot change later.
            origin: Located<Origin>,
        }
        optional {
            /// A bundle is due this often; a missing one shows. Without it the shortest `observe.every` of the controls counts.
            every: Option<Located<Period>>,
        }
    }
}

record! {
    /// One configured thing to read, pinned to its own identity.
    pub struct Target ("target") {
        required {
            /// Short name.
            id: Located<Id>,
            /// Who reads it: one collector, or several that read the same thing.
            collector: OneOrMany<Located<Id>>,
        }
        optional {
            /// Whether its collectors run in processes of their own, so that one that crashes costs no other target anything.
            isolate: Option<Located<bool>>,
        }
        rest {
            /// Settings of its collectors; `witnessmark collectors` lists them.
            settings: Settings
        }
    }
}

impl Target {
    /// Whether resources of this collector come from this target: it is named, or it is the name of the program that is.
    #[must_use]
    pub fn is_read_by(&self, collector: &str) -> bool {
        let names = self.collector.as_slice();
        names.iter().any(|name| name.as_str() == collector)
            || (names.iter().any(|name| name.as_str() == PROGRAMS)
                && self.settings.to_json().get("name").and_then(serde_json::Value::as_str) == Some(collector))
    }
}

/// The collector that runs programs; its setting `name` says whose resources they record.
const PROGRAMS: &str = "exec";

/// The settings of a target, as written. Which there are is the collectors' to say.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(crate) entries: Vec<Entry>,
}

impl Settings {
    /// The schema of a target allows keys that it does not list.
    const OPEN: bool = true;

    pub(crate) fn push(&mut self, entry: &Entry) {
        self.entries.push(entry.clone());
    }

    /// As JSON, in the order written.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.entries.iter().map(|e| (e.key.value.clone(), e.value.to_json())).collect()
    }
}

record! {
    /// A part of the trusted environment that no collector reads: documents and records show it.
    pub struct Component ("component") {
        required {
            /// Short name.
            id: Located<Id>,
        }
        optional {
            /// Name for people.
            name: Option<Located<String>>,
            /// Ids of the records that show it.
            evidence: Vec<Located<Id>>,
        }
    }
}

record! {
    /// Someone else who can affect key material.
    pub struct ThirdParty ("third party") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What it does for the system: `cloud`, `qsp`, `vendor`, any word.
            role: Located<Id>,
        }
        optional {
            /// Threats in which it stands.
            in_threats: Vec<Located<Id>>,
            /// Its own certificate.
            certificate: Option<Certificate>,
            /// Requirements that it meets in the entity's stead.
            covers: Vec<Located<RequirementId>>,
            /// When it was last reviewed.
            reviewed: Option<Located<Date>>,
        }
    }
}

record! {
    /// A third party's certificate.
    pub struct Certificate ("certificate") {
        required {
            /// Standard and version.
            standard: Located<StandardId>,
            /// The certified system.
            system: Located<String>,
            /// Its level.
            level: Located<u32>,
            /// Its last day.
            expires: Located<Date>,
        }
        optional {
        }
    }
}

record! {
    /// A person who holds or uses keys, and who that person is at the targets.
    pub struct KeyHolder ("key holder") {
        required {
            /// Short name; not the person's name.
            id: Located<Id>,
        }
        optional {
            /// For each target the identities there.
            identities: Identities,
            /// When the duties were acknowledged in writing.
            acknowledged: Option<Located<Date>>,
            /// When the person was last trained.
            trained: Option<Located<Date>>,
        }
    }
}

/// For each target the identities a person has there.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    pub by_target: Vec<(Located<String>, Vec<Located<String>>)>,
}

impl Decode for Identities {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let members = entries(node, reporter).unwrap_or_default();
        Self { by_target: members.iter().map(|e| (e.key.clone(), Decode::decode(&e.value, reporter))).collect() }
    }
}

impl JsonSchema for Identities {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Identities".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } })
    }
}

record! {
    /// One key of the inventory.
    pub struct Key ("key") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What it is for: `operational`, `backup`, any word.
            class: Located<Id>,
        }
        optional {
            /// What is kept: `private-key`, `seed`, `share`, any word.
            material: Option<Located<Id>>,
            /// Where it is.
            place as "at": Option<KeyPlace>,
            /// Key holders.
            holders: Vec<Located<Id>>,
            /// Wallets that it signs for.
            wallets: Vec<Located<Id>>,
            /// When the entry was last reviewed.
            reviewed: Option<Located<Date>>,
        }
    }
}

record! {
    /// Where a key is.
    pub struct KeyPlace ("key's place") {
        required {
            /// The target that holds it.
            target: Located<Id>,
            /// Its name there: an alias, a key id, a label.
            key: Located<String>,
        }
        optional {
        }
    }
}

record! {
    /// The threat model and its reviews.
    pub struct ThreatModel ("threat model") {
        required {
            /// The entity's own version number.
            version: Located<String>,
        }
        optional {
            /// How often it is reviewed.
            review_every: Option<Located<Period>>,
            /// The reviews that were made.
            reviews: Vec<Review>,
        }
    }
}

record! {
    /// One review of the threat model.
    pub struct Review ("review") {
        required {
            /// The day.
            on: Located<Date>,
            /// Who made it.
            by: Located<String>,
        }
        optional {
            /// What was looked at.
            looked_at: Option<Located<String>>,
            /// What was changed.
            changed: Option<Located<String>>,
        }
    }
}

record! {
    /// What a control answers.
    pub struct Threat ("threat") {
        required {
            /// Short name.
            id: Located<Id>,
            /// One sentence.
            title: Located<String>,
        }
        optional {
            /// Any word; known ones: `signing-infrastructure`, `supply-chain`, `insider`, `workforce-infiltration`, `key-compromise`, `physical`.
            category: Option<Located<Id>>,
            /// What it can hurt.
            affects: Option<Affects>,
        }
    }
}

record! {
    /// What a threat can hurt.
    pub struct Affects ("list of what a threat affects") {
        required {
        }
        optional {
            /// Keys of the inventory.
            keys: Vec<Located<Id>>,
            /// Targets.
            targets: Vec<Located<Id>>,
            /// Components.
            components: Vec<Located<Id>>,
            /// Third parties.
            third_parties: Vec<Located<Id>>,
        }
    }
}

/// The risk register: its rows, or the file that holds them.
#[derive(Clone, Debug, Default)]
pub struct Risks {
    pub rows: Vec<Risk>,
    pub import: Option<RiskImport>,
}

impl Decode for Risks {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        match &node.value {
            Value::Map(members) => {
                let mut risks = Self::default();
                for member in members {
                    if member.key.value == "import" {
                        risks.import = Decode::decode(&member.value, reporter);
                    } else {
                        unknown_key(member, &["import"], reporter);
                    }
                }
                risks
            }
            _ => Self { rows: Decode::decode(node, reporter), import: None },
        }
    }
}

impl JsonSchema for Risks {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Risks".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let rows = generator.subschema_for::<Vec<Risk>>();
        let import = generator.subschema_for::<RiskImport>();
        schemars::json_schema!({ "anyOf": [
            rows,
            { "type": "object", "properties": { "import": import }, "required": ["import"], "additionalProperties": false },
        ] })
    }
}

record! {
    /// A risk register kept elsewhere.
    pub struct RiskImport ("import") {
        required {
            /// A CSV file, relative to this one.
            file: Located<String>,
        }
        optional {
            /// For each key of a risk the heading of its column.
            columns: Columns,
        }
    }
}

/// For each key of a risk the heading of its column.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub by_key: Vec<(Located<String>, Located<String>)>,
}

impl Decode for Columns {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let members = entries(node, reporter).unwrap_or_default();
        Self { by_key: members.iter().map(|e| (e.key.clone(), Decode::decode(&e.value, reporter))).collect() }
    }
}

impl JsonSchema for Columns {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

record! {
    /// One row of the risk register.
    pub struct Risk ("risk") {
        required {
            /// The threat.
            threat: Located<Id>,
            /// How likely, in the entity's own scale.
            likelihood: Located<String>,
            /// How bad, in the entity's own scale.
            impact: Located<String>,
            /// What is done about it.
            treatment: Located<Treatment>,
            /// Whose it is.
            owner: Located<String>,
        }
        optional {
            /// What remains.
            residual: Option<Residual>,
            /// When it was last looked at.
            monitored: Option<Located<Date>>,
        }
    }
}

words! {
    /// What is done about a risk.
    pub enum Treatment {
        /// Controls make it smaller.
        Reduce = "reduce",
        /// Someone else bears it.
        Transfer = "transfer",
        /// What causes it is not done.
        Avoid = "avoid",
        /// It is borne.
        Accept = "accept",
    }
}

record! {
    /// What remains of a risk.
    pub struct Residual ("residual risk") {
        required {
            /// How much, in the entity's own scale.
            level: Located<String>,
        }
        optional {
            /// The rule of tolerance that it is within.
            within_tolerance: Option<Located<String>>,
            /// Who accepted it.
            accepted_by: Option<Located<String>>,
            /// When.
            accepted: Option<Located<Date>>,
        }
    }
}

record! {
    /// What the entity says it does.
    pub struct Control ("control") {
        required {
            /// Short name; it stands in the keys of findings.
            id: Located<Id>,
            /// One sentence.
            title: Located<String>,
        }
        optional {
            /// Requirements that it serves.
            requirements: Vec<Located<RequirementId>>,
            /// Threats that it answers.
            threats: Vec<Located<Id>>,
            /// How often we look.
            observe: Option<Observe>,
            /// What people do again and again.
            task: Option<Task>,
            /// Where it is written down.
            documents: Vec<Document>,
            /// What is looked at.
            checks: Vec<CheckUse>,
        }
    }
}

record! {
    /// How often a control is looked at.
    pub struct Observe ("observation") {
        required {
            /// A bundle with this control is due this often.
            every: Located<Period>,
        }
        optional {
        }
    }
}

record! {
    /// What people do again and again. Our looking never proves that they did.
    pub struct Task ("task") {
        required {
        }
        optional {
            /// How often it is due.
            every: Option<Located<Period>>,
            /// Why that is often enough.
            because: Option<Located<String>>,
            /// How long a failure may stay unseen.
            detection_window: Option<Located<Period>>,
            /// The folder with the records that show it.
            records: Option<Located<String>>,
        }
    }
}

record! {
    /// A document that describes a control.
    pub struct Document ("document") {
        required {
            /// The file, relative to this one.
            path: Located<String>,
        }
        optional {
            /// `policy`, `procedure`, any word.
            kind as "type": Option<Located<Id>>,
            /// The section that counts.
            section: Option<Located<String>>,
            /// Whose it is.
            owner: Option<Located<String>>,
        }
    }
}

record! {
    /// One check, put to targets with parameters.
    pub struct CheckUse ("use of a check") {
        required {
            /// The check.
            check as "use": Located<CheckId>,
        }
        optional {
            /// Targets; without it all that the check's collector reads.
            on: Option<Vec<Located<Id>>>,
            /// Parameters; `witnessmark checks` lists them with their defaults.
            with: Parameters,
            /// What is expected of the population.
            expect: Option<Expect>,
        }
    }
}

/// Parameters of a use of a check, as written. The check says which there are.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pub(crate) node: Option<Node>,
}

impl Parameters {
    /// As JSON; empty when nothing was written.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        match self.node.as_ref().map(Node::to_json) {
            Some(serde_json::Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        }
    }
}

impl Decode for Parameters {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        Self { node: entries(node, reporter).map(|_| node.clone()) }
    }
}

impl JsonSchema for Parameters {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Parameters".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

record! {
    /// What a use of a check expects of the population it is put to.
    pub struct Expect ("expectation") {
        required {
            /// Why a complete and empty population is as it should be.
            none: Located<String>,
        }
        optional {
        }
    }
}

record! {
    /// An accepted deviation (`control`, `check`, `subject`) or an accepted gap (`target` with `population`, `right`, `part` or `reason_is`).
    /// It never makes anything conform.
    pub struct Acceptance ("acceptance") {
        required {
            /// Short name; it stands beside what it covers.
            id: Located<Id>,
            /// Why.
            reason: Located<String>,
            /// Who approved it. A name alone is a claim.
            approved_by: Located<String>,
            /// When it was approved.
            approved: Located<Date>,
            /// Its last day.
            expires: Located<Date>,
        }
        optional {
            /// Deviation: the control.
            control: Option<Located<Id>>,
            /// Deviation: the check.
            check: Option<Located<CheckId>>,
            /// Deviation: the subject's own id. Gap: only this subject.
            subject: Option<Located<String>>,
            /// Gap: the target. Deviation: only there.
            target: Option<Located<Id>>,
            /// Gap: what was being listed or read, `aws-kms/key` or with its place, `aws-kms/key@eu-west-1`.
            population: Option<Located<String>>,
            /// Gap: the right that is not given, as the source spells it.
            right: Option<Located<String>>,
            /// Gap: the part of the resources that is not read.
            part: Option<Located<String>>,
            /// Gap: only while this is why it was not read, `closed-by-policy` for instance.
            reason_is: Option<Located<String>>,
            /// A detached signature of the approver over the acceptance.
            signature: Option<Located<String>>,
        }
    }
}
