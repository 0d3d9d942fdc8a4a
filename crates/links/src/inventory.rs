//! All that is declared, as tables: what a page shows of it, thing by thing.

use std::collections::BTreeMap;

use declaration::{Certificate, Declaration, Document, Key, KeyHolder, Review, ThirdParty, Threat, Wallet};
use diagnose::{Cadence, Id, Located};
use schemars::JsonSchema;
use serde::Serialize;

use crate::links::{Links, Place};
use crate::trace::{AcceptanceNode, ControlNode, KeyNode, RiskNode, ThreatNode, text, texts};

/// Everything that is declared, each list in the order declared.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Inventory {
    pub threats: Vec<ThreatNode>,
    pub controls: Vec<ControlNode>,
    pub risks: Vec<RiskRow>,
    /// Whether there is a register without a row that this program reads: it is kept in a file of its own.
    pub register_elsewhere: bool,
    /// Rules that say what residual risk is borne.
    pub tolerances: Vec<ToleranceRow>,
    pub keys: Vec<KeyRow>,
    pub wallets: Vec<WalletRow>,
    pub people: Vec<HolderRow>,
    pub third_parties: Vec<PartyRow>,
    /// Threat model, register, inventory, compromise plan.
    pub reviewed: Vec<ReviewedRow>,
    /// Roles, documents, components, exclusions.
    pub others: Vec<OtherRow>,
    pub acceptances: Vec<AcceptanceNode>,
}

/// A row of the risk register with its threat.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RiskRow {
    /// Its own id, else its threat's.
    pub id: String,
    pub threat: String,
    #[serde(flatten)]
    pub risk: RiskNode,
}

/// A rule of tolerance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ToleranceRow {
    pub id: String,
    pub levels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A key with those that back it up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyRow {
    #[serde(flatten)]
    pub key: KeyNode,
    /// What it is made for, as its source names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// Where its material comes from, as its source names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Where that lies, in the entity's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Keys that it is a backup of.
    pub backup_of: Vec<String>,
    /// Keys that are declared to be backups of it.
    pub backups: Vec<String>,
}

/// A wallet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WalletRow {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub title: String,
    /// How many signatures a transfer needs, and how many keys can give one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures: Option<(u32, u32)>,
    /// What is done to sign, each step with the roles that do it.
    pub workflow: Vec<(String, Vec<String>)>,
    /// Keys that sign for it.
    pub keys: Vec<String>,
}

/// A key holder.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HolderRow {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// For each target the identities there.
    pub identities: Vec<(String, Vec<String>)>,
    pub roles: Vec<String>,
    /// Keys that they hold.
    pub keys: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trained: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_every: Option<String>,
    /// The last day on which they had any duty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
}

/// A third party.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartyRow {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub role: String,
    pub threats: Vec<String>,
    pub keys: Vec<String>,
    /// Requirements that it is declared to meet.
    pub covers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateRow>,
    /// The last review, whether it is declared as that day or as one of the reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_every: Option<String>,
    /// The last of the reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewRow>,
}

/// What a third party holds of a standard.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CertificateRow {
    pub standard: String,
    pub system: String,
    pub level: u32,
    pub expires: String,
    /// Empty: all of its standard and level.
    pub covers: Vec<String>,
}

/// A part of the declaration that is reviewed as a whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReviewedRow {
    /// As the checks name it: `threat-model`.
    pub id: &'static str,
    /// For a person.
    pub what: &'static str,
    /// Version, framework, classes: what else is said of it.
    pub said: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_every: Option<String>,
    pub reviews: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<ReviewRow>,
}

/// One review; the entity's word.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReviewRow {
    pub on: String,
    pub by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// A declared thing of which a sentence says all.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OtherRow {
    /// `declaration/document`.
    pub kind: &'static str,
    /// The same for a person.
    pub what: &'static str,
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub said: Vec<String>,
}

