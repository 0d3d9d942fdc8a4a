//! An exported bundle, as anybody may send one.
#![no_main]
use bundle::read::{Source, TarSource};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut tar = TarSource::new(data, "fuzz");
    let mut buffer = [0; 4096];
    while let Ok(Some(_)) = tar.next_item() {
        while matches!(tar.read(&mut buffer), Ok(1..)) {}
    }
});
