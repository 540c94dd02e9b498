//! Command templates of packages, and of commands that a person makes by hand.

use flux_protocol::template::{TemplateFault, check_template, template_warnings};
use std::fmt;

/// The placeholders of a package's command besides those of the player. `{price}` is the price of one unit in minor units, and
/// `{package}` the package's id: a value of a command has no blanks and no currency.
const OF_PACKAGE: &[&str] = &["quantity", "package", "price", "order"];

macro_rules! template {
    ($(#[$doc:meta])* $name:ident, $known:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// A stored template. It was checked when it came in and stays readable if the rule has become stricter.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// Sentences about what is sent as it is, although it looks like a placeholder.
            pub fn warnings(&self) -> Vec<String> {
                template_warnings(&self.0, $known)
            }

            /// The template as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TemplateFault;

            fn try_from(text: String) -> Result<Self, TemplateFault> {
                check_template(&text, $known).map(|text| Self(text.to_owned()))
            }
        }

        impl From<$name> for String {
            fn from(template: $name) -> String {
                template.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

template! {
    /// The template of a package's command.
    Template, OF_PACKAGE
}
template! {
    /// The template of a command that a person makes by hand: only the player's placeholders are filled in.
    ManualTemplate, &[]
}
