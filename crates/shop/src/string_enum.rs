//! Enums whose variants have a text each, for JSON, the database and the command line.

/// An enum whose variants have a text each.
pub trait StringEnum: Copy + Sized + 'static {
    /// All variants, in their order.
    const ALL: &'static [Self];
    /// The texts of [`Self::ALL`].
    const WORDS: &'static [&'static str];

    /// The variant's text.
    fn word(self) -> &'static str;
}

/// A text that belongs to no variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord;

/// Defines an enum with a text for each variant: `as_str`, `FromStr` and [`StringEnum`].
macro_rules! string_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// The variant's text in JSON and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl $crate::StringEnum for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
            const WORDS: &'static [&'static str] = &[$($word,)+];

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownWord),
                }
            }
        }
    };
}
