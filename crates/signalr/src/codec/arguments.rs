use serde::de::DeserializeOwned;
use serde_json::Value;

/// The arguments of a call do not match the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the arguments do not match the method in number or type")]
pub struct ArgumentsError;

/// Reads the arguments of a call into a tuple: `(T,)` for one argument, `[(); 0]` for none.
///
/// ```
/// use flux_signalr::codec::arguments;
/// use serde_json::json;
///
/// let (name, count): (String, u32) = arguments(vec![json!("Steve"), json!(3)])?;
/// assert_eq!((name.as_str(), count), ("Steve", 3));
/// # Ok::<(), flux_signalr::codec::ArgumentsError>(())
/// ```
///
/// # Errors
///
/// [`ArgumentsError`] if their number or a type does not match. Answer the call with an error; the connection stays.
pub fn arguments<T: DeserializeOwned>(values: Vec<Value>) -> Result<T, ArgumentsError> {
    serde_json::from_value(Value::Array(values)).map_err(|_| ArgumentsError)
}
