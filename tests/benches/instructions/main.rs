//! Runs a number of pushes at the store or of drained commands at the agent, and nothing else: `scripts/bench-check.sh` counts their instructions.

mod drain;
mod machine;
mod push;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["push", count] => runtime.block_on(push::run(count.parse().unwrap())),
        ["drain", count] => runtime.block_on(drain::run(count.parse().unwrap())),
        _ => println!("push N | drain N"),
    }
}
