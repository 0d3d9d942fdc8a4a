//! One key: six reads, each of which may be refused by itself.

use std::collections::BTreeMap;

use aws::policy_document::{PolicyDocument, principal_form};
use aws::{Call, Pager, Refusal, Session};
use aws_sdk_kms::Client;
use sdk::{ExchangeId, GapNote, GapReason, Recorder, ResourceNote, SinkError, Source};
use serde::de::DeserializeOwned;

use crate::resource::{
    CompletedRotation, CustomKeyStoreOfKey, Grant, GrantConstraints, KEY, Key, KeyElsewhere, MultiRegion, Rotation,
};
use crate::wire;

/// Parts that `DescribeKey` gives.
pub const DESCRIBED: [&str; 16] = [
    "description",
    "manager",
    "state",
    "enabled",
    "spec",
    "usage",
    "algorithms",
    "origin",
    "creation_date",
    "deletion_date",
    "pending_deletion_days",
    "valid_to",
    "expiration_model",
    "multi_region",
    "custom_key_store",
    "current_material",
];

/// What state a key is in and where that stands, or why it was not read.
pub type State = Result<(String, Vec<Source>), GapNote>;

/// A key as the list names it, and what was read of it so far.
#[derive(Debug)]
pub struct KeyReader<'s> {
    session: &'s Session,
    client: Client,
    population: String,
    arn: String,
    facts: Key,
    parts: BTreeMap<String, Vec<Source>>,
    gaps: Vec<GapNote>,
}

/// A key's place in a list of keys, and the aliases that name it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub arn: String,
    pub id: String,
    pub region: String,
    pub source: Source,
    /// `None`: no alias could be listed.
    pub aliases: Option<(Vec<String>, Vec<Source>)>,
}

impl<'s> KeyReader<'s> {
    pub fn new(session: &'s Session, client: Client, population: &str, listed: Listed) -> Self {
        let mut parts = BTreeMap::new();
        for part in ["arn", "key_id", "region"] {
            parts.insert(part.to_owned(), vec![listed.source.clone()]);
        }
        let mut facts = Key {
            arn: Some(listed.arn.clone()),
            key_id: Some(listed.id),
            region: Some(listed.region),
            ..Key::default()
        };
        if let Some((names, sources)) = listed.aliases {
            facts.aliases = Some(names);
            parts.insert("aliases".to_owned(), sources);
        }
        Self { session, client, population: population.to_owned(), arn: listed.arn, facts, parts, gaps: Vec::new() }
    }

    /// Reads the key and records it. `None`: its state is not known, and no gap says why.
    pub async fn read(mut self, recorder: &Recorder) -> Result<Option<State>, SinkError> {
        if self.describe().await? {
            self.policy().await?;
            self.grants().await?;
            self.tags().await?;
            self.rotation().await?;
            self.rotations().await?;
            self.settle_manager();
        }
        let state = self.state();
        for gap in self.gaps {
            recorder.gap(gap)?;
        }
        recorder.resource(ResourceNote {
            population: self.population,
            kind: KEY.to_owned(),
            id: self.arn,
            parts: self.parts,
            facts: sdk::facts(&self.facts)?,
        })?;
        Ok(state)
    }

    fn state(&self) -> Option<State> {
        if let (Some(state), Some(sources)) = (&self.facts.state, self.parts.get("state")) {
            return Some(Ok((state.clone(), sources.clone())));
        }
        self.gaps.iter().find(|gap| matches!(gap.part.as_deref(), None | Some("state"))).cloned().map(Err)
    }

