//! Every limit of the domain types.

/// Characters of a name that people read: a server's, a package's, a customer's, a key's.
pub const LABEL_CHARS: usize = 100;
/// Characters of an address: a server's, an e-mail's.
pub const ADDRESS_CHARS: usize = 254;
/// Characters of a code as a buyer typed it.
pub const TYPED_CODE_CHARS: usize = 100;
/// Characters of a checkout session's id at the payment provider.
pub const SESSION_ID_CHARS: usize = 128;
/// Characters of a customer's tier.
pub const TIER_CHARS: usize = 32;
/// Tiers of one store, as many as tiers can have rules.
pub const TIERS: usize = 100;
/// Letters of a currency (ISO 4217).
pub const CURRENCY_LETTERS: usize = 3;
/// The largest amount in minor units. Every JSON reader holds it exactly.
pub const AMOUNT: u64 = (1 << 53) - 1;
/// Command templates of one package.
pub const PACKAGE_TEMPLATES: usize = 50;
/// Servers that one template names.
pub const TEMPLATE_SERVERS: usize = 500;
/// Units of one package in one order.
pub const ITEM_QUANTITY: u32 = 1_000;
/// Commands that one order makes.
pub const ORDER_COMMANDS: usize = 1_000;
/// Inventory slots that a command may require.
pub const REQUIRED_SLOTS: u8 = 36;
/// The longest delay or expiry of a command: 366 days.
pub const WAIT_SECONDS: u32 = 366 * 24 * 60 * 60;
