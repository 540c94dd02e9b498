//! Benchmark of the three real programs. Next to each figure is the least that this machine needs, measured in the same run.
//!
//! `FLUX_BENCH_ONLY` selects parts (`push drain join idle`); `FLUX_BENCH_PUSHES` sets the number of orders that are pushed (300) and
//! `FLUX_BENCH_DRAIN` the number of commands that are drained (10,000).

mod bench_env;
mod drain;
mod floor;
mod idle;
mod join;
mod push;

use flux_testkit::testbed::TestbedError;

#[tokio::main]
async fn main() -> Result<(), TestbedError> {
    let only = std::env::var("FLUX_BENCH_ONLY").unwrap_or_else(|_| "push drain join idle".to_owned());
    let floor = floor::measure().await?;
    for part in only.split_whitespace() {
        println!();
        match part {
            "push" => push::run(&floor).await?,
            "drain" => drain::run(&floor).await?,
            "join" => join::run(&floor).await?,
            "idle" => idle::run().await?,
            other => println!("unknown part {other:?}: the parts are push, drain, join and idle"),
        }
    }
    Ok(())
}