    /// Whose a key is, other answers tell too: AWS gives keys of its own no name but its own, and lets nobody change their policy.
    /// So whoever writes a key's policy cannot hide the key by refusing its description.
    fn settle_manager(&mut self) {
        const RESERVED: &str = "alias/aws/";
        let names = self.facts.aliases.iter().flatten();
        let of_customer = names.clone().find(|name| !name.starts_with(RESERVED)).cloned();
        let of_aws = names.clone().any(|name| name.starts_with(RESERVED));
        let mut allowed = self.facts.policy.iter().flat_map(PolicyDocument::allows);
        let changeable = !of_aws && allowed.any(|one| one.covers_action("kms:PutKeyPolicy"));
        drop(allowed);
        let told = match of_customer {
            Some(name) => Some(("aliases", format!("`ListAliases` gives it the customer's name `{name}`"))),
            None => changeable.then(|| ("policy", "its policy lets the account change it".to_owned())),
        };
        let Some((part, why)) = told else { return };
        match self.facts.manager.as_deref() {
            Some("AWS") => {
                let place = self.parts.remove("manager").unwrap_or_default();
                self.facts.manager = None;
                let exchange = place.first().map(|source| source.exchange);
                let detail =
                    format!("`DescribeKey` says that AWS manages the key, but {why}: one contradicts the other");
                let mut refusal = self.info("kms:DescribeKey").refused(GapReason::Malformed, detail);
                refusal.exchange = exchange;
                self.refused(&refusal, &["manager"]);
            }
            None => {
                self.facts.manager = Some("CUSTOMER".to_owned());
                let sources = self.parts.get(part).cloned().unwrap_or_default();
                self.parts.insert("manager".to_owned(), sources);
                self.gaps.retain(|gap| gap.part.as_deref() != Some("manager"));
            }
            Some(_) => {}
        }
    }

    fn info(&self, operation: &str) -> Call {
        Call::new(operation).population(&self.population).subject(KEY, &self.arn)
    }

    fn found(&mut self, part: &str, exchange: ExchangeId, path: &str) {
        self.parts.entry(part.to_owned()).or_default().push(Source::json(exchange, path));
    }

    fn refused(&mut self, refusal: &Refusal, parts: &[&str]) {
        for part in parts {
            self.gaps.push(refusal.gap(Some(part)));
        }
    }

    fn malformed(&mut self, operation: &str, exchange: ExchangeId, part: &str, detail: String) {
        let mut refusal = self.info(operation).refused(GapReason::Malformed, detail);
        refusal.exchange = Some(exchange);
        self.refused(&refusal, &[part]);
    }

    /// Reads the key's description. `false`: the key is gone since it was listed, and nothing more can be asked of it.
    async fn describe(&mut self) -> Result<bool, SinkError> {
        const OPERATION: &str = "kms:DescribeKey";
        let call = || self.client.describe_key().key_id(&self.arn).send();
        let answer = match self.session.call(self.info(OPERATION), call).await? {
            Ok(answer) => answer,
            Err(refusal) if refusal.reason == GapReason::Vanished => {
                self.gaps.push(refusal.gap(None));
                return Ok(false);
            }
            Err(refusal) => {
                self.refused(&refusal, &DESCRIBED);
                return Ok(true);
            }
        };
        let exchange = answer.exchange;
        let Some(data) = parse::<wire::Described>(&answer.body).and_then(|d| d.key_metadata) else {
            for part in DESCRIBED {
                let detail = "the answer has no readable `KeyMetadata`".to_owned();
                self.malformed(OPERATION, exchange, part, detail);
            }
            return Ok(true);
        };
        self.metadata(data, exchange);
        Ok(true)
    }

