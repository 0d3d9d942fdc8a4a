//! One region: its aliases, its custom key stores, its keys.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws::{Bounded, Call, Pager, Refusal, Session};
use aws_sdk_kms::Client;
use futures_util::future::try_join;
use sdk::{ExchangeId, GapNote, GapReason, Recorder, ResourceNote, SinkError, Source, Subject, population};

use crate::key::{KeyReader, Listed, State};
use crate::resource::{ALIAS, Alias, CUSTOM_KEY_STORE, CustomKeyStore, ExternalProxy, KEY};
use crate::wire;

/// Reads one region.
#[derive(Debug)]
pub struct RegionReader<'s> {
    session: &'s Session,
    recorder: &'s Recorder,
    client: Client,
    region: String,
}

/// The aliases of a region, as far as they could be listed.
#[derive(Debug, Default)]
struct Aliases {
    /// With the exchange and place each was found at.
    entries: Vec<(wire::AliasEntry, String, ExchangeId, usize)>,
    /// Key id to alias names and where they stand.
    by_key: BTreeMap<String, (Vec<String>, Vec<Source>)>,
    last_page: Option<Source>,
    /// Why the list did not reach its end.
    stopped: Option<Refusal>,
}

/// Where the keys that aliases name are in the list of keys.
#[derive(Debug, Default)]
struct Targets {
    found: BTreeMap<String, Source>,
    /// What state each is in.
    states: BTreeMap<String, State>,
    last_page: Option<Source>,
    stopped: Option<Refusal>,
}

impl<'s> RegionReader<'s> {
    pub fn new(session: &'s Session, recorder: &'s Recorder, region: &str) -> Self {
        Self { session, recorder, client: crate::client::in_region(session, region), region: region.to_owned() }
    }

    /// Reads everything of the region and records it.
    pub async fn read(self) -> Result<(), SinkError> {
        let keys_and_aliases = async {
            let aliases = self.list_aliases().await?;
            let targets = self.keys(&aliases).await?;
            self.record_aliases(aliases, &targets)
        };
        // A source that cannot list the stores is asked again and again; the keys need not wait for that.
        try_join(self.custom_key_stores(), keys_and_aliases).await?;
        Ok(())
    }

    fn population(&self, kind: &str) -> String {
        population(kind, Some(&self.region))
    }

    async fn list_aliases(&self) -> Result<Aliases, SinkError> {
        let name = self.population(ALIAS);
        let mut pager = Pager::new(self.session, Call::new("kms:ListAliases").population(&name));
        let mut aliases = Aliases::default();
        while let Some(answer) = pager
            .next(
                |marker| self.client.list_aliases().limit(100).set_marker(marker).send(),
                wire::turn::<wire::Aliases, _>,
            )
            .await?
        {
            let exchange = answer.exchange;
            aliases.last_page = Some(Source::json(exchange, "/Aliases"));
            for (index, entry) in wire::entries::<wire::Aliases, _>(&answer).into_iter().enumerate() {
                let (Some(arn), Some(alias)) = (entry.alias_arn.clone(), entry.alias_name.clone()) else {
                    pager.stop_at(exchange, &wire::place::<wire::Aliases>(index));
                    continue;
                };
                if let Some(key) = &entry.target_key_id {
                    let (names, sources) = aliases.by_key.entry(key.clone()).or_default();
                    // An alias that is listed again is one alias of its key.
                    if !names.contains(&alias) {
                        names.push(alias);
                        sources.push(Source::json(exchange, format!("/Aliases/{index}")));
                    }
                }
                aliases.entries.push((entry, arn, exchange, index));
            }
        }
        aliases.stopped = pager.stopped().cloned();
        pager.close(self.recorder, &name, aliases.entries.len() as u64, None)?;
        if let Some(refusal) = &aliases.stopped {
            // Any key may have an alias that was not listed.
            let mut gap = refusal.gap(Some("aliases"));
            gap.population = Some(self.population(KEY));
            self.recorder.gap(gap)?;
        }
        Ok(aliases)
    }

