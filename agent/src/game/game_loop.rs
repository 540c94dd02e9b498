//! The loop that serves one connection. It owns the parts that do the work, and decides which of them acts next.
//!
//! The order on every new connection: queries that change nothing are answered (so the lines of earlier connections have run), the game's capabilities are probed,
//! uncertain commands are settled, and only then anything runs. One line is in flight at a time.

use super::admin_requests::AdminRequests;
use super::capabilities::Capabilities;
use super::conditions::{ConditionCache, Obstacle};
use super::connection::{GameConnection, TASK};
use super::error::{Disconnect, StepError};
use super::game_clock::GameClock;
use super::job_writer::JobWriter;
use super::judge::Judge;
use super::markers::Markers;
use super::outage::Outage;
use super::presence::{PlayerList, Presence, to_signed};
use super::resolver::Resolver;
use super::rollback::RollbackDetector;
use super::runner::Runner;
use crate::config::Config;
use crate::journal::{JobRow, JournalError, Note, Wake};
use crate::limits::{CONDITION_RETRY, HEARTBEAT_SLACK, JOURNAL_RETRY};
use crate::state::{AdminRequest, Phase, Shared};
use flux_delivery::job::JobState;
use flux_delivery::{Decision, Refusal, RunConditions, decide};
use flux_protocol::{Command, FailReason, PlayerRef, WaitReason};
use flux_rcon::Connection;
use jiff::Timestamp;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Runs jobs over one connection, one line at a time.
pub(super) struct GameLoop {
    shared: Arc<Shared>,
    /// The configuration that the connection was opened with.
    config: Arc<Config>,
    connection: GameConnection,
    writer: JobWriter,
    presence: Presence,
    conditions: ConditionCache,
    runner: Runner,
    resolver: Resolver,
    markers: Markers,
    rollback: RollbackDetector,
    admin: AdminRequests,
    /// Wall clock at the last step, of this connection or an earlier one.
    last_step_at: Timestamp,
}

/// The result of a step.
enum Step {
    /// Something was done: the next step follows at once.
    Worked,
    /// There is nothing to do before this time.
    Idle { until: Instant },
}

impl GameLoop {
    /// Probes the game over a new connection.
    pub(super) async fn start(
        shared: Arc<Shared>,
        config: Arc<Config>,
        connection: Connection,
        joined: mpsc::Sender<PlayerRef>,
        last_step_at: Timestamp,
        outage: &mut Outage,
    ) -> Result<GameLoop, Disconnect> {
        let mut connection = GameConnection::new(connection, shared.clone());
        let (list, players) = PlayerList::probe(&mut connection).await?;
        let capabilities = Capabilities::probe(&mut connection, config.delivery.proof).await?;
        outage.end();
        let writer = JobWriter::new(shared.clone());
        let markers = Markers::new(shared.clone(), capabilities.markers);
        let judge = Judge::new(shared.clone(), writer.clone(), markers.clone());
        let clock = GameClock::new(shared.clock.clone(), capabilities);
        Ok(GameLoop {
            presence: Presence::new(shared.clone(), list, players, joined, capabilities.markers),
            conditions: ConditionCache::new(capabilities.living_test),
            runner: Runner::new(shared.clone(), writer.clone(), judge, clock, capabilities.markers),
            resolver: Resolver::new(shared.clone(), writer.clone(), capabilities),
            rollback: RollbackDetector::new(shared.clone(), capabilities),
            admin: AdminRequests::new(shared.clone(), writer.clone(), markers.clone()),
            shared,
            config,
            connection,
            writer,
            markers,
            last_step_at,
        })
    }

    /// Wall clock at the last step.
    pub(super) fn last_step_at(&self) -> Timestamp {
        self.last_step_at
    }

    /// Serves until the connection ends, the configuration wants another one, or the daemon drains.
    pub(super) async fn serve(&mut self, requests: &mut mpsc::Receiver<AdminRequest>) -> Disconnect {
        let Err(reason) = self.try_serve(requests).await;
        reason
    }

