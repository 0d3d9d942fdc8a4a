//! The HTML report of bundles that are made in memory.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test is built from stops at the first surprise")]

use std::convert::Infallible;

use bundle::read::TarSource;
use bundle::trust::Trust;
use model::{Digest, RecordType};
use report::{Page, render_page};
use serde_json::json;
use verify::Demands;

use crate::sealed::{Book, Files, Story, tar};

/// What a source could say to steer a reader's browser.
pub const HOSTILE: &str = "</pre></code></script><script>document.title='owned'</script><img src=x onerror=alert(1)>\" onclick='x' &lt;b&gt; {{ 7*7 }} \u{202e}";

/// The report of a bundle of this book.
///
/// # Panics
/// When the bundle is not accepted.
#[must_use]
pub fn page_of(book: &Book, files: &Files) -> Page {
    page_under(&book.trust(), files)
}

/// The same under a trust file of the reader's own.
///
/// # Panics
/// When the bundle is not accepted.
#[must_use]
pub fn page_under(trust: &Trust, files: &Files) -> Page {
    let texts = Some(assess::shipped());
    let demands = Demands { allow_rehearsal: true, allow_failed: true, texts, ..Demands::of_evidence(trust) };
    let bytes = tar(files);
    render_page(None, None, |observer| {
        let verdict = verify::verify(&mut TarSource::new(bytes.as_slice(), "bundle.tar"), &demands, observer);
        let bundle = verdict.bundle.unwrap_or_else(|| panic!("not accepted: {:?}", verdict.report.problems));
        Ok::<_, Infallible>((bundle, verdict.report))
    })
    .unwrap()
}

/// A story whose every free text would like to be markup.
#[must_use]
pub fn hostile() -> Story {
    let mut story = Story::usual(0);
    let answer = json!({"Keys": [{"KeyId": HOSTILE}]}).to_string().into_bytes();
    story.change(RecordType::Body, 0, |body| {
        body["size"] = json!(answer.len());
        body["sha256"] = json!(Digest::of(&answer));
    });
    story.raw.insert(1, answer);
    story.metadata.entity = HOSTILE.replace('\u{202e}', "");
    story.change(RecordType::Gap, 0, |gap| gap["detail"] = json!(HOSTILE));
    story.change(RecordType::Finding, 1, |finding| finding["reason"] = json!(HOSTILE));
    story.change(RecordType::Finding, 0, |finding| {
        finding["evidence"] = json!([{"path": "/id", "actual": HOSTILE, "expected": HOSTILE, "because": HOSTILE}]);
    });
    story.change(RecordType::Control, 0, |control| control["title"] = json!(HOSTILE));
    story.change(RecordType::Host, 0, |host| host["user"] = json!(HOSTILE));
    story.change(RecordType::Exchange, 0, |exchange| exchange["request_id"] = json!(HOSTILE));
    story.change(RecordType::Params, 1, |params| params["parameters"] = json!({"KeyId": HOSTILE}));
    story
}
