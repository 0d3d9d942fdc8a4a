//! One line of `records.jsonl`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = bundle::read::LineReader::new().read(data);
});
