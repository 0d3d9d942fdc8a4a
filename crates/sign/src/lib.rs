//! witnessmark-sign
