//! witnessmark-report
