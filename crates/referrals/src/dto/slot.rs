//! The JSON bodies of a rule's rewards, and the writes of them.

use super::command::{commands, read_all};
use super::patch::{Field, named_object, over};
use super::{BenefitBody, FieldError, RewardCommandBody};
use flux_referral_rules::{Currency, RewardCommand, Side, Slot, Slots, Trigger};
use flux_rest::{object, object_or_null};
use serde::{Deserialize, Serialize};

/// A reward of a rule: a benefit, commands, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlotBody {
    /// The benefit besides commands.
    #[serde(default, deserialize_with = "object_or_null")]
    benefit: Option<BenefitBody>,
    /// The commands; at most 50.
    #[serde(default, deserialize_with = "commands")]
    #[schema(max_items = 50)]
    commands: Vec<RewardCommandBody>,
}

/// The four rewards of a rule; null where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SlotsBody {
    /// The referrer's rewards.
    referrer: SideBody,
    /// The referee's rewards.
    referee: SideBody,
}

/// The rewards of one side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct SideBody {
    /// The reward for the referee's registration.
    #[serde(deserialize_with = "object_or_null")]
    registration: Option<SlotBody>,
    /// The reward for the referee's first order that counts.
    #[serde(deserialize_with = "object_or_null")]
    first_order: Option<SlotBody>,
}

/// A write of the rewards: an absent reward stays, `null` removes it.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SlotsPatch {
    #[serde(default, deserialize_with = "object")]
    referrer: SidePatch,
    #[serde(default, deserialize_with = "object")]
    referee: SidePatch,
}

/// A write of one side's rewards.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SidePatch {
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<SlotBody>)]
    registration: Field<SlotBody>,
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<SlotBody>)]
    first_order: Field<SlotBody>,
}

impl SlotBody {
    /// Checks the reward.
    pub fn read(
        &self,
        program: Option<Currency>,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
    ) -> Result<Slot, FieldError> {
        let benefit = self.benefit.as_ref().map(|body| body.read(program)).transpose();
        let benefit = benefit.map_err(|error| error.within("benefit"))?;
        Slot::new(benefit, read_all(&self.commands, command)?).map_err(FieldError::at("benefit"))
    }
}

impl From<&Slot> for SlotBody {
    fn from(slot: &Slot) -> SlotBody {
        SlotBody {
            benefit: slot.benefit().map(BenefitBody::from),
            commands: slot.commands().iter().map(RewardCommandBody::from).collect(),
        }
    }
}

impl SlotsBody {
    /// The rewards after a write.
    #[must_use]
    pub(super) fn patched(self, patch: SlotsPatch) -> SlotsBody {
        let side = |body: SideBody, patch: SidePatch| SideBody {
            registration: over(patch.registration, body.registration),
            first_order: over(patch.first_order, body.first_order),
        };
        SlotsBody { referrer: side(self.referrer, patch.referrer), referee: side(self.referee, patch.referee) }
    }

    /// Checks all rewards.
    pub(super) fn read(
        &self,
        program: Option<Currency>,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
    ) -> Result<Slots, FieldError> {
        let mut slots = Slots::default();
        for (side, body) in [(Side::Referrer, &self.referrer), (Side::Referee, &self.referee)] {
            for (trigger, slot) in
                [(Trigger::Registration, &body.registration), (Trigger::FirstOrder, &body.first_order)]
            {
                let slot = slot.as_ref().map(|slot| slot.read(program, &command)).transpose();
                let slot = slot.map_err(|error| error.within(&format!("slots.{side}.{trigger}")))?;
                slots.replace(side, trigger, slot);
            }
        }
        Ok(slots)
    }
}

impl From<&Slots> for SlotsBody {
    fn from(slots: &Slots) -> SlotsBody {
        let slot = |side, trigger| slots.get(side, trigger).map(SlotBody::from);
        let side = |side| SideBody {
            registration: slot(side, Trigger::Registration),
            first_order: slot(side, Trigger::FirstOrder),
        };
        SlotsBody { referrer: side(Side::Referrer), referee: side(Side::Referee) }
    }
}