impl Links<'_> {
    /// All that is declared.
    #[must_use]
    pub fn inventory(&self) -> Inventory {
        let declared = self.declaration();
        let risks = declared.risks.rows.iter().map(|risk| RiskRow {
            id: risk.id.as_ref().unwrap_or(&risk.threat).to_string(),
            threat: risk.threat.to_string(),
            risk: self.risk_node(risk),
        });
        let tolerances = declared.risk_register.iter().flat_map(|register| &register.tolerances);
        let held = keys_by(declared, |key| &key.holders);
        let signing = keys_by(declared, |key| &key.wallets);
        let backing = keys_by(declared, |key| &key.backup_of);
        Inventory {
            threats: declared.threats.iter().map(|threat: &Threat| self.threat_node(threat)).collect(),
            controls: declared.controls.iter().map(|control| self.control_node(control)).collect(),
            risks: risks.collect(),
            register_elsewhere: declared.risks.rows.is_empty() && self.has_part("risks"),
            tolerances: tolerances
                .map(|rule| ToleranceRow {
                    id: rule.id.to_string(),
                    levels: texts(&rule.levels),
                    title: text(rule.title.as_ref()),
                })
                .collect(),
            keys: declared
                .keys
                .iter()
                .map(|key| KeyRow {
                    spec: text(key.spec.as_ref()),
                    origin: text(key.origin.as_ref()),
                    location: text(key.location.as_ref()),
                    backup_of: texts(&key.backup_of),
                    backups: of_key(&backing, key.id.as_str()),
                    key: self.key_node(key),
                })
                .collect(),
            wallets: declared.wallets.iter().map(|wallet| self.wallet_row(wallet, &signing)).collect(),
            people: declared.key_holders.iter().map(|holder| self.holder_row(holder, &held)).collect(),
            third_parties: declared.third_parties.iter().map(|party| self.party_row(party)).collect(),
            reviewed: reviewed(declared),
            others: self.others(),
            acceptances: declared.acceptances.iter().map(|one| self.acceptance_node(one)).collect(),
        }
    }

    fn wallet_row(&self, wallet: &Wallet, signing: &BTreeMap<&str, Vec<&Key>>) -> WalletRow {
        WalletRow {
            id: wallet.id.to_string(),
            at: self.place(wallet.id.at),
            title: wallet.title.value.clone(),
            signatures: wallet.signatures.as_ref().map(|one| (one.needed.value, one.of.value)),
            workflow: wallet.workflow.iter().map(|step| (step.what.value.clone(), texts(&step.by))).collect(),
            keys: of_key(signing, wallet.id.as_str()),
        }
    }

    fn holder_row(&self, holder: &KeyHolder, held: &BTreeMap<&str, Vec<&Key>>) -> HolderRow {
        let identities = holder.identities.by_target.iter();
        HolderRow {
            id: holder.id.to_string(),
            at: self.place(holder.id.at),
            identities: identities.map(|(target, there)| (target.value.clone(), texts(there))).collect(),
            roles: texts(&holder.roles),
            keys: of_key(held, holder.id.as_str()),
            acknowledged: text(holder.acknowledged.as_ref()),
            trained: text(holder.trained.as_ref()),
            train_every: text(holder.train_every.as_ref()),
            left: text(holder.left.as_ref()),
        }
    }

    fn party_row(&self, party: &ThirdParty) -> PartyRow {
        let reviews = party.reviews.iter().map(|review| review.on.value);
        let last = party.reviewed.iter().map(|day| day.value).chain(reviews).max();
        let certificate = |held: &Certificate| CertificateRow {
            standard: held.standard.to_string(),
            system: held.system.value.clone(),
            level: held.level.value,
            expires: held.expires.to_string(),
            covers: texts(&held.covers),
        };
        PartyRow {
            id: party.id.to_string(),
            at: self.place(party.id.at),
            role: party.role.to_string(),
            threats: texts(&party.in_threats),
            keys: texts(&party.keys),
            covers: texts(&party.covers),
            certificate: party.certificate.as_ref().map(certificate),
            reviewed: last.map(|day| day.to_string()),
            review_every: text(party.review_every.as_ref()),
            review: newest(&party.reviews),
        }
    }

    fn others(&self) -> Vec<OtherRow> {
        let declared = self.declaration();
        let mut others = Vec::new();
        for role in &declared.roles {
            let executive = role.executive.as_ref().is_some_and(|one| one.value);
            let said = [Some(role.title.value.clone()), executive.then(|| "executive management".to_owned())];
            others.push(self.other("declaration/role", "role", &role.id, said));
        }
        for document in &declared.documents {
            others.push(self.other("declaration/document", "document", &document.id, said_of(document)));
        }
        for component in &declared.components {
            let evidence =
                (!component.evidence.is_empty()).then(|| format!("shown by {}", texts(&component.evidence).join(", ")));
            let said = [text(component.name.as_ref()), evidence];
            others.push(self.other("declaration/component", "component", &component.id, said));
        }
        for one in &declared.exclusions {
            let said = [
                Some(one.what.value.clone()),
                Some(format!("left out because: {}", one.reason.value)),
                labelled("approved by ", one.approved_by.as_ref()),
                labelled("on ", one.approved.as_ref()),
            ];
            others.push(self.other("declaration/exclusion", "exclusion", &one.id, said));
        }
        others
    }

    fn other(
        &self,
        kind: &'static str,
        what: &'static str,
        id: &Located<Id>,
        said: impl IntoIterator<Item = Option<String>>,
    ) -> OtherRow {
        let said = said.into_iter().flatten().collect();
        OtherRow { kind, what, id: id.to_string(), at: self.place(id.at), said }
    }
}

