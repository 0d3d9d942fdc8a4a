//! Comparisons of small worlds: causes alone and in pairs, what cannot be compared, and properties of any two.

mod applied;
mod causes;
mod hidden;
mod properties;
mod world;
