//! witnessmark-testkit
