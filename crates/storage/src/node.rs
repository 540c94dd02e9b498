//! The id of a serving process.

use crate::{Column, Param, Value};

/// The id of a serving process: random, and another one at each start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeId(String);

impl NodeId {
    /// An id that was just drawn.
    pub fn new(id: String) -> NodeId {
        NodeId(id)
    }
}

impl Param for NodeId {
    fn value(&self) -> Value<'_> {
        Value::Text(&self.0)
    }
}

impl Column for NodeId {
    fn from_value(value: Value<'_>) -> Option<NodeId> {
        String::from_value(value).map(NodeId)
    }
}
