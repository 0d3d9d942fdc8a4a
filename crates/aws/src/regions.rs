//! Which regions an account has, and which of them this run reads.

use schemars::JsonSchema;
use sdk::{
    CollectError, CoverageNote, ExchangeId, GapNote, GapReason, Recorder, RightStatus, SinkError, Source, Subject,
    population,
};
use serde::{Deserialize, Serialize};
use transport::{Answer, Call, Refusal};

use crate::fact::Parts;
use crate::pager::{Pager, Turn};
use crate::rights::{self, LIST_REGIONS};
use crate::session::Session;

/// The service's own limit.
const PAGE: i32 = 50;

/// The account's regions, as far as they could be listed.
#[derive(Clone, Debug, Default)]
pub struct ListedRegions {
    pub regions: Vec<ListedRegion>,
    /// Why the list was not read to its end.
    pub stopped: Option<Refusal>,
}

/// A region, as the account lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRegion {
    pub name: String,
    /// `ENABLED`, `ENABLED_BY_DEFAULT`, `ENABLING`, `DISABLING`, `DISABLED`.
    pub status: String,
    /// Where both stand.
    pub source: Source,
}

/// A region of the account, and whether this run reads it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `ENABLED`, `ENABLED_BY_DEFAULT`, `ENABLING`, `DISABLING`, `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether the declaration lets this run read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<bool>,
}

impl ListedRegion {
    /// Whether there may be something in it. A region being switched on or off still counts.
    #[must_use]
    pub fn may_be_used(&self) -> bool {
        self.status != "DISABLED"
    }
}

impl ListedRegions {
    /// Why nothing can be read in a region, where the account's own list says so: the words, and the exchange they rest on.
    #[must_use]
    pub fn closed(&self, name: &str) -> Option<(String, Option<ExchangeId>)> {
        match self.regions.iter().find(|region| region.name == name) {
            Some(region) if region.may_be_used() => None,
            Some(region) => {
                let words = format!("the account has not enabled this region: `{}`", region.status);
                Some((words, Some(region.source.exchange)))
            }
            None if self.stopped.is_none() => {
                let last = self.regions.last().map(|region| region.source.exchange);
                Some(("the account has no region of this name".to_owned(), last))
            }
            // It may be in what was not listed.
            None => None,
        }
    }
}

impl Session {
    fn account_client(&self) -> aws_sdk_account::Client {
        let config = aws_sdk_account::config::Builder::from(self.config()).build();
        aws_sdk_account::Client::from_conf(config)
    }

