//! Domain types as columns. Values were checked when they came in and are not checked again: a rule that has become
//! stricter does not make a stored row unreadable.

use crate::{Column, Param, Value};
use flux_protocol::{CommandId, JournalId, OrderId, SecretHash, ServerId};
use flux_shop::{
    Address, Amount, Code, Currency, CustomerId, Email, GrantId, Label, MailStatus, OrderStatus, PackageId, PlayerName,
    PlayerUuid, Role, SessionId, Tier, Trigger,
};

macro_rules! texts {
    ($($text:ty)+) => { $(
        impl Param for $text {
            fn value(&self) -> Value<'_> {
                Value::Text(self.as_str())
            }
        }
    )+ };
}

/// Texts that were checked when they came in.
macro_rules! stored_texts {
    ($($text:ty)+) => { texts!($($text)+); $(
        impl Column for $text {
            fn from_value(value: Value<'_>) -> Option<$text> {
                String::from_value(value).map(<$text>::from_stored)
            }
        }
    )+ };
}

/// Texts whose rule never changes: ids of the contract with the agents, and texts of enums.
macro_rules! parsed_texts {
    ($($text:ty)+) => { texts!($($text)+); $(
        impl Column for $text {
            fn from_value(value: Value<'_>) -> Option<$text> {
                String::from_value(value)?.parse().ok()
            }
        }
    )+ };
}

stored_texts!(Address Code Currency CustomerId Email Label PackageId PlayerName PlayerUuid SessionId Tier);
parsed_texts!(CommandId GrantId JournalId MailStatus OrderId OrderStatus Role ServerId Trigger);

impl Param for SecretHash {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self.as_bytes())
    }
}

impl Column for SecretHash {
    fn from_value(value: Value<'_>) -> Option<SecretHash> {
        SecretHash::from_bytes(&Vec::from_value(value)?)
    }
}

impl Param for Amount {
    fn value(&self) -> Value<'_> {
        Value::Integer((*self).into())
    }
}

impl Column for Amount {
    fn from_value(value: Value<'_>) -> Option<Amount> {
        u64::try_from(i64::from_value(value)?).ok().map(Amount::from_stored)
    }
}