    /// Takes the members that the source always gives, and reads the absence of the others as it documents it.
    fn metadata(&mut self, data: wire::KeyMetadata, exchange: ExchangeId) {
        const OPERATION: &str = "kms:DescribeKey";
        macro_rules! always {
            ($field:ident, $value:expr, $member:literal) => {
                self.facts.$field = $value;
                if self.facts.$field.is_some() {
                    self.found(stringify!($field), exchange, concat!("/KeyMetadata/", $member));
                } else {
                    let detail = concat!("the answer has no `", $member, "`").to_owned();
                    self.malformed(OPERATION, exchange, stringify!($field), detail);
                }
            };
        }
        macro_rules! at_times {
            ($field:ident, $value:expr, $member:literal) => {
                let value = $value;
                let path = if value.is_some() { concat!("/KeyMetadata/", $member) } else { "/KeyMetadata" };
                self.facts.$field = Some(value);
                self.found(stringify!($field), exchange, path);
            };
        }
        macro_rules! date {
            ($field:ident, $value:expr, $member:literal) => {
                match wire::date($value) {
                    Ok(date) => {
                        at_times!($field, date, $member);
                    }
                    Err(()) => {
                        let detail = concat!("`", $member, "` is not a date").to_owned();
                        self.malformed(OPERATION, exchange, stringify!($field), detail);
                    }
                }
            };
        }
        always!(description, data.description, "Description");
        always!(manager, data.key_manager, "KeyManager");
        always!(state, data.key_state, "KeyState");
        always!(enabled, data.enabled, "Enabled");
        always!(spec, data.key_spec, "KeySpec");
        always!(usage, data.key_usage, "KeyUsage");
        always!(origin, data.origin, "Origin");
        always!(creation_date, wire::date(data.creation_date).ok().flatten(), "CreationDate");
        date!(deletion_date, data.deletion_date, "DeletionDate");
        date!(valid_to, data.valid_to, "ValidTo");
        at_times!(pending_deletion_days, data.pending_deletion_window_in_days, "PendingDeletionWindowInDays");
        at_times!(expiration_model, data.expiration_model, "ExpirationModel");
        at_times!(current_material, data.current_key_material_id, "CurrentKeyMaterialId");

        let lists = [
            ("EncryptionAlgorithms", data.encryption_algorithms),
            ("SigningAlgorithms", data.signing_algorithms),
            ("MacAlgorithms", data.mac_algorithms),
            ("KeyAgreementAlgorithms", data.key_agreement_algorithms),
            ("EncapsulationAlgorithms", data.encapsulation_algorithms),
        ];
        let mut algorithms = Vec::new();
        for (member, list) in lists {
            if let Some(list) = list {
                self.found("algorithms", exchange, &format!("/KeyMetadata/{member}"));
                algorithms.extend(list);
            }
        }
        if algorithms.is_empty() {
            self.found("algorithms", exchange, "/KeyMetadata");
        }
        self.facts.algorithms = Some(algorithms);

        let external_key = data.xks_key_configuration.and_then(|key| key.id);
        let store = data.custom_key_store_id.map(|id| CustomKeyStoreOfKey {
            id,
            cloudhsm_cluster: data.cloud_hsm_cluster_id,
            external_key,
        });
        at_times!(custom_key_store, store, "CustomKeyStoreId");

        match multi_region(data.multi_region, data.multi_region_configuration) {
            Ok(value) => {
                at_times!(multi_region, value, "MultiRegionConfiguration");
            }
            Err(detail) => {
                self.malformed(OPERATION, exchange, "multi_region", detail.to_owned());
            }
        }
    }

    async fn policy(&mut self) -> Result<(), SinkError> {
        const OPERATION: &str = "kms:GetKeyPolicy";
        let call = || self.client.get_key_policy().key_id(&self.arn).policy_name("default").send();
        let answer = match self.session.call(self.info(OPERATION), call).await? {
            Ok(answer) => answer,
            Err(refusal) => {
                self.refused(&refusal, &["policy"]);
                return Ok(());
            }
        };
        let text = parse::<wire::Policy>(&answer.body).and_then(|policy| policy.policy);
        let document = match text {
            None => Err("the answer has no `Policy`".to_owned()),
            Some(text) => PolicyDocument::parse(&text).map_err(|error| error.to_string()),
        };
        match document {
            Ok(document) => {
                self.facts.policy = Some(document);
                self.found("policy", answer.exchange, "/Policy");
            }
            Err(detail) => self.malformed(OPERATION, answer.exchange, "policy", detail),
        }
        Ok(())
    }

