//! A declaration, the registers that it imports, and the diagnostics it is answered with.
#![no_main]

/// Imports both lists from files that are whatever comes.
const IMPORTS: &[u8] = b"witnessmark: 1\nentity: N\nsystem: {id: s}\nthreats: {import: {file: r.csv}}\nrisks: {import: {file: r.json}}\n";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for root in [data, IMPORTS] {
        let loader = |path: &str| match path {
            "witnessmark.yaml" => Ok(root.to_vec()),
            "r.csv" | "r.json" => Ok(data.to_vec()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let loaded = declaration::load("witnessmark.yaml", &loader);
        let _ = loaded.render(&loaded.diagnostics, false);
        let _ = loaded.things(&[]);
    }
});
