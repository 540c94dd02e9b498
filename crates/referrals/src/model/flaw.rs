use flux_referral_rules::Invalid;

/// A setting that the rules refuse, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Which, as a path such as `slots.referrer.firstOrder.benefit`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// The reason in one word, where what stands already is in the way.
    pub conflict: Option<&'static str>,
}

impl Flaw {
    /// A value that cannot stand.
    pub fn value(field: impl Into<String>, message: impl Into<String>) -> Flaw {
        Flaw { field: field.into(), message: message.into(), conflict: None }
    }

    /// What the rules say of a field.
    pub fn of(field: impl Into<String>, invalid: &Invalid) -> Flaw {
        let conflict = match invalid {
            Invalid::NameTaken => Some("name_taken"),
            Invalid::TierTaken => Some("tier_taken"),
            Invalid::SlotTaken => Some("slot_taken"),
            Invalid::GlobalRule => Some("global_rule"),
            _ => None,
        };
        Flaw { field: field.into(), message: invalid.to_string(), conflict }
    }

    /// For `map_err`: what the rules say of this field.
    pub(super) fn at(field: &str) -> impl FnOnce(Invalid) -> Flaw {
        move |invalid| Flaw::of(field, &invalid)
    }

    /// The same seen from further out.
    #[must_use]
    pub(super) fn within(self, outer: &str) -> Flaw {
        Flaw { field: format!("{outer}.{}", self.field), ..self }
    }
}