    async fn grants(&mut self) -> Result<(), SinkError> {
        let (client, arn) = (self.client.clone(), self.arn.clone());
        let mut pager = Pager::new(self.session, self.info("kms:ListGrants"));
        let mut grants: Option<Vec<Grant>> = None;
        while let Some(answer) = pager
            .next(
                |marker| client.list_grants().key_id(&arn).limit(100).set_marker(marker).send(),
                wire::turn::<wire::Grants, _>,
            )
            .await?
        {
            self.found("grants", answer.exchange, "/Grants");
            let list = grants.get_or_insert_default();
            for (index, entry) in wire::entries::<wire::Grants, _>(&answer).into_iter().enumerate() {
                match grant(entry) {
                    Some(grant) => list.push(grant),
                    None => pager.stop_at(answer.exchange, &wire::place::<wire::Grants>(index)),
                }
            }
        }
        self.end(&pager, "grants");
        self.facts.grants = grants;
        Ok(())
    }

    async fn tags(&mut self) -> Result<(), SinkError> {
        let (client, arn) = (self.client.clone(), self.arn.clone());
        let mut pager = Pager::new(self.session, self.info("kms:ListResourceTags"));
        let mut tags: Option<BTreeMap<String, String>> = None;
        while let Some(answer) = pager
            .next(
                |marker| client.list_resource_tags().key_id(&arn).limit(50).set_marker(marker).send(),
                wire::turn::<wire::Tags, _>,
            )
            .await?
        {
            self.found("tags", answer.exchange, "/Tags");
            let map = tags.get_or_insert_default();
            for (index, tag) in wire::entries::<wire::Tags, _>(&answer).into_iter().enumerate() {
                match (tag.tag_key, tag.tag_value) {
                    (Some(key), Some(value)) => {
                        map.insert(key, value);
                    }
                    _ => pager.stop_at(answer.exchange, &wire::place::<wire::Tags>(index)),
                }
            }
        }
        self.end(&pager, "tags");
        self.facts.tags = tags;
        Ok(())
    }

    async fn rotation(&mut self) -> Result<(), SinkError> {
        const OPERATION: &str = "kms:GetKeyRotationStatus";
        match self.can_have("rotation", &["AWS_KMS"]) {
            None => return Ok(()),
            Some(false) => {
                self.facts.rotation = Some(None);
                self.follows_from_metadata("rotation");
                return Ok(());
            }
            Some(true) => {}
        }
        let call = || self.client.get_key_rotation_status().key_id(&self.arn).send();
        let answer = match self.session.call(self.info(OPERATION), call).await? {
            Ok(answer) => answer,
            Err(refusal) => {
                self.refused(&refusal, &["rotation"]);
                return Ok(());
            }
        };
        let status = parse::<wire::RotationStatus>(&answer.body);
        let rotation = status.and_then(|status| {
            Some(Rotation {
                enabled: status.key_rotation_enabled?,
                period_days: status.rotation_period_in_days,
                next: wire::date(status.next_rotation_date).ok()?,
                on_demand_start: wire::date(status.on_demand_rotation_start_date).ok()?,
            })
        });
        if rotation.is_some() {
            self.facts.rotation = Some(rotation);
            self.found("rotation", answer.exchange, "");
        } else {
            let detail = "the answer has no readable `KeyRotationEnabled`".to_owned();
            self.malformed(OPERATION, answer.exchange, "rotation", detail);
        }
        Ok(())
    }

    async fn rotations(&mut self) -> Result<(), SinkError> {
        // Imported material is rotated on demand.
        match self.can_have("rotations", &["AWS_KMS", "EXTERNAL"]) {
            None => return Ok(()),
            Some(false) => {
                self.facts.rotations = Some(None);
                self.follows_from_metadata("rotations");
                return Ok(());
            }
            Some(true) => {}
        }
        let (client, arn) = (self.client.clone(), self.arn.clone());
        let mut pager = Pager::new(self.session, self.info("kms:ListKeyRotations"));
        let mut rotations: Option<Vec<CompletedRotation>> = None;
        while let Some(answer) = pager
            .next(
                |marker| client.list_key_rotations().key_id(&arn).limit(1000).set_marker(marker).send(),
                wire::turn::<wire::Rotations, _>,
            )
            .await?
        {
            self.found("rotations", answer.exchange, "/Rotations");
            let list = rotations.get_or_insert_default();
            for (index, entry) in wire::entries::<wire::Rotations, _>(&answer).into_iter().enumerate() {
                match completed_rotation(entry) {
                    Some(rotation) => list.push(rotation),
                    None => {
                        pager.stop_at(answer.exchange, &wire::place::<wire::Rotations>(index));
                    }
                }
            }
        }
        self.end(&pager, "rotations");
        self.facts.rotations = rotations.map(Some);
        Ok(())
    }

