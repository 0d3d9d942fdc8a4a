//! The recorded answers behind `witnessmark demo`, and the loopback server that gives them again.
//!
//! The answers were recorded by `scripts/demo/record` from the tests' AWS, a Kubernetes API server, the tests' GitHub and a token of SoftHSM;
//! none is written by hand. The server knows nothing of them: it finds a recorded request that is equal to the one it got and gives
//! the recorded answer. A token has no server: what its collector wrote down is kept.

mod server;
mod tape;

pub use server::{Replay, serve};
pub use tape::{Tape, TapeError};

/// One recorded day of the small custody company.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub name: &'static str,
    pub title: &'static str,
    tapes: [&'static str; 3],
    token: &'static str,
    risk: &'static str,
}

impl Day {
    /// The recorded exchanges of this day, of all sources that are asked over HTTP.
    ///
    /// # Errors
    /// When a tape built into the program is damaged.
    pub fn tape(&self) -> Result<Tape, TapeError> {
        Tape::parse(&self.tapes.concat())
    }

    /// The part of the declaration that people changed in between: threats, risks and what people do. It is `risk.yaml` beside
    /// [`DECLARATION`].
    #[must_use]
    pub const fn risk(&self) -> &'static str {
        self.risk
    }

    /// What the collector of the token wrote on its standard output, line by line.
    #[must_use]
    pub const fn token(&self) -> &'static str {
        self.token
    }
}

const CLUSTER: [&str; 2] = [include_str!("../tapes/cluster1.jsonl"), include_str!("../tapes/cluster2.jsonl")];
const GITHUB: [&str; 2] = [include_str!("../tapes/github1.jsonl"), include_str!("../tapes/github2.jsonl")];
const TOKEN: [&str; 2] = [include_str!("../tapes/token1.jsonl"), include_str!("../tapes/token2.jsonl")];
const RISK: [&str; 2] = [include_str!("../risk1.yaml"), include_str!("../risk2.yaml")];

/// The three days, in order. On the third all but AWS is as on the second.
pub const DAYS: [Day; 3] = [
    Day {
        name: "day1",
        title: "as declared",
        tapes: [include_str!("../tapes/day1.jsonl"), CLUSTER[0], GITHUB[0]],
        token: TOKEN[0],
        risk: RISK[0],
    },
    Day {
        name: "day2",
        title: "an intruding change",
        tapes: [include_str!("../tapes/day2.jsonl"), CLUSTER[1], GITHUB[1]],
        token: TOKEN[1],
        risk: RISK[1],
    },
    Day {
        name: "day3",
        title: "one call denied",
        tapes: [include_str!("../tapes/day3.jsonl"), CLUSTER[1], GITHUB[1]],
        token: TOKEN[1],
        risk: RISK[1],
    },
];

/// The declaration of the small custody company.
pub const DECLARATION: &str = include_str!("../witnessmark.yaml");

/// What people of the company wrote down when they did what they do again and again: path beside [`DECLARATION`], and text.
pub const RECORDS: [(&str, &str); 2] = [
    (
        "staff/2026-02-02.md",
        "Checks and training of everybody who may affect keys, 2 February 2026. Head of Security.\n",
    ),
    ("access-reviews/2026-10-05.md", "Declared lists compared with tickets, 5 October 2026. Head of Security.\n"),
];

/// When the days were recorded (RFC 3339): the moment of the first one.
pub const RECORDED_AT: &str = include_str!("../tapes/recorded-at");
