//! A checkpoint: what is accepted is byte for byte what the writer writes.
#![no_main]
use ledger::SignedCheckpoint;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(checkpoint) = SignedCheckpoint::parse(text) {
        assert_eq!(checkpoint.note().render(), text);
    }
});
