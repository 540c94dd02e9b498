//! Asking the game whether a player is alive.

use crate::answer::strip_formatting;

/// The line that the game passes if a player of exactly this name is alive; [`parse_living_test`] reads the answer.
///
/// The name is in quotes: without them the game's parser stops at a Bedrock prefix such as `*`.
pub fn living_test_line(name: &str) -> String {
    format!("execute if entity @e[type=player,name=\"{name}\"]")
}

/// True if the player is alive, false if not; `None` for any other text, as games before 1.13 write it.
///
/// Minecraft up to 1.21.11 writes `Test passed, count: 1`, 26.1 and later `Test passed. Count: 1`.
pub fn parse_living_test(answer: &str) -> Option<bool> {
    let text = strip_formatting(answer);
    let result = text.strip_prefix("Test ")?;
    if result.starts_with("passed") { Some(true) } else { result.starts_with("failed").then_some(false) }
}
