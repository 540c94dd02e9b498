//! The addresses of a mail's envelope.

use lettre::Address;
use lettre::address::AddressError;

/// An address as SMTP takes it: the domain in its ASCII form (IDNA), since servers without SMTPUTF8 take no other. The local
/// part stays as it is: nobody but its own server knows another form of it.
///
/// # Errors
/// The text is no address.
pub(super) fn smtp_address(text: &str) -> Result<Address, AddressError> {
    let (local, domain) = text.trim().rsplit_once('@').ok_or(AddressError::MissingParts)?;
    if domain.is_ascii() {
        return Address::new(local, domain);
    }
    Address::new(local, idna::domain_to_ascii(domain).map_err(|_| AddressError::InvalidDomain)?)
}

/// True if only a server with SMTPUTF8 (RFC 6531) takes this address.
pub(super) fn needs_smtputf8(address: &Address) -> bool {
    !address.user().is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_go_out_in_ascii_and_local_parts_as_they_are() {
        for (text, sent) in [
            ("a@example.com", "a@example.com"),
            (" a@example.com ", "a@example.com"),
            ("a@bücher.example", "a@xn--bcher-kva.example"),
            ("A.b+c@BÜCHER.Example", "A.b+c@xn--bcher-kva.example"),
            ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
            ("jürgen@example.com", "jürgen@example.com"),
            ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
        ] {
            assert_eq!(smtp_address(text).map(|address| address.to_string()), Ok(sent.to_owned()), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_address_is_refused() {
        for text in ["", "a", "@example.com", "a@", "a@b c", "a@b,c@d", "a@exa\u{0}mple.com", "a b@c.de"] {
            assert!(smtp_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_local_part_can_need_smtputf8() {
        for (text, needs) in
            [("a@bücher.example", false), ("jürgen@example.com", true), ("jürgen@bücher.example", true)]
        {
            assert_eq!(smtp_address(text).map(|address| needs_smtputf8(&address)), Ok(needs), "{text}");
        }
    }
}
