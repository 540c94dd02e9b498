//! Puts three SignalR clients into the same situations and prints what each did, as the README's table of
//! `crates/signalr` shows it. Takes a minute and a half: some of them wait for a silence to be noticed.

mod ours;
mod rows;
mod server;
mod signalr_client;
mod signalrs_client;
mod subject;

use std::{pin::Pin, thread};

use subject::Subject;

pub type Row = (&'static str, Pin<Box<dyn Future<Output = String>>>);

/// Each situation on a thread and a runtime of its own: some of these clients block theirs, or panic in it.
fn column<S: Subject + 'static>() -> Vec<String> {
    let threads: Vec<_> = (0..rows::rows::<S>().len())
        .map(|row| {
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
                let verdict = runtime.block_on(rows::rows::<S>().swap_remove(row).1);
                runtime.shutdown_background();
                std::io::Result::Ok(verdict)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("the row ended").expect("a runtime")).collect()
}

fn main() {
    let columns = [
        thread::spawn(column::<ours::Ours>),
        thread::spawn(column::<signalrs_client::SignalrsClient>),
        thread::spawn(column::<signalr_client::SignalrClient>),
    ]
    .map(|column| column.join().expect("the column ended"));
    println!("| situation | flux-signalr | signalrs-client 0.1.1 | signalr-client 0.3.2 |\n| --- | --- | --- | --- |");
    for (row, (situation, _)) in rows::rows::<ours::Ours>().into_iter().enumerate() {
        println!("| {situation} | {} | {} | {} |", columns[0][row], columns[1][row], columns[2][row]);
    }
}
