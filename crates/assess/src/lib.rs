//! witnessmark-assess
