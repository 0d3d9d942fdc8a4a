//! What differs from an earlier bundle, at the top of a page.

use drift::{Drift, FindingDrift, ObjectEntry};
use model::{Digest, Outcome};

use super::pieces::{Mark, mark};
use super::text::{clean, short};
use crate::drift_text::{control_words, field_words, finding_words, of_bundle, summary};
use crate::gaps_text::Basis;

/// Rows of each table.
const ROWS: usize = 50;
/// Characters of what became of an object.
const MOST_OF_WORDS: usize = 400;

/// An earlier bundle, and in what another one differs from it.
#[derive(Clone, Debug)]
pub struct Since {
    pub basis: Basis,
    /// Statement of the later bundle, which is the one that the page is made of.
    pub later: Digest,
    pub drift: Drift,
}

/// The section of a page.
pub struct DriftView {
    pub since: String,
    pub summary: String,
    /// What neither shows, or one withholds.
    pub unseen: Option<String>,
    pub tables: Vec<DriftTable>,
}

/// Differences of one sort.
pub struct DriftTable {
    pub title: &'static str,
    pub rows: Vec<DriftRow>,
    pub left_out: u64,
}

/// One difference.
pub struct DriftRow {
    pub mark: Option<Mark>,
    pub words: String,
    pub head: String,
    pub about: String,
    pub cause: String,
    /// Why it cannot be compared.
    pub unclear: Option<String>,
}

pub fn view(since: &Since) -> DriftView {
    let drift = &since.drift;
    // What deviates anew comes first, whatever the order of the bundle.
    let mut findings: Vec<&FindingDrift> = drift.findings.named.iter().collect();
    findings.sort_by_key(|one| !one.deviates_anew());
    let tables = [
        table("Findings", drift.findings.in_all, findings.into_iter().map(finding)),
        table("Controls", drift.controls.in_all, drift.controls.named.iter().map(control)),
        table("Resources", drift.objects.in_all, drift.objects.named.iter().map(object)),
    ];
    let alike = &drift.alike;
    let unseen = format!(
        "Read in neither: what is behind {} gaps. Withheld: {} records of the earlier bundle, {} of this one.",
        alike.gaps, alike.withheld_before, alike.withheld_after
    );
    DriftView {
        since: since.basis.bundle.as_ref().map_or_else(String::new, |of| clean(&of_bundle(of))),
        summary: summary(drift),
        unseen: drift.unseen().then_some(unseen),
        tables: tables.into_iter().filter(|table| !table.rows.is_empty()).collect(),
    }
}

fn table(title: &'static str, in_all: u64, rows: impl Iterator<Item = DriftRow>) -> DriftTable {
    let rows: Vec<DriftRow> = rows.take(ROWS).collect();
    DriftTable { title, left_out: in_all - rows.len() as u64, rows }
}

fn finding(one: &FindingDrift) -> DriftRow {
    let now = one.after.as_ref().or(one.before.as_ref());
    let outcome = now.map_or(Outcome::Undetermined, |said| said.outcome);
    let accepted = now.is_some_and(|said| said.accepted);
    let about = one.subject.as_ref().map(|subject| subject.id.as_str()).or(one.population.as_deref());
    DriftRow {
        mark: Some(mark(outcome, accepted)),
        words: finding_words(one),
        head: clean(&format!("{} {}", one.control, one.check)),
        about: short(about.unwrap_or(&one.target), MOST_OF_WORDS),
        cause: one.causes.to_string(),
        unclear: one.unclear.as_ref().map(|unclear| clean(&unclear.words())),
    }
}

fn control(one: &drift::ControlDrift) -> DriftRow {
    DriftRow {
        mark: None,
        words: control_words(one),
        head: clean(&one.id),
        about: String::new(),
        cause: one.causes.to_string(),
        unclear: None,
    }
}

fn object(one: &ObjectEntry) -> DriftRow {
    let places: Vec<String> = one.fields.iter().take(4).map(field_words).collect();
    DriftRow {
        mark: None,
        words: one.what.as_str().to_owned(),
        head: clean(&format!("{} {}", one.kind, one.id)),
        about: short(&places.join("; "), MOST_OF_WORDS),
        cause: one.causes.to_string(),
        unclear: one.unclear.as_ref().map(|unclear| clean(&unclear.words())),
    }
}
