//! The signed statement: what is accepted is what the writer writes.
#![no_main]
use bundle::statement::Statement;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(statement) = Statement::parse(data) {
        assert_eq!(statement.render().expect("what was parsed can be written"), data);
    }
});
