//! The form of a person's record, and the diagnostics it is answered with.
#![no_main]

use std::sync::LazyLock;

static AGAINST: LazyLock<(declaration::Loaded, Vec<declaration::Standard>)> = LazyLock::new(|| {
    let text = b"witnessmark: 1\nentity: N\nsystem: {id: s}\ncontrols: [{id: AC-ROOM, title: T, task: {}}]\n";
    let loaded = declaration::load("witnessmark.yaml", &|_: &str| Ok(text.to_vec()));
    (loaded, declaration::Standard::shipped().unwrap_or_default())
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (loaded, standards) = &*AGAINST;
    let against =
        declaration::FormAgainst { declaration: &loaded.declaration, standards, today: model::Date::default() };
    let read = declaration::read_form("observation.yaml", data, &against);
    let text = read.render(false);
    assert_eq!(text.is_empty(), read.diagnostics.is_empty());
});
