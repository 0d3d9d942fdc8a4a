//! witnessmark-verify
