//! witnessmark-aws
