//! An IAM policy document, in any form AWS may send: parsed or refused, never more than that.
#![no_main]
use iam_policy::PolicyDocument;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = PolicyDocument::parse(text).map(|document| document.allows().count());
});
