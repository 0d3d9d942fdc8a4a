//! witnessmark-policy
