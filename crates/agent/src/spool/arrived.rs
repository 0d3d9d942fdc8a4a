//! What came so far: the files it is in, and the keys by which it will be sorted.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use sdk::RouteNote;

use super::exchanges::{ExchangeFiles, ExchangeKey};
use super::index::{Names, ResourceKey};
use super::lines::{LineFile, Span};
use super::masked::Masked;
use super::rows::{CoverageRow, GapRow};

/// Everything that came, in the order in which it came.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) names: Names,
    pub(super) exchanges: ExchangeFiles,
    pub(super) exchange_keys: Vec<ExchangeKey>,
    pub(super) resources: LineFile,
    pub(super) resource_keys: Vec<ResourceKey>,
    pub(super) derived: LineFile,
    pub(super) derived_keys: Vec<ResourceKey>,
    pub(super) coverage: Vec<CoverageRow>,
    pub(super) gaps: Vec<GapRow>,
    /// By target and collector.
    pub(super) routes: BTreeMap<(String, String), RouteNote>,
    pub(super) kept_bytes: u64,
    pub(super) masked: Masked,
}

impl Arrived {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            names: Names::default(),
            exchanges: ExchangeFiles::create(folder)?,
            exchange_keys: Vec::new(),
            resources: LineFile::create(&folder.join("resources"))?,
            resource_keys: Vec::new(),
            derived: LineFile::create(&folder.join("derived"))?,
            derived_keys: Vec::new(),
            coverage: Vec::new(),
            gaps: Vec::new(),
            routes: BTreeMap::new(),
            kept_bytes: 0,
            masked: Masked::default(),
        })
    }

    /// The key of a resource that was appended at this span.
    pub(super) fn key(&mut self, place: (&str, &str, &str, &str), id: String, span: Span) -> ResourceKey {
        let (target, collector, population, kind) = place;
        ResourceKey {
            target: self.names.of(target),
            collector: self.names.of(collector),
            population: self.names.of(population),
            kind: self.names.of(kind),
            id: id.into_boxed_str(),
            span,
        }
    }
}
