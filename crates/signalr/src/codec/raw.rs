//! JSON text that is not parsed yet.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// One JSON value as its text, which is parsed only when somebody needs it.
///
/// It takes as much memory as on the wire; a parsed [`Value`] of the same text can take 80 times as much. The text was
/// checked to be JSON, however deeply nested; whether its texts and numbers are valid shows when it is parsed.
///
/// ```
/// use flux_signalr::codec::RawJson;
/// use serde_json::json;
///
/// let arguments = RawJson::from(vec![json!("Steve"), json!(3)]);
/// assert_eq!(arguments.as_str(), r#"["Steve",3]"#);
/// let (name, count): (String, u32) = arguments.parse()?;
/// assert_eq!((name.as_str(), count), ("Steve", 3));
/// assert_eq!(arguments.first::<String>()?, "Steve");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Parses the text. The arguments of a call are read into a tuple: `(T,)` for one, `[(); 0]` for none.
    ///
    /// # Errors
    ///
    /// The text is no `T`, or is nested more than 127 levels deep. The error may quote the text, so cut it before it is
    /// kept or logged.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    /// Parses the first item of a list, such as the only argument of a call. Further items are ignored.
    ///
    /// # Errors
    ///
    /// The text is no list that begins with a `T`; see [`parse`](Self::parse).
    pub fn first<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        self.parse::<First<T>>().map(|First(first)| first)
    }

    #[expect(clippy::expect_used, reason = "JSON values always serialize")]
    fn of(values: &impl Serialize) -> Self {
        Self(serde_json::value::to_raw_value(values).expect("JSON values serialize"))
    }
}

impl From<&RawValue> for RawJson {
    fn from(text: &RawValue) -> Self {
        Self(text.to_owned())
    }
}

impl From<Value> for RawJson {
    fn from(value: Value) -> Self {
        Self::of(&value)
    }
}

/// The arguments of a call.
impl From<Vec<Value>> for RawJson {
    fn from(values: Vec<Value>) -> Self {
        Self::of(&values)
    }
}

impl Default for RawJson {
    /// `null`.
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

/// Texts are compared, so `1.0` is not `1`.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// The first item of a list.
struct First<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FirstItem(PhantomData))
    }
}

struct FirstItem<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstItem<T> {
    type Value = First<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of at least one item")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<First<T>, A::Error> {
        let first = list.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(First(first))
    }
}
