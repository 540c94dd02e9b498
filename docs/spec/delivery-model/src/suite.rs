//! The runs that `make model` searches, with their expected results.

use crate::print::{summary, violated};
use crate::search::search;
use crate::settings::Settings;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A run: its options, its states (`None`: not compared), and the properties that it violates.
type Run = (&'static str, Option<usize>, &'static str);

/// Longest runs first, so that two threads end at about the same time.
const RUNS: &[Run] = &[
    // The contract, with markers and without.
    ("wipe=1", Some(14_325_351), "nothing"),
    ("text=1 faults=2", Some(9_105_289), "S4"),
    ("wipe=1 proof=0", Some(8_301_557), "nothing"),
    ("text=1 faults=2 proof=0", Some(5_205_740), "S3 S4 S6"),
    ("faults=2 gone=1", Some(5_092_679), "nothing"),
    ("faults=2 wipe=1 hold=0", Some(5_423_905), "nothing"),
    ("faults=2 hold=0 rollback=1", Some(4_277_570), "nothing"),
    ("faults=2 hold=0 rollback=1 last_send=0", Some(4_331_066), "S3b T"),
    ("cli=1 adm=2 faults=2", Some(4_843_264), "nothing"),
    ("faults=2 wipe=1 lean=1", Some(3_442_733), "nothing"),
    // Each doubt allows one more effect: `on_uncertain: retry` without markers means that.
    ("faults=2 wipe=1 hold=0 proof=0", Some(3_074_236), "S1"),
    ("wipe=1 hub=0 faults=4", Some(2_755_302), "nothing"),
    ("wipe=1 rollback=2 faults=2 late=0", Some(2_322_661), "nothing"),
    ("wipe=1 rollback=2 faults=2 late=0 detect=0", Some(2_514_116), "S1 S3b T"),
    ("text=1 faults=1 wipe=1", Some(2_297_770), "S1 S3 S3b S4 S6 T"),
    ("restore=1 faults=2 adm=0 lenient=1", Some(310_409), "S3 S3b S4 S5 S6 T"),
    // Each needed rule, turned off alone.
    ("hub=0 faults=4 wipe=1 offer_until=0", Some(4_143_467), "S4"),
    ("faults=2 wipe=1 exempt=1", Some(4_501_080), "S1 S3 S3b S6 T"),
    ("faults=2 wipe=1 old_refused=0", Some(4_293_480), "S4 S5"),
    ("faults=1 gone=1 send_marker=0", Some(1_619_227), "S2"),
    ("faults=1 wipe=1 red=0", Some(1_325_025), "S1 S3 S3b S4 S5 S6 T"),
    ("faults=1 wipe=1 final_ok=0 cli=1 adm=2", Some(1_188_440), "S4 S5"),
    ("faults=1 wipe=1 offer_commit=0", Some(1_023_057), "S3 S3b S4 S5 S6 T"),
    ("faults=1 wipe=1 ack_state=0", Some(873_248), "S4"),
    ("faults=1 wipe=1 redeliv=0", Some(814_846), "S1 S3 S3b S6 T"),
    ("faults=1 wipe=1 closed_revoke=1", Some(727_113), "S4 S5"),
    ("faults=1 wipe=1 rev=0", Some(721_634), "S3 S3b S4"),
    ("faults=1 wipe=1 rev=1", Some(719_672), "S3 S3b"),
    ("faults=1 wipe=1 ack_old=0", Some(695_425), "S4"),
    ("faults=1 wipe=1 tomb=0", Some(686_303), "S3 S3b S4 S5"),
    ("faults=1 wipe=1 hold=0 proof=0 unsure_guard=0", Some(494_103), "S1 S3b T"),
    ("faults=1 wipe=1 proof=0 flush_hold=0", Some(389_199), "S3 S6"),
    // Two machines take turns with a journal each. Rules 6 and 8 keep S3, S3b and S6.
    (
        "swap=1 faults=2 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 lenient=1 norelease=1 reject=0",
        Some(17_480),
        "nothing",
    ),
    (
        "swap=1 faults=2 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 lenient=1 norelease=1 reject=0 settled=0",
        Some(17_512),
        "S4 S5 S6",
    ),
    (
        "swap=1 faults=2 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 lenient=1 norelease=1",
        Some(121_065),
        "S4 S5",
    ),
    (
        "swap=1 faults=2 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 lenient=1 norelease=1 rev_unsure=0",
        Some(122_237),
        "S3 S3b S4 S5",
    ),
    // A journal is put back to an older copy: with today's rules, without rule 8's `settled`, and with the candidates.
    (
        "jback=1 faults=1 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 reject=0 cancel=0 expire=0",
        Some(2_962),
        "S1 S4",
    ),
    (
        "jback=1 faults=1 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 reject=0 cancel=0 expire=0 settled=0",
        Some(2_972),
        "S1 S4 S5",
    ),
    (
        "jback=1 faults=1 adm=0 loss=0 late=0 crash=0 rloss=0 restart=0 leave=0 reject=0 cancel=0 expire=0 posrule=1 norelease=1 offstart=1 wless=1",
        Some(2_423),
        "nothing",
    ),
    // If an absent marker sends the line again, markers must stay as long as an agent may check them.
    ("faults=1 wipe=1 absent_resend=1 keep_marks_open=0", Some(877_007), "S1"),
    ("faults=1 wipe=1 absent_resend=1 leftovers_all=1", Some(815_982), "S1"),
];

/// Searches all runs on at most two threads. Fails if a result differs.
pub fn run() -> ExitCode {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    println!("{} runs on {threads} threads, up to 3 GB of memory each", RUNS.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(run) = RUNS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !is_as_expected(run) {
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    if failed.into_inner() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn is_as_expected((options, states, expected): &Run) -> bool {
    let settings = match Settings::parse(options.split(' ')) {
        Ok(settings) => settings,
        Err(error) => {
            println!("{error}");
            return false;
        }
    };
    let found = search(&settings);
    let is_expected =
        !found.truncated && violated(&found) == *expected && states.is_none_or(|states| states == found.states.len());
    println!("{} {}", if is_expected { "ok  " } else { "FAIL" }, summary(options, &found));
    if !is_expected {
        println!("     expected: {states:?} states, violated: {expected}");
    }
    is_expected
}
