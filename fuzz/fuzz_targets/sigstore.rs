//! `statement.sigstore.json`: what is accepted is byte for byte what the writer writes.
#![no_main]
use bundle::sigstore::SealedStatement;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(sealed) = SealedStatement::parse(data) {
        assert_eq!(sealed.render().as_bytes(), data);
    }
});
