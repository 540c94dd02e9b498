//! Tests of a job at the agent.

mod intake;
mod outcomes;
mod store_word;

use super::{Evidence, Intake, Job, JobOutcome, JobState, OnUncertain, RowAge};
use crate::answer::Verdict;
use crate::marker::Marker;
use flux_protocol::{Attempt, FailReason, ReportState, WaitReason};

const ONE: Attempt = Attempt::FIRST;
const CANCELLED: JobState = JobState::Done(JobOutcome::Cancelled);
const COMPLETED: JobState = JobState::Done(JobOutcome::Completed);
const UNCERTAIN: JobState = JobState::Done(JobOutcome::Failed(FailReason::Uncertain));
const REJECTED: JobState = JobState::Done(JobOutcome::Failed(FailReason::RejectedByGame));
const AWAY: JobState = JobState::AwaitingPlayer(WaitReason::PlayerOffline);

fn two() -> Attempt {
    ONE.next()
}

fn job(state: JobState) -> Job {
    Job::new(ONE, state)
}
