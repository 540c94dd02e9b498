//! Validation errors that name the field of a request.

use flux_referral_rules::ValidationError;

/// An invalid or conflicting setting, with its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field, as a path such as `slots.referrer.firstOrder.benefit`.
    pub field: String,
    /// The description of the problem.
    pub message: String,
    /// The error code, if existing data is in conflict with the value.
    pub conflict: Option<&'static str>,
}

impl FieldError {
    /// An invalid value of a field.
    pub fn value(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into(), conflict: None }
    }

    /// A validation error of a field.
    pub fn of(field: impl Into<String>, invalid: &ValidationError) -> FieldError {
        FieldError { field: field.into(), message: invalid.to_string(), conflict: invalid.conflict_code() }
    }

    /// For `map_err`: attaches the field to a validation error.
    pub(super) fn at(field: &str) -> impl FnOnce(ValidationError) -> FieldError {
        move |invalid| FieldError::of(field, &invalid)
    }

    /// Prefixes the field with the path of its parent.
    #[must_use]
    pub(super) fn within(self, outer: &str) -> FieldError {
        FieldError { field: format!("{outer}.{}", self.field), ..self }
    }
}
