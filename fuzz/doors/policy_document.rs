//! An IAM policy document: whatever is accepted has a normal form, and its own normal form is accepted.
#![no_main]
use aws::policy_document::PolicyDocument;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(document) = PolicyDocument::parse(text) {
        let _ = document.covers_action("kms:Decrypt");
    }
});
