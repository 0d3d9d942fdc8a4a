//! witnessmark-ledger
