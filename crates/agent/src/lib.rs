//! witnessmark-agent
