//! A bundle in any form that is read, as anybody may send one.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(mut source) = bundle::read::open_stream(data, "fuzz", 1 << 20) else { return };
    let mut buffer = [0; 4096];
    while let Ok(Some(_)) = source.next_item() {
        while matches!(source.read(&mut buffer), Ok(1..)) {}
    }
});
