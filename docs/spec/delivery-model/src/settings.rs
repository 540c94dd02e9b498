//! The options of a search: what may happen, and which rules hold. `name=value` on the command line sets each.

use crate::choices::{OptionValue, PutBackRows, RedeliveredAfter, RevokeNames, RevokeOfClosed, Rollback};

macro_rules! options {
    ($name:ident, $all:ident, $(#[$doc:meta])* { $($(#[doc = $text:literal])+ $option:literal $field:ident: $type:ty = $default:expr;)+ }
     $($inner:ident: $inner_type:ty)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[doc = $text])+ pub $field: $type,)+ $(/// The rules.
            pub $inner: $inner_type,)? }

        impl Default for $name {
            fn default() -> $name { $name { $($field: $default,)+ $($inner: <$inner_type>::default(),)? } }
        }

        /// Every option of this group, with its meaning.
        pub const $all: &[(&str, &str)] = &[$(($option, concat!($($text),+)),)+];

        impl $name {
            /// Sets an option; `None` if this group does not have it, or not with this value.
            fn set(&mut self, option: &str, number: u8) -> Option<()> {
                match option {
                    $($option => self.$field = OptionValue::from_number(number)?,)+
                    _ => { return { $(if true { return self.$inner.set(option, number); })? None }; }
                }
                Some(())
            }
        }
    };
}

options! { Settings, SETTINGS, /// The events that may happen, and the rules.
{
    /// Lines leave an execution marker (`delivery.proof`).
    "proof" markers: bool = true;
    /// An uncertain line is held; 0: it is sent once more (`delivery.on_uncertain`).
    "hold" hold: bool = true;
    /// Sessions of the hub can be opened.
    "hub" sessions: bool = true;
    /// The agent also polls while a session can be opened.
    "polls" polls: bool = true;
    /// The player is in the game at the beginning.
    "online" starts_online: bool = true;
    /// Faults of all kinds together, 0 to 7.
    "faults" faults: u8 = 3;
    /// Messages can be lost.
    "loss" message_loss: bool = true;
    /// A report can arrive after its call has timed out.
    "late" late_reports: bool = true;
    /// The agent can crash.
    "crash" agent_crashes: bool = true;
    /// The journal can be lost, once.
    "wipe" journal_loss: bool = false;
    /// RCON answers can be lost.
    "rloss" answer_loss: bool = true;
    /// The game can restart.
    "restart" game_restarts: bool = true;
    /// The player can leave.
    "leave" player_leaves: bool = true;
    /// A crash of the game undoes 0: nothing, 1: effect and marker together, 2: either or both.
    "rollback" rollback: Rollback = Rollback::None;
    /// The agent notices a restart of the game.
    "detect" restart_noticed: bool = true;
    /// The game can refuse a line.
    "reject" refusals: bool = true;
    /// The order can be refunded or cancelled.
    "cancel" cancels: bool = true;
    /// The command can expire.
    "expire" expiry: bool = true;
    /// Acts of admins, 0 to 3.
    "adm" admin_acts: u8 = 1;
    /// Admins at the agent can use `queue retry` and `queue drop`.
    "cli" agent_cli: bool = false;
    /// Attempts, at most 3.
    "max_att" max_attempts: u8 = 3;
    /// An admin can remove the server by force.
    "force" forced_removal: bool = false;
    /// The store's database can be restored from before the first offer.
    "restore" store_restore: bool = false;
    /// S5 counts `failed` at the store and `cancelled` at the agent as agreement.
    "lenient" lenient_agreement: bool = false;
    /// The game can answer that the player is away, although the line left a marker that says "ran".
    "gone" away_answers: bool = false;
    /// Another machine with its own journal can take over, and the first one come back later.
    "swap" machine_swaps: bool = false;
    /// The journal can be copied, and the copy put back later.
    "jback" journal_put_back: bool = false;
}
rules: Rules }

