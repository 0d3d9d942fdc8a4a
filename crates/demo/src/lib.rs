//! The recorded answers behind `witnessmark demo`, and the loopback server that gives them again.
//!
//! The answers were recorded from an AWS emulator by `scripts/demo/record`; none is written by hand. The server knows
//! nothing of AWS: it finds a recorded request that is equal to the one it got and gives the recorded answer.

mod server;
mod tape;

pub use server::{Replay, serve};
pub use tape::{Tape, TapeError};

/// One recorded day of the small custody company.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub name: &'static str,
    pub title: &'static str,
    tape: &'static str,
}

impl Day {
    /// The recorded exchanges of this day.
    ///
    /// # Errors
    /// When the tape built into the program is damaged.
    pub fn tape(&self) -> Result<Tape, TapeError> {
        Tape::parse(self.tape)
    }
}

/// The three days, in order.
pub const DAYS: [Day; 3] = [
    Day { name: "day1", title: "as declared", tape: include_str!("../tapes/day1.jsonl") },
    Day { name: "day2", title: "an intruding change", tape: include_str!("../tapes/day2.jsonl") },
    Day { name: "day3", title: "one call denied", tape: include_str!("../tapes/day3.jsonl") },
];

/// The declaration of the small custody company.
pub const DECLARATION: &str = include_str!("../witnessmark.yaml");

/// When the days were recorded (RFC 3339): the moment of the first one.
pub const RECORDED_AT: &str = include_str!("../tapes/recorded-at");
