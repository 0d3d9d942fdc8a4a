//! Tests of what follows from findings and gaps, in one program.

mod acceptances;
mod operation;
mod rollup;
mod tasks;
