//! A declaration, and the diagnostics it is answered with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let loader = |path: &str| match path {
        "witnessmark.yaml" => Ok(data.to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let loaded = declaration::load("witnessmark.yaml", &loader);
    let _ = loaded.render(&loaded.diagnostics, false);
});
