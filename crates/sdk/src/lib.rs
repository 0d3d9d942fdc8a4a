//! All that a collector may see: the contract it fulfils, the recorder it writes to, the words it uses.
//!
//! No network, no clock, no run time, no files. A collector reads one kind of target and records what it read,
//! what it did not read and why. It never judges: `crates/assess` does, from what was recorded.

mod collector;
mod descriptor;
mod discover;
mod patience;
mod recorder;
mod rights;
mod stop;
mod suspicion;
mod variables;

pub use collector::{
    CallerIdentity, Clock, CollectError, Collector, CollectorKind, DeclaredCollector, Environment, ForeignCode,
    Overrides, RightState, RightStatus, SetBack, StaticCredentials, Target,
};
pub use descriptor::{AlsoAsks, Descriptor, Feed, ResourceKind, Right, kind_of_population, population};
pub use discover::{FoundKey, FoundTarget};
pub use model::record::{Decode, Failure as ExchangeFailure, GapReason, Subject, Syntax};
pub use model::{Digest, Secret, Timestamp};
pub use patience::Patience;
pub use recorder::{
    BadChain, Captured, Certificates, CoverageNote, DeclaredPlace, DerivedNote, ExchangeId, GapNote, Input, NewBody,
    NewExchange, Place, Recorder, ResourceNote, RouteNote, Sink, SinkError, Source, SourceTotal, WithheldReason, facts,
};
pub use rights::RightsForm;
pub use stop::{Stop, Waiting};
pub use suspicion::{BadMask, KnownSecrets, MaskedText, masked_texts, suspects_secret};
pub use variables::{variable, variable_names, variables};
