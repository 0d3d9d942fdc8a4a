//! Writes a ledger of many small runs and its trust file, for measuring: `large_ledger DIR [COUNT]`.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

use std::path::PathBuf;

use workspace_tests::sealed::{Book, unpack};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: large_ledger DIR [COUNT]")?);
    let count: u64 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let book = Book::of(count);
    unpack(&book.ledger_files(), &folder);
    std::fs::write(folder.join("trust.json"), book.trust().render()?)?;
    Ok(())
}
