use flux_referral_rules::ValidationError;

/// A setting that the rules refuse, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Which, as a path such as `slots.referrer.firstOrder.benefit`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// The reason in one word, where what stands already is in the way.
    pub conflict: Option<&'static str>,
}

impl FieldError {
    /// A value that cannot stand.
    pub fn value(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into(), conflict: None }
    }

    /// What the rules say of a field.
    pub fn of(field: impl Into<String>, invalid: &ValidationError) -> FieldError {
        let conflict = match invalid {
            ValidationError::NameTaken => Some("name_taken"),
            ValidationError::TierTaken => Some("tier_taken"),
            ValidationError::SlotTaken => Some("slot_taken"),
            ValidationError::GlobalRule => Some("global_rule"),
            _ => None,
        };
        FieldError { field: field.into(), message: invalid.to_string(), conflict }
    }

    /// For `map_err`: what the rules say of this field.
    pub(super) fn at(field: &str) -> impl FnOnce(ValidationError) -> FieldError {
        move |invalid| FieldError::of(field, &invalid)
    }

    /// The same seen from further out.
    #[must_use]
    pub(super) fn within(self, outer: &str) -> FieldError {
        FieldError { field: format!("{outer}.{}", self.field), ..self }
    }
}
