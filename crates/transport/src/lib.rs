//! witnessmark-transport
