//! Helpers of the tests and benchmarks that run all programs together.

pub mod process;
pub mod sources;