options! { Rules, RULES, /// The rules of the contract. The default is the contract in its current form.
{
    /// Rule 9: `redelivered` holds once 0: some journal has reported, 1: another journal was offered the attempt.
    "red" redelivered_after: RedeliveredAfter = RedeliveredAfter::Offer;
    /// Rule 9 does not apply to rows that last waited for their player.
    "exempt" awaiting_exempt: bool = false;
    /// Rule 9 applies.
    "redeliv" says_redelivered: bool = true;
    /// Rule 9: an absent marker of a redelivered line sends it again; 0: leaves it to `hold`.
    "absent_resend" absent_resends: bool = false;
    /// Rule 9: a redelivered higher attempt of a known id is uncertain; 0: queued.
    "higher_unsure" higher_uncertain: bool = true;
    /// Rule 6: a revoke names 0: the id, 1: also the attempt, 2: also `redelivered`.
    "rev" revoke_names: RevokeNames = RevokeNames::Redelivered;
    /// Rule 6: a revoke of what was never seen is remembered.
    "tomb" revoke_remembered: bool = true;
    /// Rule 6: a revoke of a running or uncertain row is remembered.
    "revk" revoke_while_running: bool = true;
    /// Rule 6: a redelivered revoke of a higher attempt leaves a row that waits or is closed uncertain; 0: cancelled.
    "rev_unsure" higher_revoke_uncertain: bool = true;
    /// Rule 6: cancelled at once only if this attempt was never offered; 0: if none was.
    "off_att" offered_per_attempt: bool = true;
    /// Rule 2: an attempt is offered until this journal has reported it; 0: at Hello, and once by poll.
    "offer_until" offered_until_reported: bool = true;
    /// Rule 2: an offer is committed before it is sent.
    "offer_commit" offer_committed: bool = true;
    /// Rule 1: `Deliver` of a journaled attempt is answered with a report.
    "reopen" known_reported_again: bool = true;
    /// Rule 1: a higher attempt runs after a cancelled one.
    "cancelled_reruns" runs_after_cancelled: bool = true;
    /// Rule 1: while an attempt runs, a higher one waits.
    "higher_waits" higher_waits: bool = true;
    /// Rule 1: the store takes over a higher attempt that the agent reports.
    "take_higher" takes_over_higher: bool = true;
    /// Rule 1: a marker of an earlier attempt completes the higher one.
    "rule1_proof" earlier_marker_completes: bool = true;
    /// Rule 1: `completed` wins whatever its attempt.
    "final_ok" completed_final: bool = true;
    /// `cancelled` counts whatever its attempt.
    "final_can" cancelled_final: bool = false;
    /// Rule 3: an acknowledgement covers only the state that was reported.
    "ack_state" acknowledges_state: bool = true;
    /// Rule 3: a report about an older or closed attempt is acknowledged.
    "ack_old" acknowledges_old: bool = true;
    /// Rule 8: after a start, older rows run only once the store has acknowledged them.
    "careful" careful_start: bool = true;
    /// Rule 8: a revoke answers an open report of 0: nothing, 1: what is closed, 2: what is cancelled.
    "closed_revoke" revoke_of_closed: RevokeOfClosed = RevokeOfClosed::Cancelled;
    /// Rule 8: the store answers a report of what it shows as closed otherwise with its state; 0: with nothing.
    "settled" store_tells_closed: bool = true;
    /// A report of a journal other than that of the last contact is refused.
    "old_refused" old_journal_refused: bool = true;
    /// A row with an unresolved send closes only as completed or uncertain.
    "unsure_guard" unresolved_guard: bool = true;
    /// Without markers too, a line is held only after a new connection has answered.
    "flush_hold" hold_after_flush: bool = true;
    /// The agent checks the marker; 0: it ignores the marker.
    "sticky_proof" marker_asked: bool = true;
    /// A marker settles the last send only; an earlier one stays unresolved.
    "last_send" last_send_only: bool = true;
    /// Each send has a marker of its own, and the agent removes that of a send whose player was away.
    "send_marker" marker_per_send: bool = true;
    /// Markers are removed only once their row is acknowledged; 0: once it is closed.
    "keep_marks_open" markers_kept_until_acknowledged: bool = true;
    /// At a start every marker without an open row is removed; 0: only those of acknowledged rows.
    "leftovers_all" start_removes_all_markers: bool = false;
    /// `queue retry` is for any failure; 0: for acknowledged uncertain ones.
    "cli_any" cli_retries_any: bool = false;
    /// Journal put back: the store notices a position that is older than one it has seen.
    "posrule" position_compared: bool = false;
    /// Journal put back: older rows are never released without the store.
    "norelease" no_release: bool = false;
    /// Journal put back: offers to an earlier start count as offers to another journal.
    "offstart" offers_per_start: bool = false;
    /// Journal put back: waiting rows 0: run, 1: are uncertain as from another journal, 2: are uncertain.
    "wless" put_back_rows: PutBackRows = PutBackRows::Run;
} }

impl Settings {
    /// Applies `name=value` options in order, so that later ones win.
    pub fn parse<'a>(options: impl IntoIterator<Item = &'a str>) -> Result<Settings, String> {
        let mut settings = Settings::default();
        for option in options {
            let (name, value) = option.split_once('=').ok_or_else(|| format!("{option}: write name=value"))?;
            let number: u8 = value.parse().map_err(|_| format!("{option}: {value} is not a number up to 255"))?;
            match (name, number) {
                ("text", 1) => settings.rules.set_first_text(),
                ("lean", 1) => settings.rules.set_lean(),
                ("text" | "lean", 0) => {}
                _ => settings.set(name, number).ok_or_else(|| format!("{option}: no such option or value"))?,
            }
        }
        Ok(settings)
    }
}

impl Rules {
    /// The contract as it was first written, before the model found its gaps.
    fn set_first_text(&mut self) {
        self.redelivered_after = RedeliveredAfter::Report;
        self.awaiting_exempt = true;
        self.absent_resends = true;
        self.higher_uncertain = false;
        self.revoke_names = RevokeNames::Id;
        self.offered_until_reported = false;
        self.start_removes_all_markers = true;
        self.hold_after_flush = false;
        self.offered_per_attempt = false;
        self.revoke_while_running = false;
        self.higher_revoke_uncertain = false;
        self.store_tells_closed = false;
        self.unresolved_guard = false;
        self.last_send_only = false;
        self.old_journal_refused = false;
        self.revoke_of_closed = RevokeOfClosed::Closed;
        self.cli_retries_any = true;
        self.takes_over_higher = false;
    }

    /// The contract without the rules that no property needs within the bounds of the model.
    fn set_lean(&mut self) {
        self.careful_start = false;
        self.earlier_marker_completes = false;
        self.revoke_while_running = false;
        self.revoke_of_closed = RevokeOfClosed::Never;
    }
}
