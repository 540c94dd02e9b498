use super::abilities::{self, Abilities};
use super::asks::Ask;
use super::conditions::Unmet;
use super::connection::GameConnection;
use super::presence::signed;
use super::{Lost, Outage, PULSE};
use crate::config::Config;
use crate::journal::{JobRow, JournalError, Note, When};
use crate::limits::{CONDITION_RETRY, JOURNAL_RETRY, PULSE_SLACK};
use crate::{Phase, Shared};
use flux_delivery::game_clock::ClockPair;
use flux_delivery::job::JobState;
use flux_delivery::{Decision, OnlinePlayers, Refusal, RunConditions, decide};
use flux_protocol::{Command, FailReason, PlayerRef, WaitReason};
use flux_rcon::Connection;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Runs jobs over one connection, one line at a time.
pub(crate) struct Executor {
    pub(super) shared: Arc<Shared>,
    /// What the connection was opened with.
    config: Arc<Config>,
    pub(super) connection: GameConnection,
    pub(super) joined: mpsc::Sender<PlayerRef>,
    pub(super) abilities: Abilities,
    pub(super) online_players: OnlinePlayers,
    pub(super) listed_at: Option<Instant>,
    pub(super) clock_pair: Option<(ClockPair, Instant)>,
    /// The wall clock at the last turn, of this connection or one before.
    pub(super) last_turn_at: Timestamp,
    /// Whether it was looked whether the game has forgotten anything.
    pub(super) is_world_known: bool,
    /// What stood in the way of players' commands a moment ago.
    pub(super) unmet: Unmet,
    /// First words of lines that do not parse behind `run`: they go the plain way.
    pub(super) plain_words: BTreeSet<String>,
}

impl Executor {
    pub(super) fn new(
        shared: Arc<Shared>,
        config: Arc<Config>,
        connection: Connection,
        joined: mpsc::Sender<PlayerRef>,
        last_turn_at: Timestamp,
    ) -> Executor {
        let abilities = Abilities { list: None, proof: false, living: false, gametime: false };
        Executor {
            connection: GameConnection::new(connection, shared.clone()),
            config,
            shared,
            joined,
            abilities,
            online_players: OnlinePlayers::default(),
            listed_at: None,
            clock_pair: None,
            last_turn_at,
            is_world_known: false,
            unmet: Unmet::default(),
            plain_words: BTreeSet::new(),
        }
    }

    /// Serves until the connection is lost or is to be another, or the daemon drains.
    pub(super) async fn serve(&mut self, outage: &mut Outage, asks: &mut mpsc::Receiver<Ask>) -> Lost {
        let Err(lost) = self.try_serve(outage, asks).await;
        lost
    }

    async fn try_serve(&mut self, outage: &mut Outage, asks: &mut mpsc::Receiver<Ask>) -> Result<Infallible, Lost> {
        let (abilities, players) = abilities::probe(&mut self.connection, self.config.delivery.proof).await?;
        self.abilities = abilities;
        outage.ends();
        self.first_list(players);
        loop {
            if self.shared.is(Phase::Draining) {
                return Err(Lost::Stopping);
            }
            if self.is_outdated() {
                return Err(Lost::Reconfigured);
            }
            self.shared.pulse.turns_within(PULSE, self.config.rcon.timeout * 3 + PULSE_SLACK);
            let turned = match asks.try_recv() {
                Ok(ask) => self.fulfil(ask).await.map(|()| Turn::Worked),
                Err(_) => self.turn().await,
            };
            let outcome = match turned {
                Ok(Turn::Worked) => Ok(()),
                Ok(Turn::Idle { until }) => self.rest(until, asks).await,
                Err(trouble) => Err(trouble),
            };
            match outcome {
                Ok(()) => self.shared.journal_works(),
                Err(Trouble::Lost(lost)) => return Err(lost),
                Err(Trouble::Journal(error)) => {
                    self.shared.journal_failed(&error);
                    self.shared.pulse.turns_within(PULSE, JOURNAL_RETRY + PULSE_SLACK);
                    tokio::time::sleep(JOURNAL_RETRY).await;
                }
            }
        }
    }

    /// Whether the configuration in force wants another connection, or other abilities of it.
    fn is_outdated(&self) -> bool {
        let now = self.shared.config();
        !now.rcon.is_same(&self.config.rcon) || now.delivery.proof != self.config.delivery.proof
    }

    /// One step: what came due, who is online, what is uncertain, one job, or some cleaning up.
    async fn turn(&mut self) -> Result<Turn, Trouble> {
        self.look_for_rollback().await?;
        let now = self.wake_due()?;
        if self.is_list_due() {
            self.ask_list().await?;
            return Ok(Turn::Worked);
        }
        if self.settle_some().await? {
            return Ok(Turn::Worked);
        }
        if let Some(row) = self.next_job()? {
            self.run_job(row).await?;
            return Ok(Turn::Worked);
        }
        if self.remove_marks().await? {
            return Ok(Turn::Worked);
        }
        let due = self.shared.journal().next_wake()?.map(|at| Instant::now() + wait_until(at, now));
        Ok(Turn::Idle { until: due.map_or_else(|| self.next_list(), |due| due.min(self.next_list())) })
    }

