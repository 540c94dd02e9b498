//! Players' UUIDs, read with or without dashes.

use std::fmt;

/// A player's UUID. `Display` writes it with dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(u128);

impl Uuid {
    /// A placeholder for the UUID that the player's join will supply, for checking a line before the join.
    pub(crate) const NIL: Uuid = Uuid(0);

    /// Reads 32 hexadecimal digits, without dashes or with the usual four.
    pub fn parse(text: &str) -> Option<Uuid> {
        let digits: String = match text.len() {
            32 => text.to_owned(),
            36 if [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-') => text.replace('-', ""),
            _ => return None,
        };
        let hexadecimal = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u128::from_str_radix(&digits, 16).ok().map(Uuid)).flatten()
    }

    /// True if a Microsoft account has this UUID: those are random (version 4). Offline mode derives UUIDs from names
    /// (version 3), Floodgate from Xbox ids (version 0).
    pub(crate) fn is_of_an_account(self) -> bool {
        (self.0 >> 76) & 0xF == 4
    }

    /// The 32 digits without dashes, for the placeholder `{id}`.
    pub fn simple(self) -> String {
        format!("{:032x}", self.0)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.simple();
        write!(f, "{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_is_parsed_with_and_without_dashes() {
        let dashed = "069a79f4-44e9-4726-a5be-fca90e38aaf5";
        let uuid = Uuid::parse(dashed).unwrap();
        assert_eq!(uuid.to_string(), dashed);
        assert_eq!(Uuid::parse(&uuid.simple()), Some(uuid));
        assert_eq!(Uuid::parse(&dashed.to_uppercase()), Some(uuid));
        for bad in [
            "",
            "069a79f4",
            "069a79f44e9-44726-a5be-fca90e38aaf5",
            "069a79f44-4e9-4726-a5be-fca90e38aaf5",
            "069a79f4-44e9-4726-a5befca-90e38aaf5",
            "+69a79f444e94726a5befca90e38aaf5",
            "069a79f4-44e9-4726-a5be-fca90e38aafé",
        ] {
            assert_eq!(Uuid::parse(bad), None, "{bad}");
        }
    }
}
