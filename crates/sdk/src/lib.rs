//! witnessmark-sdk