    /// Makes ready what has come due. A wall clock that was set back would hold everything up: then all of it is looked at.
    fn wake_due(&mut self) -> Result<Timestamp, JournalError> {
        let now = self.shared.now();
        if now < self.last_turn_at {
            self.shared.journal().clock_was_set_back(now)?;
        }
        self.last_turn_at = now;
        self.shared.journal().wake_due(now)?;
        Ok(now)
    }

    fn next_job(&mut self) -> Result<Option<JobRow>, JournalError> {
        let mut journal = self.shared.journal();
        if journal.is_removed()? {
            return Ok(None);
        }
        match journal.next_ready() {
            Err(JournalError::Row { id, problem }) => {
                tracing::error!(
                    command.id = id,
                    problem,
                    "a row of the journal cannot be understood; it is set aside and kept"
                );
                journal.set_aside(&id)?;
                Ok(None)
            }
            next => next,
        }
    }

    async fn rest(&mut self, until: Instant, asks: &mut mpsc::Receiver<Ask>) -> Result<(), Trouble> {
        self.shared.journal_works();
        self.shared.pulse.turns_within(PULSE, until.saturating_duration_since(Instant::now()) + PULSE_SLACK);
        let ask = tokio::select! { biased;
            () = self.shared.reached(Phase::Draining) => return Ok(()),
            () = self.shared.wake_game.notified() => return Ok(()),
            closed = self.connection.closed() => {
                return if closed { Err(Lost::Connection("the game closed the connection".into()).into()) } else { Ok(()) };
            }
            Some(ask) = asks.recv() => ask,
            () = tokio::time::sleep_until(until) => return Ok(()),
        };
        self.fulfil(ask).await
    }

    /// Runs a job, or decides why not now. Every await may bring a revoke or a higher attempt: each decision is committed only if the job still is `row.job`.
    async fn run_job(&mut self, row: JobRow) -> Result<(), Trouble> {
        let Some(command) = row.command.clone() else {
            // Only a revoke makes a row without a command, and such a row never waits.
            self.decide(&row, Note::new("no_command", None), When::Now, |job| job.refused(FailReason::BadTemplate))?;
            return Ok(());
        };
        if command.require_online && self.fresh_list().await? {
            // Who has joined by this list may have older jobs, which go first.
            return Ok(());
        }
        match self.decision(&row, &command) {
            Decision::Refuse(Refusal { reason, detail }) => {
                if self.decide(&row, Note::new("refused", Some(&detail)), When::Now, |job| job.refused(reason))? {
                    tracing::warn!(command.id = %row.id, attempt = %row.job.attempt, %reason, detail, "command refused");
                }
            }
            Decision::Wait(reason) => self.wait_for_player(&row, reason)?,
            Decision::NotBefore(at) => self.shared.journal().reschedule(&row.id, row.job, When::At(at))?,
            Decision::AskWhoIsOnline => self.shared.journal().reschedule(&row.id, row.job, When::At(self.soon()))?,
            Decision::Run { line, player } => match self.unmet(&command, player.as_ref()).await? {
                Some(reason) => self.wait_for_player(&row, reason)?,
                None => self.send(&row, line).await?,
            },
        }
        Ok(())
    }

    fn soon(&self) -> Timestamp {
        self.shared.now() + signed(CONDITION_RETRY)
    }

    fn decision(&self, row: &JobRow, command: &Command) -> Decision {
        let config = self.shared.config();
        decide(
            command,
            &RunConditions {
                received_at: row.received_at,
                now: self.shared.now(),
                store_now: self.shared.store_now(),
                online_players: self.abilities.list.map(|_| &self.online_players),
                join_delay: signed(config.presence.join_delay),
                bedrock_prefix: &config.players.bedrock_prefix,
                policy: &config.policy,
            },
        )
    }

    fn wait_for_player(&mut self, row: &JobRow, reason: WaitReason) -> Result<(), JournalError> {
        let when = if reason == WaitReason::PlayerOffline { When::OnJoin } else { When::At(self.soon()) };
        if row.job.state == JobState::AwaitingPlayer(reason) {
            return self.shared.journal().reschedule(&row.id, row.job, when);
        }
        if self
            .decide(row, Note::new("awaiting_player", Some(reason.as_str())), when, |job| job.awaiting_player(reason))?
        {
            tracing::info!(command.id = %row.id, attempt = %row.job.attempt, %reason, "command waits for its player");
        }
        Ok(())
    }
}

enum Turn {
    Worked,
    Idle { until: Instant },
}

pub(super) enum Trouble {
    Lost(Lost),
    Journal(JournalError),
}

impl From<Lost> for Trouble {
    fn from(lost: Lost) -> Self {
        Trouble::Lost(lost)
    }
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        Trouble::Journal(error)
    }
}

fn wait_until(at: Timestamp, now: Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default()
}