    /// Lists the account's regions. Writes the coverage of `population`, and the gap where they cannot be listed.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub async fn list_regions(&self, recorder: &Recorder, population: &str) -> Result<ListedRegions, SinkError> {
        let client = self.account_client();
        let mut pager = Pager::new(self, Call::new(LIST_REGIONS).population(population));
        let mut regions = Vec::new();
        while let Some(answer) =
            pager.next(|marker| client.list_regions().max_results(PAGE).set_next_token(marker).send(), turn).await?
        {
            for (index, region) in read(&answer).into_iter().enumerate() {
                match named(region, answer.exchange, index) {
                    Some(region) => regions.push(region),
                    None => pager.stop_at(answer.exchange, &format!("/Regions/{index}")),
                }
            }
        }
        let items = regions.len() as u64;
        let stopped = pager.stopped().cloned();
        pager.close(recorder, population, items, None)?;
        Ok(ListedRegions { regions, stopped })
    }

    /// Records which regions there are and which of them this run leaves out, each as a resource of `kind`. Where they could not all be
    /// listed and none is declared, any region may hold members of `kinds`: each is a list that was not read.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub fn record_regions(
        &self,
        recorder: &Recorder,
        listed: &ListedRegions,
        kind: &str,
        kinds: &[&str],
    ) -> Result<(), SinkError> {
        let declared = self.settings().regions.as_ref();
        for region in &listed.regions {
            let read = declared.is_none_or(|names| names.contains(&region.name));
            let mut parts = Parts::new(kind, &region.name);
            for part in ["name", "status", "declared"] {
                parts.place(part, vec![region.source.clone()]);
            }
            let facts =
                Region { name: Some(region.name.clone()), status: Some(region.status.clone()), declared: Some(read) };
            parts.record(recorder, &facts)?;
            if !read && region.may_be_used() {
                recorder.gap(GapNote {
                    population: Some(kind.to_owned()),
                    subject: Some(Subject { kind: kind.to_owned(), id: region.name.clone() }),
                    part: None,
                    right: None,
                    reason: GapReason::Skipped,
                    detail: "the account has this region enabled, and the declaration leaves it out".to_owned(),
                    exchange: Some(region.source.exchange),
                })?;
            }
        }
        if let (None, Some(refusal)) = (declared, &listed.stopped) {
            for kind in kinds {
                let mut gap = refusal.gap(None);
                gap.population = Some((*kind).to_owned());
                gap.detail = format!("which regions hold any is unknown: {}", refusal.detail);
                recorder.gap(gap)?;
                recorder.coverage(unread((*kind).to_owned()))?;
            }
        }
        Ok(())
    }

    /// Whether regions may be listed, and the regions to try rights in.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub async fn preflight_regions(&self) -> Result<(Vec<RightStatus>, Vec<String>), CollectError> {
        let client = self.account_client();
        let call = || client.list_regions().max_results(PAGE).send();
        let asked = self.call(Call::new(LIST_REGIONS), call).await?;
        let status = rights::status(LIST_REGIONS, None, &asked);
        let mut listed = ListedRegions::default();
        if let Ok(answer) = &asked {
            listed.regions = read(answer)
                .into_iter()
                .enumerate()
                .filter_map(|(index, region)| named(region, answer.exchange, index))
                .collect();
        }
        Ok((vec![status], self.regions_to_read(&listed)))
    }

    /// The regions that this run reads: the declared ones, otherwise all that may be used.
    #[must_use]
    pub fn regions_to_read(&self, listed: &ListedRegions) -> Vec<String> {
        let mut names: Vec<String> = match &self.settings().regions {
            Some(declared) => declared.clone(),
            None => {
                listed.regions.iter().filter(|region| region.may_be_used()).map(|region| region.name.clone()).collect()
            }
        };
        names.sort();
        names.dedup();
        names
    }
}

/// Records that nothing of `kinds` can be read in a region, as [`ListedRegions::closed`] gives the words.
///
/// # Errors
/// When evidence can no longer be written.
pub fn record_closed(
    recorder: &Recorder,
    region: &str,
    (words, exchange): (String, Option<ExchangeId>),
    kinds: &[&str],
) -> Result<(), SinkError> {
    for kind in kinds {
        let population = population(kind, Some(region));
        recorder.gap(GapNote {
            population: Some(population.clone()),
            subject: None,
            part: None,
            right: None,
            reason: GapReason::Unsupported,
            detail: words.clone(),
            exchange,
        })?;
        recorder.coverage(unread(population))?;
    }
    Ok(())
}

fn unread(population: String) -> CoverageNote {
    CoverageNote { population, calls: 0, pages: 0, items: 0, complete: false, total: None }
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Regions")]
    regions: Option<Vec<Entry>>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "RegionName")]
    name: Option<String>,
    #[serde(rename = "RegionOptStatus")]
    status: Option<String>,
}

fn turn<T>(answer: &Answer<T>) -> Turn {
    let Ok(page) = serde_json::from_slice::<Page>(&answer.body) else {
        return Turn { missing: Some("Regions"), ..Turn::default() };
    };
    Turn {
        more: page.next_token.as_ref().is_some_and(|t| !t.is_empty()),
        marker: page.next_token,
        missing: page.regions.is_none().then_some("Regions"),
    }
}

fn read<T>(answer: &Answer<T>) -> Vec<Entry> {
    serde_json::from_slice::<Page>(&answer.body).ok().and_then(|page| page.regions).unwrap_or_default()
}

fn named(entry: Entry, exchange: ExchangeId, index: usize) -> Option<ListedRegion> {
    Some(ListedRegion {
        name: entry.name?,
        status: entry.status?,
        source: Source::json(exchange, format!("/Regions/{index}")),
    })
}
