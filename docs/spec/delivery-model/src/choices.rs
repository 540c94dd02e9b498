//! The kinds of values that an option takes.

/// A value of an option, written as a number.
pub trait OptionValue: Sized {
    /// The value with this number, if there is one.
    fn from_number(number: u8) -> Option<Self>;
}

impl OptionValue for u8 {
    fn from_number(number: u8) -> Option<u8> {
        Some(number)
    }
}

impl OptionValue for bool {
    fn from_number(number: u8) -> Option<bool> {
        (number < 2).then_some(number == 1)
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$choice_doc:meta])* $choice:ident = $number:literal,)+ })+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name { $($(#[$choice_doc])* $choice,)+ }

        impl OptionValue for $name {
            fn from_number(number: u8) -> Option<$name> {
                match number { $($number => Some($name::$choice),)+ _ => None }
            }
        }
    )+ };
}

choices! {
    /// A crash of the game and what it undoes.
    Rollback {
        /// Nothing.
        None = 0,
        /// The effect and the marker together.
        Together = 1,
        /// The effect, the marker, or both.
        Apart = 2,
    }

    /// The event after which an attempt counts as redelivered to other journals.
    RedeliveredAfter {
        /// Some journal has reported `delivered` for any attempt.
        Report = 0,
        /// The attempt was offered to another journal.
        Offer = 1,
    }

    /// The content of a `Revoke`.
    RevokeNames {
        /// The id.
        Id = 0,
        /// The id and the attempt.
        Attempt = 1,
        /// The id, the attempt and `redelivered`.
        Redelivered = 2,
    }

    /// The commands for which an open report is answered with a revoke.
    RevokeOfClosed {
        /// None.
        Never = 0,
        /// Everything that the store shows as closed.
        Closed = 1,
        /// Everything that the store shows as cancelled.
        Cancelled = 2,
    }

    /// The treatment of waiting rows in a journal that was put back.
    PutBackRows {
        /// They run.
        Run = 0,
        /// They are uncertain, and another journal may have sent them.
        UncertainElsewhere = 1,
        /// They are uncertain.
        Uncertain = 2,
    }
}
