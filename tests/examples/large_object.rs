//! Keeps an object of two parts and a piece in an object store, and reads back what is there: `large_object LOCATION NAME`. A test of
//! `systems` runs it while requests get lost.

use std::io::{self, Cursor, Read};

use store::{Content, Store as _, StoreError};

/// So many bytes, none of which is where another one is.
struct Large(u64);

impl Content for Large {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let bytes: Vec<u8> = (0..self.0 / 8).flat_map(u64::to_le_bytes).collect();
        Ok(Box::new(Cursor::new(bytes)))
    }
}

const LARGE: Large = Large(34_000_000);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(place), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err("usage: large_object LOCATION NAME".into());
    };
    let store = bucket::init(&place)?;
    store.create_from(&name, &LARGE)?;
    let there = store.open(&name)?.ok_or("it is not there")?;
    assert!(store::same_bytes(there, LARGE.open()?)?, "other bytes came back");
    // Again, and something else under the same name.
    store.create_from(&name, &LARGE)?;
    let other = store.create_from(&name, &Large(LARGE.0 - 8));
    assert!(matches!(other, Err(StoreError::Differs { .. })), "{other:?}");
    let cut = store.read(&name, 1000);
    assert!(matches!(cut, Err(StoreError::TooLarge { .. })), "{cut:?}");
    assert_eq!(store.read("bundles/none", 1000)?, None);
    let empty = format!("{name}-empty");
    store.create(&[(&empty, b"")])?;
    assert_eq!(store.read(&empty, 1000)?, Some(Vec::new()));
    let mut nothing = store.open(&empty)?.ok_or("the empty one is not there")?;
    assert_eq!(nothing.read(&mut [0])?, 0);
    Ok(())
}
