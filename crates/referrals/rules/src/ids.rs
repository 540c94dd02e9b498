//! Id types.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id without checks. The HTTP layer checks its characters.
            pub fn new(text: impl Into<String>) -> $name {
                $name(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A customer, by the storefront's id.
    CustomerId
}
id! {
    /// The id of an attribution.
    AttributionId
}
id! {
    /// The id of a rule.
    RuleId
}
id! {
    /// The id of a customer's link.
    LinkId
}
