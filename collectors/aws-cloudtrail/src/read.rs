//! Reads the trails of all regions, each of them once, and says of each region what is logged there.

use std::collections::BTreeMap;

use aws::fact::{Fact, Parts};
use aws::{Call, ListedRegion, ListedRegions, Refusal, Session, json, record_closed};
use futures_util::future::{try_join, try_join_all};
use sdk::{CoverageNote, ExchangeId, GapNote, GapReason, Recorder, SinkError, Source, Subject};
use serde::Deserialize;
use serde_json::Value;

use crate::client;
use crate::resource::{REGION, Region, Selectors, TRAIL, Trail, TrailSelectors, TrailStatus};
use crate::rights::{DESCRIBE, SELECTORS, STATUS};
use crate::wire::{EventSelectors, Status, TrailEntry};

/// Parts of a region that are told by its trails.
const OF_TRAILS: [&str; 3] = ["trails", "logging", "selectors"];

/// Reads one account.
#[derive(Debug)]
pub struct Reader<'s> {
    session: &'s Session,
    recorder: &'s Recorder,
}

/// The trails that show in a region.
#[derive(Debug)]
struct Shown {
    region: String,
    trails: Vec<(TrailEntry, Source)>,
    /// Where the list stands; `None`: it was not read.
    list: Option<Source>,
    /// Why it was not read, or not to its end.
    stopped: Option<Refusal>,
    attempts: u32,
}

/// A trail as the regions' lists name it.
#[derive(Debug)]
struct Seen {
    entry: TrailEntry,
    places: BTreeMap<String, Source>,
    again: Vec<(TrailEntry, Source)>,
}

impl Seen {
    fn first(entry: &TrailEntry) -> Self {
        Self { entry: entry.clone(), places: BTreeMap::new(), again: Vec::new() }
    }
}

/// A trail and what was read of it.
#[derive(Debug)]
struct Known {
    entry: TrailEntry,
    /// By region, where it shows.
    seen: BTreeMap<String, Source>,
    /// The same trail where the list of a region names it again.
    again: Vec<(TrailEntry, Source)>,
    status: Result<(TrailStatus, Source), Refusal>,
    selectors: Result<(Selectors, Source), Refusal>,
}

impl<'s> Reader<'s> {
    pub fn new(session: &'s Session, recorder: &'s Recorder) -> Self {
        Self { session, recorder }
    }

    pub async fn read(self) -> Result<(), SinkError> {
        let listed = self.session.list_regions(self.recorder, REGION).await?;
        let regions: Vec<String> = self
            .session
            .regions_to_read(&listed)
            .into_iter()
            .filter(|region| listed.closed(region).is_none())
            .collect();
        let shown = try_join_all(regions.iter().map(|region| self.shown(region))).await?;

        // Each trail once, however many regions show it; its place is the first region's that does.
        let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
        let mut items = 0u64;
        for one in &shown {
            for (entry, source) in &one.trails {
                let seen = seen.entry(entry.arn.clone()).or_insert_with(|| Seen::first(entry));
                items += u64::from(seen.places.is_empty());
                if seen.places.contains_key(&one.region) {
                    items += 1;
                    seen.again.push((entry.clone(), source.clone()));
                } else {
                    seen.places.insert(one.region.clone(), source.clone());
                }
            }
        }
        let known = try_join_all(seen.into_values().map(|seen| self.known(seen))).await?;

        self.record_regions(&listed, &shown, &known)?;
        for trail in known {
            self.record_trail(trail)?;
        }
        self.close(&listed, &shown, items)
    }

    async fn shown(&self, region: &str) -> Result<Shown, SinkError> {
        let info = Call::new(DESCRIBE).population(TRAIL);
        let client = client::in_region(self.session, region);
        let call = || client.describe_trails().include_shadow_trails(true).send();
        let mut shown = Shown { region: region.to_owned(), trails: Vec::new(), list: None, stopped: None, attempts: 0 };
        let answer = match self.session.call(info.clone(), call).await? {
            Ok(answer) => answer,
            Err(refusal) => {
                shown.attempts = refusal.attempts;
                shown.stopped = Some(refusal);
                return Ok(shown);
            }
        };
        shown.attempts = answer.attempts;
        let malformed = |detail: String| {
            let mut refusal = info.refused(GapReason::Malformed, detail);
            refusal.exchange = Some(answer.exchange);
            refusal
        };
        let Some(list) = entries(&answer.body) else {
            shown.stopped = Some(malformed("the answer has no `trailList`".to_owned()));
            return Ok(shown);
        };
        shown.list = Some(Source::json(answer.exchange, "/trailList"));
        for (index, entry) in list.into_iter().enumerate() {
            let place = format!("/trailList/{index}");
            match entry {
                Some(entry) => shown.trails.push((entry, Source::json(answer.exchange, place))),
                None => shown.stopped = Some(malformed(format!("`{place}` does not have the documented form"))),
            }
        }
        Ok(shown)
    }