    async fn try_serve(&mut self, requests: &mut mpsc::Receiver<AdminRequest>) -> Result<Infallible, Disconnect> {
        loop {
            if self.shared.is(Phase::Draining) {
                return Err(Disconnect::Stopping);
            }
            if self.is_outdated() {
                return Err(Disconnect::Reconfigured);
            }
            self.shared.heartbeat.expect_within(TASK, self.config.rcon.timeout * 3 + HEARTBEAT_SLACK);
            let step = match requests.try_recv() {
                Ok(request) => self.admin.handle(request, &mut self.connection).await.map(|()| Step::Worked),
                Err(_) => self.step().await,
            };
            let outcome = match step {
                Ok(Step::Worked) => Ok(()),
                Ok(Step::Idle { until }) => self.wait_idle(until, requests).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => self.shared.journal_works(),
                Err(StepError::Disconnected(reason)) => return Err(reason),
                Err(StepError::Journal(error)) => {
                    self.shared.journal_failed(&error);
                    self.shared.heartbeat.expect_within(TASK, JOURNAL_RETRY + HEARTBEAT_SLACK);
                    tokio::time::sleep(JOURNAL_RETRY).await;
                }
            }
        }
    }

    /// True if the configuration in force needs another connection, or other capabilities of it.
    fn is_outdated(&self) -> bool {
        let now = self.shared.config();
        !now.rcon.is_same(&self.config.rcon) || now.delivery.proof != self.config.delivery.proof
    }

    /// Does the most urgent thing: wake due jobs, read the player list, settle an uncertain command, run a job, or remove old markers.
    async fn step(&mut self) -> Result<Step, StepError> {
        self.rollback.check(&mut self.connection).await?;
        let now = self.wake_due()?;
        if self.presence.is_list_due() {
            self.presence.read_list(&mut self.connection).await?;
            return Ok(Step::Worked);
        }
        if self.resolver.resolve_some(&mut self.connection).await? {
            return Ok(Step::Worked);
        }
        if let Some(row) = self.next_job()? {
            self.run_job(row).await?;
            return Ok(Step::Worked);
        }
        if self.markers.remove_leftovers(&mut self.connection).await? {
            return Ok(Step::Worked);
        }
        let due = self.shared.journal().next_wake()?.map(|at| Instant::now() + wait_until(at, now));
        let next_list_at = self.presence.next_list_at();
        Ok(Step::Idle { until: due.map_or(next_list_at, |due| due.min(next_list_at)) })
    }

    /// Makes due jobs ready. A wall clock that was set back would delay all of them: then every timed job is looked at.
    fn wake_due(&mut self) -> Result<Timestamp, JournalError> {
        let now = self.shared.now();
        if now < self.last_step_at {
            self.shared.journal().reset_wake_times(now)?;
        }
        self.last_step_at = now;
        self.shared.journal().wake_due(now)?;
        Ok(now)
    }

    fn next_job(&self) -> Result<Option<JobRow>, JournalError> {
        let mut journal = self.shared.journal();
        if journal.is_removed()? {
            return Ok(None);
        }
        match journal.next_ready() {
            Err(JournalError::Row { id, problem }) => {
                tracing::error!(command.id = id, problem, "skipped an unreadable row of the journal; keeping it");
                journal.set_aside(&id)?;
                Ok(None)
            }
            next => next,
        }
    }

    async fn wait_idle(
        &mut self,
        until: Instant,
        requests: &mut mpsc::Receiver<AdminRequest>,
    ) -> Result<(), StepError> {
        self.shared.journal_works();
        self.shared.heartbeat.expect_within(TASK, until.saturating_duration_since(Instant::now()) + HEARTBEAT_SLACK);
        let request = tokio::select! { biased;
            () = self.shared.reached(Phase::Draining) => return Ok(()),
            () = self.shared.wake_game.notified() => return Ok(()),
            closed = self.connection.closed() => {
                return if closed { Err(Disconnect::Failed("the game closed the connection".into()).into()) } else { Ok(()) };
            }
            Some(request) = requests.recv() => request,
            () = tokio::time::sleep_until(until) => return Ok(()),
        };
        self.admin.handle(request, &mut self.connection).await
    }