    async fn keys(&self, aliases: &Aliases) -> Result<Targets, SinkError> {
        let name = self.population(KEY);
        let mut pager = Pager::new(self.session, Call::new("kms:ListKeys").population(&name));
        let mut targets = Targets::default();
        let mut items: u64 = 0;
        let states: Mutex<BTreeMap<String, State>> = Mutex::default();
        while let Some(answer) = pager
            .next(|marker| self.client.list_keys().limit(1000).set_marker(marker).send(), wire::turn::<wire::Keys, _>)
            .await?
        {
            let exchange = answer.exchange;
            targets.last_page = Some(Source::json(exchange, "/Keys"));
            // What waits is one page's list of names; what is held of keys is bounded.
            let mut work = Bounded::new(self.session.concurrency());
            for (index, entry) in wire::entries::<wire::Keys, _>(&answer).into_iter().enumerate() {
                let (Some(arn), Some(id)) = (entry.key_arn, entry.key_id) else {
                    pager.stop_at(exchange, &wire::place::<wire::Keys>(index));
                    continue;
                };
                let source = Source::json(exchange, format!("/Keys/{index}"));
                let aliased = aliases.by_key.contains_key(&id).then(|| id.clone());
                if let Some(id) = &aliased {
                    targets.found.insert(id.clone(), source.clone());
                }
                let listed = Listed { aliases: aliases.of(&id), region: self.region.clone(), source, arn, id };
                items = items.saturating_add(1);
                let key = KeyReader::new(self.session, self.client.clone(), &name, listed);
                let states = &states;
                work.start(async move {
                    let state = key.read(self.recorder).await?;
                    if let (Some(id), Some(state)) = (aliased, state) {
                        states.lock().unwrap_or_else(PoisonError::into_inner).insert(id, state);
                    }
                    Ok(())
                })
                .await?;
            }
            work.finish().await?;
        }
        targets.states = states.into_inner().unwrap_or_else(PoisonError::into_inner);
        targets.stopped = pager.stopped().cloned();
        pager.close(self.recorder, &name, items, None)?;
        Ok(targets)
    }

    async fn custom_key_stores(&self) -> Result<(), SinkError> {
        let name = self.population(CUSTOM_KEY_STORE);
        let mut pager = Pager::new(self.session, Call::new("kms:DescribeCustomKeyStores").population(&name));
        let mut items: u64 = 0;
        while let Some(answer) = pager
            .next(
                |marker| self.client.describe_custom_key_stores().limit(1000).set_marker(marker).send(),
                wire::turn::<wire::CustomKeyStores, _>,
            )
            .await?
        {
            for (index, entry) in wire::entries::<wire::CustomKeyStores, _>(&answer).into_iter().enumerate() {
                let store = entry.custom_key_store_id.clone().zip(wire::date(entry.creation_date).ok());
                let Some((id, created)) = store else {
                    pager.stop_at(answer.exchange, &wire::place::<wire::CustomKeyStores>(index));
                    continue;
                };
                items = items.saturating_add(1);
                let facts = CustomKeyStore {
                    id: Some(id.clone()),
                    name: Some(entry.custom_key_store_name),
                    region: Some(self.region.clone()),
                    kind: Some(entry.custom_key_store_type),
                    connection_state: Some(entry.connection_state),
                    connection_error: Some(entry.connection_error_code),
                    cloudhsm_cluster: Some(entry.cloud_hsm_cluster_id),
                    external_proxy: Some(entry.xks_proxy_configuration.map(|proxy| ExternalProxy {
                        connectivity: proxy.connectivity,
                        uri_endpoint: proxy.uri_endpoint,
                        uri_path: proxy.uri_path,
                        vpc_endpoint_service: proxy.vpc_endpoint_service_name,
                        vpc_endpoint_service_owner: proxy.vpc_endpoint_service_owner,
                    })),
                    creation_date: Some(created),
                };
                let source = Source::json(answer.exchange, format!("/CustomKeyStores/{index}"));
                self.record(CUSTOM_KEY_STORE, id, sdk::facts(&facts)?, &source, [])?;
            }
        }
        pager.close(self.recorder, &name, items, None)?;
        Ok(())
    }

