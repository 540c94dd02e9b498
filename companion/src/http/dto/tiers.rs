//! The list of tiers in JSON.

use crate::services::ServiceError;
use flux_rest::values::{Label, Tier};
use flux_rest::{Checked, objects};
use flux_shop::{NamedTier, TierList};
use serde::{Deserialize, Serialize};

/// The store's tiers, in their order: at most 100.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TierList)]
pub(crate) struct TierListJson {
    /// The tiers.
    #[serde(deserialize_with = "objects")]
    tiers: Vec<NamedTierJson>,
}

/// A tier with its name.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NamedTier)]
struct NamedTierJson {
    /// The id, which customers and rules name; not `all`.
    id: Tier,
    /// The name that people read.
    name: Label,
}

impl TierListJson {
    /// # Errors
    /// 422 for an id twice, for `all` and for too many tiers.
    pub(crate) fn into_list(self) -> Result<TierList, ServiceError> {
        let tiers = self.tiers.into_iter().map(|tier| NamedTier { id: tier.id.0, name: tier.name.0 });
        TierList::new(tiers.collect()).map_err(|wrong| {
            let field = wrong.index.map_or_else(|| "tiers".to_owned(), |index| format!("tiers[{index}].id"));
            ServiceError::invalid(field, wrong.message)
        })
    }
}

impl From<&TierList> for TierListJson {
    fn from(list: &TierList) -> TierListJson {
        let tier = |tier: &NamedTier| NamedTierJson { id: Checked(tier.id.clone()), name: Checked(tier.name.clone()) };
        TierListJson { tiers: list.iter().map(tier).collect() }
    }
}
