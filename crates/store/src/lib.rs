//! witnessmark-store