    fn record_aliases(&self, aliases: Aliases, targets: &Targets) -> Result<(), SinkError> {
        for (entry, arn, exchange, index) in aliases.entries {
            let source = Source::json(exchange, format!("/Aliases/{index}"));
            let mut facts = Alias {
                arn: Some(arn.clone()),
                reserved: entry.alias_name.as_deref().map(|name| name.starts_with("alias/aws/")),
                name: entry.alias_name,
                region: Some(self.region.clone()),
                target_key: Some(entry.target_key_id),
                ..Alias::default()
            };
            let mut undated = Vec::new();
            for (part, seconds, fact) in [
                ("creation_date", entry.creation_date, &mut facts.creation_date),
                ("last_updated", entry.last_updated_date, &mut facts.last_updated),
            ] {
                match wire::date(seconds) {
                    Ok(date) => *fact = Some(date),
                    Err(()) => undated.push(part),
                }
            }
            for part in undated {
                self.alias_gap(
                    &arn,
                    part,
                    "kms:ListAliases",
                    GapReason::Malformed,
                    "is not a date".to_owned(),
                    Some(exchange),
                )?;
            }
            let target = facts.target_key.clone().flatten();
            let mut proof = vec![source.clone()];
            let listed = target.as_ref().and_then(|id| targets.found.get(id));
            facts.target_exists = match (listed, &targets.stopped) {
                (Some(listed), _) => {
                    proof.push(listed.clone());
                    Some(true)
                }
                (None, None) => {
                    proof.extend(targets.last_page.clone());
                    Some(false)
                }
                // It may be in what was not listed. That an alias names no key makes no difference: the part tells what
                // the list of keys says, and that was not read.
                (None, Some(refusal)) => {
                    self.alias_gap(
                        &arn,
                        "target_exists",
                        "kms:ListKeys",
                        refusal.reason,
                        refusal.detail.clone(),
                        refusal.exchange,
                    )?;
                    None
                }
            };
            let mut others: Vec<(&'static str, Vec<Source>)> = Vec::new();
            match (facts.target_exists, target.as_ref().and_then(|id| targets.states.get(id))) {
                (Some(true), Some(Ok((state, sources)))) => {
                    facts.target_state = Some(Some(state.clone()));
                    others.push(("target_state", sources.clone()));
                }
                (Some(true), Some(Err(gap))) => {
                    let right = gap.right.as_deref().unwrap_or("kms:DescribeKey");
                    self.alias_gap(&arn, "target_state", right, gap.reason, gap.detail.clone(), gap.exchange)?;
                }
                (Some(false), _) => {
                    facts.target_state = Some(None);
                    others.push(("target_state", proof.clone()));
                }
                // What names no key that was met has no state that was met, for the same reason.
                (None, _) => {
                    if let Some(refusal) = &targets.stopped {
                        let (reason, detail) = (refusal.reason, refusal.detail.clone());
                        self.alias_gap(&arn, "target_state", "kms:ListKeys", reason, detail, refusal.exchange)?;
                    }
                }
                (Some(true), None) => {}
            }
            others.extend(facts.target_exists.map(|_| ("target_exists", proof)));
            self.record(ALIAS, arn, sdk::facts(&facts)?, &source, others)?;
        }
        Ok(())
    }

    fn alias_gap(
        &self,
        arn: &str,
        part: &str,
        right: &str,
        reason: GapReason,
        detail: String,
        exchange: Option<ExchangeId>,
    ) -> Result<(), SinkError> {
        self.recorder.gap(GapNote {
            population: Some(self.population(ALIAS)),
            subject: Some(Subject { kind: ALIAS.to_owned(), id: arn.to_owned() }),
            part: Some(part.to_owned()),
            right: Some(right.to_owned()),
            reason,
            detail,
            exchange,
        })
    }

    /// Records a resource whose parts are at one place, except for some.
    fn record(
        &self,
        kind: &str,
        id: String,
        facts: serde_json::Value,
        source: &Source,
        others: impl IntoIterator<Item = (&'static str, Vec<Source>)>,
    ) -> Result<(), SinkError> {
        let mut parts: BTreeMap<String, Vec<Source>> = facts
            .as_object()
            .into_iter()
            .flat_map(|members| members.keys())
            .map(|part| (part.clone(), vec![source.clone()]))
            .collect();
        for (part, sources) in others {
            parts.insert(part.to_owned(), sources);
        }
        self.recorder.resource(ResourceNote {
            population: self.population(kind),
            kind: kind.to_owned(),
            id,
            parts,
            facts,
        })
    }
}

impl Aliases {
    /// The aliases of a key; `None` where none could be listed at all.
    fn of(&self, key: &str) -> Option<(Vec<String>, Vec<Source>)> {
        // That a key has none is told by the whole list, of which the last page says that it ended.
        let last = self.last_page.as_ref()?;
        Some(match self.by_key.get(key) {
            Some((names, sources)) => {
                let mut names = names.clone();
                names.sort();
                (names, sources.clone())
            }
            None => (Vec::new(), vec![last.clone()]),
        })
    }
}