    /// Runs a job, or records why it cannot run now. A revoke or a higher attempt may come during every await: each decision is committed only if the job is still
    /// `row.job`.
    async fn run_job(&mut self, row: JobRow) -> Result<(), StepError> {
        let Some(command) = row.command.clone() else {
            // Only a revoke makes a row without a command, and such a row never waits.
            let note = Note::new("no_command", None);
            self.writer.transition_if_unchanged(&row, note, Wake::Now, |job| job.refused(FailReason::BadTemplate))?;
            return Ok(());
        };
        if command.require_online && self.presence.refresh(&mut self.connection).await? {
            // Players who joined by this list may have older jobs, which go first.
            return Ok(());
        }
        match self.decide(&row, &command) {
            Decision::Refuse(Refusal { reason, detail }) => {
                let note = Note::new("refused", Some(&detail)).with_output(&detail);
                if self.writer.transition_if_unchanged(&row, note, Wake::Now, |job| job.refused(reason))? {
                    tracing::warn!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, %reason, detail, "command refused");
                }
            }
            Decision::Wait(reason) => self.wait_for_player(&row, reason, None, Wake::OnJoin)?,
            Decision::WaitForUuid => {
                let name = command.player.as_ref().map_or("the player", |player| &player.name);
                let detail = format!("no UUID is known for {name}; the game's list shows it when they join");
                self.wait_for_player(&row, WaitReason::PlayerOffline, Some(&detail), Wake::OnJoin)?;
            }
            Decision::NotBefore(at) => self.shared.journal().reschedule(&row.id, row.job, Wake::At(at))?,
            Decision::AskWhoIsOnline => {
                let wake = Wake::At(self.shared.now() + to_signed(CONDITION_RETRY.1));
                self.wait_for_player(&row, WaitReason::PlayerOffline, self.presence.problem(), wake)?;
            }
            Decision::Run { line, player } => {
                self.forget_moved_players();
                match self.conditions.obstacle(&command, player.as_ref(), &mut self.connection).await? {
                    Some(obstacle) => self.wait_for_condition(&row, &command, obstacle).await?,
                    None => self.runner.run(&row, line, &mut self.connection, &mut self.presence).await?,
                }
            }
        }
        Ok(())
    }

    /// Forgets the conditions of players who joined or left: they may be met by now.
    fn forget_moved_players(&mut self) {
        for name in self.presence.take_moved() {
            self.conditions.forget(&name);
        }
    }

    /// Records that a player who was listed a moment ago cannot receive a command. Somebody who has left since looks dead to the game's test, so the list is read
    /// again first.
    async fn wait_for_condition(
        &mut self,
        row: &JobRow,
        command: &Command,
        obstacle: Obstacle,
    ) -> Result<(), StepError> {
        if obstacle.reason == WaitReason::PlayerDead && row.job.state != JobState::AwaitingPlayer(obstacle.reason) {
            self.presence.read_list(&mut self.connection).await?;
            self.forget_moved_players();
            let has_left = command.player.as_ref().is_some_and(|player| !self.presence.lists(player));
            if has_left && self.presence.problem().is_none() {
                return Ok(self.wait_for_player(row, WaitReason::PlayerOffline, None, Wake::OnJoin)?);
            }
        }
        let wake = Wake::At(self.shared.now() + to_signed(obstacle.wait));
        Ok(self.wait_for_player(row, obstacle.reason, obstacle.detail.as_deref(), wake)?)
    }

    fn decide(&self, row: &JobRow, command: &Command) -> Decision {
        let config = self.shared.config();
        decide(
            command,
            &RunConditions {
                received_at: row.received_at,
                now: self.shared.now(),
                store_now: self.shared.store_now(),
                online_players: self.presence.online_players(),
                join_delay: to_signed(config.presence.join_delay),
                bedrock_prefix: &config.players.bedrock_prefix,
                policy: &config.policy,
            },
        )
    }

    fn wait_for_player(
        &self,
        row: &JobRow,
        reason: WaitReason,
        obstacle: Option<&str>,
        wake: Wake,
    ) -> Result<(), JournalError> {
        if row.job.state == JobState::AwaitingPlayer(reason) && row.obstacle.as_deref() == obstacle {
            return self.shared.journal().reschedule(&row.id, row.job, wake);
        }
        let note = Note::new("awaiting_player", obstacle.or(Some(reason.as_str()))).with_obstacle(obstacle);
        if self.writer.transition_if_unchanged(row, note, wake, |job| job.awaiting_player(reason))? {
            tracing::info!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, %reason, detail = obstacle, "command waits for its player");
        }
        Ok(())
    }
}

fn wait_until(at: Timestamp, now: Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default()
}
