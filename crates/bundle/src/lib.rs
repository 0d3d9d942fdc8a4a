//! witnessmark-bundle
