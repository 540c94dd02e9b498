use crate::CommandId;
use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// Derives a command's id from its purpose, so that a restored database makes the same id again (rule 10).
///
/// The id is `cmd_` and 26 characters of the base32 (RFC 4648, lower case) of SHA-256 over the parts joined by `|`. The parts
/// are, for an order: order id, package, command index, unit, server id; for a reward: grant id, command index, server id.
pub fn derived_command_id(parts: &[&str]) -> CommandId {
    let digest = Sha256::digest(parts.join("|"));
    let text = BASE32_NOPAD.encode(&digest).to_ascii_lowercase();
    #[expect(clippy::expect_used, reason = "30 characters of a-z 2-7 and _ are an id")]
    format!("cmd_{}", &text[..26]).parse().expect("base32 is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_10_same_parts_give_the_same_id() {
        let id = derived_command_id(&["order_1", "vip", "0", "1", "srv_abc"]);
        assert_eq!(id.as_str().len(), 30);
        assert_eq!(id, derived_command_id(&["order_1", "vip", "0", "1", "srv_abc"]));
        assert_ne!(id, derived_command_id(&["order_1", "vip", "0", "2", "srv_abc"]));
        assert_ne!(id, derived_command_id(&["order_1", "vip", "1", "1", "srv_abc"]));
    }
}