/// What is said of a document, in short.
fn said_of(document: &Document) -> Vec<Option<String>> {
    let outside = document.external.as_ref().is_some_and(|one| one.value);
    vec![
        Some(format!("{}: {}", document.kind, document.title)),
        outside.then(|| "written by somebody else".to_owned()),
        labelled("version ", document.version.as_ref()),
        labelled("owner ", document.owner.as_ref()),
        labelled("approved by ", document.approved_by.as_ref()),
        labelled("approved on ", document.approved.as_ref()),
        labelled("reviewed on ", document.reviewed.as_ref()),
        labelled("reviewed every ", document.review_every.as_ref()),
        labelled("file ", document.path.as_ref()),
        labelled("sha256 ", document.sha256.as_ref()),
    ]
}

fn labelled(label: &str, value: Option<&impl ToString>) -> Option<String> {
    value.map(|value| format!("{label}{}", value.to_string()))
}

/// The keys by what they name: by each holder, by each wallet, by each key that they back up.
fn keys_by<'d>(
    declared: &'d Declaration,
    named: impl Fn(&'d Key) -> &'d [Located<Id>],
) -> BTreeMap<&'d str, Vec<&'d Key>> {
    let mut keys: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
    for key in &declared.keys {
        for one in named(key) {
            keys.entry(one.as_str()).or_default().push(key);
        }
    }
    keys
}

fn of_key(keys: &BTreeMap<&str, Vec<&Key>>, id: &str) -> Vec<String> {
    keys.get(id).into_iter().flatten().map(|key| key.id.to_string()).collect()
}

fn reviewed(declared: &Declaration) -> Vec<ReviewedRow> {
    let mut rows = Vec::new();
    if let Some(model) = &declared.threat_model {
        let declined = model.declined.iter().map(|one| format!("no threat of `{}`: {}", one.category, one.reason));
        let said = [format!("version {}", model.version)].into_iter().chain(declined).collect();
        rows.push(row("threat-model", "threat model", said, model.review_every.as_ref(), &model.reviews));
    }
    if let Some(register) = &declared.risk_register {
        let said = labelled("after ", register.framework.as_ref()).into_iter().collect();
        rows.push(row("risk-register", "risk register", said, register.review_every.as_ref(), &register.reviews));
    }
    if let Some(inventory) = &declared.key_inventory {
        let said = Vec::new();
        rows.push(row("key-inventory", "key inventory", said, inventory.review_every.as_ref(), &inventory.reviews));
    }
    if let Some(plan) = &declared.compromise_plan {
        let classes = format!("for keys of the classes {}", texts(&plan.classes).join(", "));
        let said = [Some(classes), labelled("written down in ", plan.document.as_ref())];
        let said = said.into_iter().flatten().collect();
        rows.push(row("compromise-plan", "compromise plan", said, plan.review_every.as_ref(), &plan.reviews));
    }
    rows
}

fn row(
    id: &'static str,
    what: &'static str,
    said: Vec<String>,
    every: Option<&Located<Cadence>>,
    reviews: &[Review],
) -> ReviewedRow {
    ReviewedRow { id, what, said, review_every: text(every), reviews: reviews.len(), last: newest(reviews) }
}

fn newest(reviews: &[Review]) -> Option<ReviewRow> {
    let last = reviews.iter().max_by_key(|review| review.on.value)?;
    Some(ReviewRow {
        on: last.on.to_string(),
        by: last.by.value.clone(),
        looked_at: text(last.looked_at.as_ref()),
        changed: text(last.changed.as_ref()),
    })
}
