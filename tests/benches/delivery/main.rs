//! `make bench`: the three real programs on this machine, each figure beside its floor, measured in the same run. Figures, never a test.
//!
//! `FLUX_BENCH_ONLY` names the parts to run (`push drain join rest`, all unless set); `FLUX_BENCH_DRAIN` how many commands
//! are drained (10,000).

mod bench_env;
mod drain;
mod floor;
mod idle;
mod join;
mod push;

use flux_testkit::testbed::TestbedError;

#[tokio::main]
async fn main() -> Result<(), TestbedError> {
    let only = std::env::var("FLUX_BENCH_ONLY").unwrap_or_else(|_| "push drain join rest".to_owned());
    let floor = floor::measure().await?;
    for part in only.split_whitespace() {
        println!();
        match part {
            "push" => push::run(&floor).await?,
            "drain" => drain::run(&floor).await?,
            "join" => join::run(&floor).await?,
            "rest" => idle::run().await?,
            other => println!("there is no part {other:?}"),
        }
    }
    Ok(())
}
