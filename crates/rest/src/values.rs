//! Value types of the domain in JSON: [`Checked`] texts and numbers, and the [`Word`] of an enum. Each alias is the field
//! type of a body; the value inside is the domain's.

use flux_shop::StringEnum;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::ops::Deref;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A value type that JSON holds as a text or as a number.
pub trait ApiValue: Sized + Clone {
    /// The value's type in JSON.
    type Json: DeserializeOwned + Serialize;
    /// The name of its schema.
    const NAME: &'static str;
    /// The description of its schema, if it has one.
    const DESCRIPTION: Option<&'static str>;

    /// Checks a value.
    ///
    /// # Errors
    /// The rule that the value breaks.
    fn from_json(json: Self::Json) -> Result<Self, String>;

    /// The value for JSON.
    fn to_json(&self) -> Self::Json;

    /// The schema without name and description.
    fn object() -> ObjectBuilder;
}

/// A value of the domain that is checked when it is read from JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked<T>(pub T);

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Into<String>> From<Checked<T>> for String {
    fn from(value: Checked<T>) -> String {
        value.0.into()
    }
}

impl<T: ApiValue> Serialize for Checked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_json().serialize(serializer)
    }
}

impl<'de, T: ApiValue> Deserialize<'de> for Checked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::from_json(T::Json::deserialize(deserializer)?).map(Checked).map_err(D::Error::custom)
    }
}

impl<T: ApiValue> PartialSchema for Checked<T> {
    fn schema() -> RefOr<Schema> {
        T::object().description(T::DESCRIPTION).into()
    }
}

impl<T: ApiValue> ToSchema for Checked<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

/// An enum of the domain that JSON holds as a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Word<T>(pub T);

/// An enum with a schema.
pub trait ApiEnum: StringEnum {
    /// The name of its schema.
    const NAME: &'static str;
    /// The description of its schema.
    const DESCRIPTION: &'static str;
}

impl<T: StringEnum> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, T: StringEnum> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|value| value.word() == text);
        found.map(|value| Word(*value)).ok_or_else(|| D::Error::unknown_variant(&text, T::WORDS))
    }
}

impl<T: ApiEnum> PartialSchema for Word<T> {
    fn schema() -> RefOr<Schema> {
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(T::WORDS.iter().copied()));
        words.description(Some(T::DESCRIPTION)).into()
    }
}

impl<T: ApiEnum> ToSchema for Word<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

/// Gives text types of the domain their schemas and aliases.
macro_rules! texts {
    ($($name:ident = $description:literal)+) => { $(
        #[doc = $description]
        pub type $name = Checked<flux_shop::$name>;

        impl ApiValue for flux_shop::$name {
            type Json = String;
            const NAME: &'static str = stringify!($name);
            const DESCRIPTION: Option<&'static str> = Some($description);

            fn from_json(json: String) -> Result<Self, String> {
                flux_shop::$name::try_from(json).map_err(|wrong| wrong.to_string())
            }

            fn to_json(&self) -> String {
                self.as_str().to_owned()
            }

            fn object() -> ObjectBuilder {
                ObjectBuilder::new().schema_type(Type::String)
            }
        }
    )+ };
}

texts! {
    Label = "A name for people: 1 to 100 characters, none of them a control character."
    Address = "A game server's address: 1 to 254 visible ASCII characters."
    Email = "An e-mail address as somebody typed it, with surrounding spaces: an order is not refused for it. 1 to 254 bytes."
    PackageId = "A package's id: 1 to 64 of `[A-Za-z0-9_-]`."
    CustomerId = "A customer's id at the storefront: 1 to 64 of `[A-Za-z0-9_-]`."
    Code = "A referral code as the buyer typed it, up to 100 characters. A wrong one never refuses an order (R0-20)."
    RefundId = "A refund's id at the payment provider: 1 to 64 of `[A-Za-z0-9_-]`."
    SessionId = "A checkout session's id at the payment provider: 1 to 128 of `[A-Za-z0-9_-]`."
    Tier = "A customer's tier: 1 to 32 of `[a-z0-9_-]`."
    Currency = "A currency: three upper-case letters (ISO 4217)."
    PlayerName = "A player's name: `[.*+-]?[A-Za-z0-9_]{1,16}`. The agent checks it again by its own config."
    PlayerUuid = "A player's UUID, with or without dashes."
    Template = "A command template of a package: one line of 1 to 1,300 bytes. Its placeholders are `{player}`, `{username}`, `{uuid}`, `{id}` (the UUID without dashes), `{quantity}`, `{package}` (its id), `{price}` (of one unit, in minor units) and `{order}`."
    ManualTemplate = "A command template: one line of 1 to 1,300 bytes. Its placeholders are `{player}`, `{username}`, `{uuid}` and `{id}`."
}

/// Gives number types of the domain their schemas and aliases.
macro_rules! numbers {
    ($($name:ident = $description:literal)+) => { $(
        #[doc = $description]
        pub type $name = Checked<flux_shop::$name>;

        impl ApiValue for flux_shop::$name {
            type Json = i64;
            const NAME: &'static str = stringify!($name);
            const DESCRIPTION: Option<&'static str> = None;

            fn from_json(json: i64) -> Result<Self, String> {
                flux_shop::$name::try_from(json)
            }

            fn to_json(&self) -> i64 {
                (*self).into()
            }

            fn object() -> ObjectBuilder {
                let (least, most) = flux_shop::$name::range();
                ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
            }
        }
    )+ };
}

numbers! {
    Amount = "An amount of money in the currency's minor units (cents): 0 to 2^53 − 1."
    Quantity = "A number of units of one package: 1 to 1,000."
    DelaySeconds = "A delay in seconds: 0 to 366 days."
    ExpirySeconds = "The time until a command expires, in seconds: 1 to 366 days."
    Slots = "Free inventory slots: 0 to 36."
}

/// Gives enums of the domain their schemas and aliases.
macro_rules! enums {
    ($($name:ident = $description:literal)+) => { $(
        #[doc = $description]
        pub type $name = Word<flux_shop::$name>;

        impl ApiEnum for flux_shop::$name {
            const NAME: &'static str = stringify!($name);
            const DESCRIPTION: &'static str = $description;
        }
    )+ };
}

enums! {
    OrderStatus = "The last status that the storefront gave an order."
    PutStatus = "The status of an order in a PUT."
    Trigger = "The event of an order that creates a package's command."
    MailStatus = "What has become of a mail: it waits for its first try, was put off after a failure, was sent, was given up, or was skipped, because it is from before mails were set up or was too old when the companion started."
    RetryAs = "The text that a retry sends: the command as it was sold, or the package's command as it is now."
    Delivery = "Whether commands that belong together have run. Derived from them, never stored."
}