    /// Asks a trail's home region about it: only there is its status whole.
    async fn known(&self, seen: Seen) -> Result<Known, SinkError> {
        let Seen { entry, places, again } = seen;
        let client = client::in_region(self.session, &entry.home_region);
        let info = |right: &str| Call::new(right).population(TRAIL).subject(TRAIL, &entry.arn);
        let malformed = |right: &str, exchange: ExchangeId, detail: &str| {
            let mut refusal = info(right).refused(GapReason::Malformed, detail);
            refusal.exchange = Some(exchange);
            refusal
        };
        let status = async {
            let call = || client.get_trail_status().name(&entry.arn).send();
            let answer = match self.session.call(info(STATUS), call).await? {
                Ok(answer) => answer,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let status = json::whole::<Status>(&answer.body).map(TrailStatus::from);
            let found = status.map(|status| (status, Source::json(answer.exchange, "")));
            Ok::<_, SinkError>(found.ok_or_else(|| {
                malformed(
                    STATUS,
                    answer.exchange,
                    "the answer does not say whether the trail is logging, or holds no time",
                )
            }))
        };
        let selectors = async {
            let call = || client.get_event_selectors().trail_name(&entry.arn).send();
            let answer = match self.session.call(info(SELECTORS), call).await? {
                Ok(answer) => answer,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let selectors = json::whole::<EventSelectors>(&answer.body).and_then(EventSelectors::selectors);
            let found = selectors.map(|selectors| (selectors, Source::json(answer.exchange, "")));
            Ok(found.ok_or_else(|| {
                malformed(SELECTORS, answer.exchange, "the answer has no event selectors of a documented form")
            }))
        };
        let (status, selectors) = try_join(status, selectors).await?;
        Ok(Known { entry, seen: places, again, status, selectors })
    }

    fn record_trail(&self, known: Known) -> Result<(), SinkError> {
        let Known { entry, seen, again, status, selectors } = known;
        let mut parts = Parts::new(TRAIL, &entry.arn);
        let first: Vec<Source> = seen.values().take(1).cloned().collect();
        let everywhere: Vec<Source> = seen.values().cloned().collect();
        let read = Trail {
            seen_in: parts.take("seen_in", Fact::read(seen.into_keys().collect(), everywhere)),
            status: parts.take("status", fact(status)),
            selectors: parts.take("selectors", fact(selectors)),
            ..Trail::default()
        };
        for (entry, source) in again {
            self.record_entry(parts.again(), entry, &[source], read.clone())?;
        }
        self.record_entry(parts, entry, &first, read)
    }

    /// `read`: what does not stand in the list.
    fn record_entry(&self, mut parts: Parts, entry: TrailEntry, at: &[Source], read: Trail) -> Result<(), SinkError> {
        for part in [
            "arn",
            "name",
            "home_region",
            "multi_region",
            "organization",
            "global_service_events",
            "bucket",
            "prefix",
            "kms_key",
            "log_file_validation",
            "log_group",
        ] {
            parts.place(part, at.to_vec());
        }
        let trail = Trail {
            name: Some(entry.name),
            home_region: Some(entry.home_region),
            multi_region: Some(entry.is_multi_region_trail),
            organization: Some(entry.is_organization_trail),
            global_service_events: Some(entry.include_global_service_events),
            bucket: Some(entry.bucket),
            prefix: Some(entry.prefix),
            kms_key: Some(entry.kms_key_id),
            log_file_validation: Some(entry.log_file_validation_enabled),
            log_group: Some(entry.log_group),
            arn: Some(entry.arn),
            ..read
        };
        parts.record(self.recorder, &trail)
    }

    fn record_regions(&self, listed: &ListedRegions, shown: &[Shown], known: &[Known]) -> Result<(), SinkError> {
        let declared = self.session.settings().regions.as_ref();
        for region in &listed.regions {
            let is_declared = declared.is_none_or(|names| names.contains(&region.name));
            self.record_region(region, is_declared, shown.iter().find(|one| one.region == region.name), known)?;
        }
        // A declared region that the account does not have: nothing can be said of it, and it is no member of the list.
        for name in declared.into_iter().flatten() {
            let unlisted = !listed.regions.iter().any(|region| region.name == *name);
            if let Some(closed) = listed.closed(name).filter(|_| unlisted) {
                record_closed(self.recorder, name, closed, &[REGION])?;
            }
        }
        Ok(())
    }

    fn record_region(
        &self,
        region: &ListedRegion,
        declared: bool,
        shown: Option<&Shown>,
        known: &[Known],
    ) -> Result<(), SinkError> {
        let mut parts = Parts::new(REGION, &region.name);
        let here = vec![region.source.clone()];
        for part in ["name", "status", "declared"] {
            parts.place(part, here.clone());
        }
        let mut facts = Region {
            name: Some(region.name.clone()),
            status: Some(region.status.clone()),
            declared: Some(declared),
            ..Region::default()
        };
        match shown {
            // Where a region is not enabled there is nothing to log.
            None if !region.may_be_used() => {
                facts.trails = parts.take("trails", Fact::read(None, here.clone()));
                facts.logging = parts.take("logging", Fact::read(None, here.clone()));
                facts.selectors = parts.take("selectors", Fact::read(None, here));
            }
            None => {
                let words = "the account has this region enabled, and the declaration leaves it out";
                for part in OF_TRAILS {
                    let exchange = Some(region.source.exchange);
                    self.region_gap(&region.name, Some(part), GapReason::Skipped, words.to_owned(), exchange)?;
                }
            }
            Some(shown) => {
                let of_here: Vec<&Known> =
                    known.iter().filter(|trail| trail.seen.contains_key(&shown.region)).collect();
                let arns = of_here.iter().map(|trail| trail.entry.arn.clone()).collect();
                facts.trails = parts.take("trails", shown.fact(Some(arns), Vec::new(), "trails")).map(Some);
                facts.logging = parts.take("logging", logging(shown, &of_here)).map(Some);
                facts.selectors = parts.take("selectors", selectors(shown, &of_here)).map(Some);
            }
        }
        parts.record(self.recorder, &facts)
    }

    fn region_gap(
        &self,
        region: &str,
        part: Option<&str>,
        reason: GapReason,
        detail: String,
        exchange: Option<ExchangeId>,
    ) -> Result<(), SinkError> {
        self.recorder.gap(GapNote {
            population: Some(REGION.to_owned()),
            subject: Some(Subject { kind: REGION.to_owned(), id: region.to_owned() }),
            part: part.map(str::to_owned),
            right: None,
            reason,
            detail,
            exchange,
        })
    }

    /// How completely the trails were listed: in every region that was to be read.
    fn close(&self, listed: &ListedRegions, shown: &[Shown], items: u64) -> Result<(), SinkError> {
        let mut complete = true;
        for refusal in shown.iter().filter_map(|one| one.stopped.as_ref()) {
            complete = false;
            self.recorder.gap(refusal.gap(None))?;
        }
        if let (None, Some(refusal)) = (&self.session.settings().regions, &listed.stopped) {
            complete = false;
            let mut gap = refusal.gap(None);
            gap.population = Some(TRAIL.to_owned());
            gap.detail = format!("which regions hold any is unknown: {}", refusal.detail);
            self.recorder.gap(gap)?;
        }
        self.recorder.coverage(CoverageNote {
            population: TRAIL.to_owned(),
            calls: shown.iter().map(|one| u64::from(one.attempts)).sum(),
            pages: shown.iter().filter(|one| one.list.is_some()).count() as u64,
            items,
            complete,
            total: None,
        })
    }
}

impl Shown {
    /// A part of the region that rests on its list of trails.
    fn fact<T>(&self, value: Option<T>, mut sources: Vec<Source>, part: &str) -> Fact<T> {
        let gaps = self.stopped.iter().map(|refusal| refusal.gap(Some(part))).collect();
        // That there are no trails is told by the list itself.
        if sources.is_empty() {
            sources.extend(self.list.clone());
        }
        Fact { value: value.filter(|_| self.list.is_some()), sources, gaps }
    }
}

/// Which of the trails are logging. Without the status of any of them nothing is known.
fn logging(shown: &Shown, trails: &[&Known]) -> Fact<Vec<String>> {
    let (mut arns, mut sources, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for trail in trails {
        match &trail.status {
            Ok((status, source)) => {
                sources.push(source.clone());
                arns.extend(status.logging.then(|| trail.entry.arn.clone()));
            }
            Err(refusal) => gaps.push(refusal.gap(Some("logging"))),
        }
    }
    let nothing = sources.is_empty() && !gaps.is_empty();
    let mut fact = shown.fact((!nothing).then_some(arns), sources, "logging");
    fact.gaps.extend(gaps);
    fact
}

fn selectors(shown: &Shown, trails: &[&Known]) -> Fact<Vec<TrailSelectors>> {
    let (mut list, mut sources, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for trail in trails {
        match &trail.selectors {
            Ok((selectors, source)) => {
                sources.push(source.clone());
                list.push(TrailSelectors {
                    trail: trail.entry.arn.clone(),
                    classic: selectors.classic.clone(),
                    advanced: selectors.advanced.clone(),
                });
            }
            Err(refusal) => gaps.push(refusal.gap(Some("selectors"))),
        }
    }
    let nothing = sources.is_empty() && !gaps.is_empty();
    let mut fact = shown.fact((!nothing).then_some(list), sources, "selectors");
    fact.gaps.extend(gaps);
    fact
}

fn fact<T>(read: Result<(T, Source), Refusal>) -> Fact<T> {
    match read {
        Ok((value, source)) => Fact::read(value, vec![source]),
        Err(refusal) => Fact::unread(refusal.gap(None)),
    }
}

/// The entries of `DescribeTrails`; `None` for one that does not have the documented form, and for an answer without a list.
pub fn entries(body: &[u8]) -> Option<Vec<Option<TrailEntry>>> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "trailList")]
        trails: Vec<Value>,
    }
    let answer: Answer = json::whole(body)?;
    Some(answer.trails.into_iter().map(|entry| serde_json::from_value(entry).ok()).collect())
}