    /// Whether such a key can have rotations: only symmetric encryption keys with material of these origins do.
    /// `None`: its description was not read, so what an answer about rotation means is not known either.
    fn can_have(&mut self, part: &str, origins: &[&str]) -> Option<bool> {
        let known = self.facts.spec.as_deref().zip(self.facts.origin.as_deref());
        let can = known.map(|(spec, origin)| spec == "SYMMETRIC_DEFAULT" && origins.contains(&origin));
        if can.is_none()
            && let Some(mut gap) =
                self.gaps.iter().find(|gap| matches!(gap.part.as_deref(), Some("spec" | "origin"))).cloned()
        {
            gap.part = Some(part.to_owned());
            self.gaps.push(gap);
        }
        can
    }

    /// The part follows from what `DescribeKey` said.
    fn follows_from_metadata(&mut self, part: &str) {
        let sources = ["spec", "origin"].iter().filter_map(|known| self.parts.get(*known)).flatten().cloned().collect();
        self.parts.insert(part.to_owned(), sources);
    }

    /// A list that did not reach its end leaves its part incomplete, and a gap says so.
    fn end(&mut self, pager: &Pager<'_>, part: &str) {
        if let Some(refusal) = pager.stopped() {
            self.gaps.push(refusal.gap(Some(part)));
        }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

fn multi_region(
    flag: Option<bool>,
    configuration: Option<wire::MultiRegionConfiguration>,
) -> Result<Option<MultiRegion>, &'static str> {
    match (flag, configuration) {
        (Some(false), _) => Ok(None),
        (None, None) => Err("the answer has no `MultiRegion`"),
        (Some(true), None) => Err("the answer has no `MultiRegionConfiguration`"),
        (_, Some(found)) => {
            let elsewhere = |key: wire::MultiRegionKey| Some(KeyElsewhere { arn: key.arn?, region: key.region? });
            let replicas: Option<Vec<KeyElsewhere>> =
                found.replica_keys.and_then(|keys| keys.into_iter().map(elsewhere).collect());
            match (found.multi_region_key_type, found.primary_key.and_then(elsewhere), replicas) {
                (Some(kind), Some(primary), Some(replicas)) => Ok(Some(MultiRegion { kind, primary, replicas })),
                _ => Err("`MultiRegionConfiguration` does not have the documented form"),
            }
        }
    }
}

fn grant(entry: wire::GrantEntry) -> Option<Grant> {
    if entry.grantee_principal.is_none() && entry.grantee_service_principal.is_none() {
        return None;
    }
    Some(Grant {
        id: entry.grant_id?,
        name: entry.name.filter(|name| !name.is_empty()),
        grantee_form: entry.grantee_principal.as_deref().map(principal_form),
        grantee: entry.grantee_principal,
        grantee_service: entry.grantee_service_principal,
        retiring_form: entry.retiring_principal.as_deref().map(principal_form),
        retiring: entry.retiring_principal,
        retiring_service: entry.retiring_service_principal,
        issuing_account: entry.issuing_account,
        operations: entry.operations?,
        constraints: entry.constraints.map(|constraints| GrantConstraints {
            encryption_context_subset: constraints.encryption_context_subset,
            encryption_context_equals: constraints.encryption_context_equals,
            source_arn: constraints.source_arn,
        }),
        creation_date: wire::date(entry.creation_date).ok()?,
    })
}

fn completed_rotation(entry: wire::RotationEntry) -> Option<CompletedRotation> {
    Some(CompletedRotation {
        date: wire::date(entry.rotation_date).ok()?,
        kind: entry.rotation_type,
        material: entry.key_material_id,
        material_state: entry.key_material_state,
        valid_to: wire::date(entry.valid_to).ok()?,
    })
}
