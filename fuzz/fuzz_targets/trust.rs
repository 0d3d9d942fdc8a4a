//! `trust.json`: what is accepted survives being written and read again.
#![no_main]
use bundle::trust::Trust;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(trust) = Trust::parse(data) {
        let text = trust.render().expect("what was parsed can be written");
        assert!(Trust::parse(text.as_bytes()).is_ok());
    }
});
