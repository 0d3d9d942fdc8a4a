//! The suite every collector has to pass.
