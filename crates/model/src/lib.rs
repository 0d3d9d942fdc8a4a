//! witnessmark-model
