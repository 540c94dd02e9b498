use serde::de::DeserializeOwned;
use serde_json::Value;

/// The arguments of a call are not those that the method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the arguments do not fit in number or type")]
pub struct ArgumentsError;

/// Reads a call's arguments into a tuple: `let (name, count): (String, u32) = arguments(values)?`. A method with one
/// takes `(T,)`, one with none `[(); 0]`.
///
/// # Errors
/// More or fewer than wanted, or one of another type. Answer the call with an error; the connection stays.
pub fn arguments<T: DeserializeOwned>(values: Vec<Value>) -> Result<T, ArgumentsError> {
    serde_json::from_value(Value::Array(values)).map_err(|_| ArgumentsError)
}
