//! The list of tiers: those that the store knows, in their order.

use crate::{Label, Tier, limits};

/// The word for all tiers, which is no tier's id.
const ALL_TIERS: &str = "all";

/// A tier with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTier {
    /// The id, which customers and rules name.
    pub id: Tier,
    /// The name that people read.
    pub name: Label,
}

/// The store's tiers in their order: no id twice, and at most [`limits::TIERS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TierList(Vec<NamedTier>);

/// A list that cannot be one: the place of the wrong tier, if one is wrong, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierListError {
    /// The index of the wrong tier; none if the list is too long.
    pub index: Option<usize>,
    /// The reason.
    pub message: String,
}

impl TierList {
    /// Checks a list.
    pub fn new(tiers: Vec<NamedTier>) -> Result<TierList, TierListError> {
        if tiers.len() > limits::TIERS {
            return Err(TierListError { index: None, message: format!("must be at most {} tiers", limits::TIERS) });
        }
        for (index, tier) in tiers.iter().enumerate() {
            let wrong = |message: &str| Err(TierListError { index: Some(index), message: message.to_owned() });
            if tier.id.as_str() == ALL_TIERS {
                return wrong("means every tier: choose another id");
            }
            if tiers[..index].iter().any(|other| other.id == tier.id) {
                return wrong("is the id of an earlier tier");
            }
        }
        Ok(TierList(tiers))
    }

    /// A stored list. It was checked when it came in.
    pub fn from_stored(tiers: Vec<NamedTier>) -> TierList {
        TierList(tiers)
    }

    /// The tiers in their order.
    pub fn iter(&self) -> impl Iterator<Item = &NamedTier> {
        self.0.iter()
    }

    /// True if the list has a tier with this id.
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|tier| tier.id.as_str() == id)
    }
}

/// The warning about a tier that is not in the list.
pub fn unlisted_tier(id: &str) -> String {
    format!("the tier {id} is not in the list of tiers: correct it, or add it with PUT /tiers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(ids: &[&str]) -> Vec<NamedTier> {
        let tier = |id: &&str| NamedTier { id: id.parse().unwrap(), name: id.parse().unwrap() };
        ids.iter().map(tier).collect()
    }

    #[test]
    fn list_has_each_id_once_and_not_all() {
        let many: Vec<String> = (0..=limits::TIERS).map(|number| format!("t{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (ids, wrong) in [
            (&[][..], None),
            (&["bronze", "gold"], None),
            (&many[1..], None),
            (&["bronze", "bronze"], Some(Some(1))),
            (&["bronze", "all"], Some(Some(1))),
            (&many, Some(None)),
        ] {
            assert_eq!(TierList::new(tiers(ids)).err().map(|error| error.index), wrong, "{ids:?}");
        }
        assert!(TierList::new(tiers(&["bronze"])).is_ok_and(|list| list.has("bronze") && !list.has("glod")));
    }
}
