//! One bundle as one HTML file: no script is needed to read it, nothing is loaded from anywhere, and every text that comes out
//! of the bundle is escaped.

mod chains;
mod drift;
mod gather;
mod head;
mod joined;
mod objects;
mod person;
mod pieces;
mod registers;
mod requirements;
mod select;
mod side;
mod sources;
mod template;
mod text;
mod view;

use askama::Template as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use links::Records;
use model::Digest;
use sha2::{Digest as _, Sha256};
use verify::{Observer, VerifiedBundle};

pub use self::drift::Since;
use gather::Gatherer;
use template::{SCRIPT, STYLE, View};

/// A page, and what it leaves out.
#[derive(Clone, Debug)]
pub struct Page {
    pub html: String,
    pub findings_in_all: u64,
    pub findings_shown: u64,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError<E> {
    /// A reading did not end in an accepted bundle.
    #[error("the bundle is not accepted")]
    Reading(E),
    #[error("the bundle changed while it was read")]
    Changed,
    #[error("the page cannot be made: {0}")]
    Template(askama::Error),
}

/// Reads a bundle several times by `read`, which verifies it while the observer looks on, and makes the page; with the records of
/// persons that are at hand, and what differs from an earlier bundle.
///
/// # Errors
/// When a reading does not end in an accepted bundle, two readings in different ones, or in another one than what differs is of.
pub fn render_page<E>(
    records: Option<&Records>,
    since: Option<&Since>,
    mut read: impl FnMut(&mut (dyn Observer + Send)) -> Result<(VerifiedBundle, verify::Report), E>,
) -> Result<Page, PageError<E>> {
    let mut gatherer = Gatherer::new();
    let mut first: Option<(VerifiedBundle, verify::Report)> = None;
    loop {
        let (bundle, report) = read(&mut gatherer).map_err(PageError::Reading)?;
        let seen: Digest = bundle.statement_sha256();
        let same = first.as_ref().is_none_or(|(before, _)| before.statement_sha256() == seen)
            && since.is_none_or(|since| since.later == seen);
        if !same {
            return Err(PageError::Changed);
        }
        let proof = first.get_or_insert((bundle, report));
        if !gatherer.next() {
            let mut gathered = gatherer.finish(&proof.0);
            gathered.approvals = proof.0.acceptances().iter().map(|known| (known.record, known.clone())).collect();
            let declared = std::mem::take(&mut gathered.declared).finish(&proof.0);
            let side = side::view(&declared, &gathered, proof.0.rehearsals(), records);
            let mut view = View::of(&proof.0, &proof.1, &gathered, side, &hash(STYLE), &hash(SCRIPT));
            view.drift = since.map(self::drift::view);
            return Ok(Page {
                html: view.render().map_err(PageError::Template)?,
                findings_in_all: view.findings_in_all,
                findings_shown: view.findings_shown,
            });
        }
    }
}

/// The hash by which the page's policy lets its own style and script pass, and no other.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
