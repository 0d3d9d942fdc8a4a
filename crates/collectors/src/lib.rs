//! witnessmark-collectors
