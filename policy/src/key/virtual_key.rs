//! Virtual keys: what they look like, and how to tell one from a provider's credential.
//!
//! ```text
//! sk-qh-k3v9x0a1b2c4-0aB…43 characters…9zDEFghi
//! ├────┘├──────────┘ ├─────────────────┘├────┘
//! │     │            │                  └ CRC-32 of everything before it, 6 base62 digits
//! │     │            └ 256 random bits as a big-endian number in base62, 43 digits
//! │     └ public id: 12 of a–z0–9
//! └ prefix
//! ```
//!
//! Base62 digits are `0–9A–Za–z`, most significant first, padded with `0`. The checksum tells a mistyped
//! or cut key from an unknown one, and lets secret scanners match without a false alarm; it protects nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A key as its holder presents it: a public id and a secret.
///
/// Neither shows the secret in `Debug`. Parsing is not constant-time: it looks only at the form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VirtualKey {
    id: KeyId,
    secret: [u8; SECRET_BYTES],
}

/// The public part of a virtual key: 12 of `a–z0–9`. It may be shown and logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; ID_DIGITS]);

impl VirtualKey {
    /// What every virtual key begins with. A credential that does is never passed on to a provider.
    pub const PREFIX: &'static str = "sk-qh-";

    /// Reads a whole key; `None` when the form or the checksum is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != KEY_CHARS || !text.is_ascii() {
            return None;
        }
        let (body, checksum) = text.split_at_checked(KEY_CHARS.checked_sub(CHECKSUM_DIGITS)?)?;
        let (id, secret) = body.strip_prefix(Self::PREFIX)?.split_once('-')?;
        let id = KeyId::parse(id)?;
        let secret = bytes_from_base62(secret)?;
        let key = Self { id, secret };
        (checksum_of(body) == checksum).then_some(key)
    }

    /// The key of an id and 256 random bits.
    #[must_use]
    pub const fn compose(id: KeyId, secret: [u8; SECRET_BYTES]) -> Self {
        Self { id, secret }
    }

    /// Whether a credential is meant as one of ours, well-formed or not.
    #[must_use]
    pub fn is_meant(credential: &str) -> bool {
        credential.starts_with(Self::PREFIX)
    }

    /// The public part.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The secret part: never to be stored or shown, only hashed.
    #[must_use]
    pub const fn secret(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }

    /// The whole key as its holder must present it. Shown once, at creation.
    #[must_use]
    pub fn expose(&self) -> String {
        let body = format!(
            "{}{}-{}",
            Self::PREFIX,
            self.id,
            base62_from_bytes(&self.secret)
        );
        let checksum = checksum_of(&body);
        body + &checksum
    }
}

impl fmt::Debug for VirtualKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtualKey({}{}-***)", Self::PREFIX, self.id)
    }
}

impl KeyId {
    /// Reads an id; `None` unless it is 12 of `a–z0–9`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; ID_DIGITS] = text.as_bytes().try_into().ok()?;
        digits
            .iter()
            .all(|d| d.is_ascii_lowercase() || d.is_ascii_digit())
            .then_some(Self(digits))
    }

    /// The id of a whole key whose form and checksum are right. Its secret is only looked at, which is much quicker than
    /// [`VirtualKey::parse`].
    #[must_use]
    pub fn of_key(text: &[u8]) -> Option<Self> {
        let (body, checksum) = text.split_last_chunk::<CHECKSUM_DIGITS>()?;
        let rest = body.strip_prefix(VirtualKey::PREFIX.as_bytes())?;
        let (id, secret) = rest.split_first_chunk::<ID_DIGITS>()?;
        let secret = secret.strip_prefix(b"-")?;
        let fits = secret.len() == SECRET_DIGITS && secret.iter().all(u8::is_ascii_alphanumeric);
        let id = Self::parse(std::str::from_utf8(id).ok()?)?;
        (fits && checksum_digits(body) == *checksum).then_some(id)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Always ASCII: parse() lets nothing else in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let expected = &"12 of a-z and 0-9";
        Self::parse(&text).ok_or_else(|| Error::invalid_value(Unexpected::Str(&text), expected))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// 43 digits, most significant first.
fn base62_from_bytes(bytes: &[u8; SECRET_BYTES]) -> String {
    let mut number = *bytes;
    let mut digits = [0_u8; SECRET_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = base62_digit(divide_by_62(&mut number));
    }
    digits.iter().copied().map(char::from).collect()
}

/// The inverse; `None` for a wrong length, a wrong digit, or a number beyond 256 bits.
fn bytes_from_base62(text: &str) -> Option<[u8; SECRET_BYTES]> {
    if text.len() != SECRET_DIGITS {
        return None;
    }
    text.bytes()
        .try_fold([0_u8; SECRET_BYTES], |number, digit| {
            multiply_by_62_and_add(number, base62_value(digit)?)
        })
}

/// Divides a big-endian number in place; gives the remainder.
fn divide_by_62(number: &mut [u8; SECRET_BYTES]) -> u8 {
    let mut remainder = 0_u16;
    for byte in number {
        // At most 61 × 256 + 255, so quotient and remainder fit a byte each.
        let dividend = remainder
            .saturating_mul(256)
            .saturating_add(u16::from(*byte));
        *byte = u8::try_from(dividend / BASE).unwrap_or(u8::MAX);
        remainder = dividend % BASE;
    }
    u8::try_from(remainder).unwrap_or(u8::MAX)
}

fn multiply_by_62_and_add(
    mut number: [u8; SECRET_BYTES],
    digit: u16,
) -> Option<[u8; SECRET_BYTES]> {
    let mut carry = digit;
    for byte in number.iter_mut().rev() {
        // At most 255 × 62 + 255, within 16 bits.
        let [high, low] = u16::from(*byte)
            .saturating_mul(BASE)
            .saturating_add(carry)
            .to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
    (carry == 0).then_some(number)
}

fn checksum_of(body: &str) -> String {
    let digits = checksum_digits(body.as_bytes());
    digits.iter().copied().map(char::from).collect()
}

/// CRC-32 (IEEE) as six base62 digits: 62⁶ is more than 2³².
fn checksum_digits(body: &[u8]) -> [u8; CHECKSUM_DIGITS] {
    let mut rest = crc32fast::hash(body);
    let mut digits = [0_u8; CHECKSUM_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = base62_digit(u8::try_from(rest % 62).unwrap_or(u8::MAX));
        rest /= 62;
    }
    digits
}

fn base62_digit(value: u8) -> u8 {
    BASE62.get(usize::from(value)).copied().unwrap_or(b'0')
}

fn base62_value(digit: u8) -> Option<u16> {
    let value = match digit {
        b'0'..=b'9' => digit.saturating_sub(b'0'),
        b'A'..=b'Z' => digit.saturating_sub(b'A').saturating_add(10),
        b'a'..=b'z' => digit.saturating_sub(b'a').saturating_add(36),
        _ => return None,
    };
    Some(u16::from(value))
}

const ID_DIGITS: usize = 12;
const SECRET_BYTES: usize = 32;
/// 62⁴³ is the first power of 62 above 2²⁵⁶.
const SECRET_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;
const KEY_CHARS: usize = VirtualKey::PREFIX.len() + ID_DIGITS + 1 + SECRET_DIGITS + CHECKSUM_DIGITS;
const BASE: u16 = 62;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(id: &str, secret: [u8; SECRET_BYTES]) -> VirtualKey {
        VirtualKey::compose(KeyId::parse(id).unwrap(), secret)
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let text = key("k3v9x0a1b2c4", [0; SECRET_BYTES]).expose();
        assert_eq!(text.len(), 68);
        assert!(
            text.starts_with(&format!("sk-qh-k3v9x0a1b2c4-{}", "0".repeat(43))),
            "{text}"
        );
    }

    #[test]
    fn a_provider_s_credential_is_no_virtual_key() {
        for credential in [
            "sk-proj-abc",
            "sk-ant-api03-x",
            "AIzaSyA",
            "",
            "sk-qh",
            "Bearer sk-qh-",
        ] {
            assert!(!VirtualKey::is_meant(credential), "{credential}");
            assert_eq!(VirtualKey::parse(credential), None, "{credential}");
        }
        assert!(VirtualKey::is_meant("sk-qh-"));
        assert_eq!(VirtualKey::parse("sk-qh-"), None);
    }

    #[test]
    fn a_secret_beyond_256_bits_is_refused() {
        let body = format!("sk-qh-k3v9x0a1b2c4-{}", "z".repeat(43));
        let checksum = checksum_of(&body);
        assert_eq!(VirtualKey::parse(&(body + &checksum)), None);
    }

    #[test]
    fn an_id_is_twelve_small_letters_or_digits() {
        for id in [
            "k3v9x0a1b2c",
            "k3v9x0a1b2c4d",
            "K3v9x0a1b2c4",
            "k3v9x0a1b2c-",
            "k3v9x0a1b2é",
        ] {
            assert_eq!(KeyId::parse(id), None, "{id}");
        }
    }

    #[test]
    fn the_secret_is_not_in_debug_output() {
        let key = key("k3v9x0a1b2c4", [7; SECRET_BYTES]);
        assert_eq!(format!("{key:?}"), "VirtualKey(sk-qh-k3v9x0a1b2c4-***)");
    }

    proptest! {
        #[test]
        fn a_key_reads_back_as_itself(id in "[a-z0-9]{12}", secret: [u8; SECRET_BYTES]) {
            let key = key(&id, secret);
            prop_assert_eq!(VirtualKey::parse(&key.expose()), Some(key));
        }

        #[test]
        fn one_wrong_character_is_noticed(secret: [u8; SECRET_BYTES], at in 0..68_usize, put in "[0-9A-Za-z-]") {
            let text = key("k3v9x0a1b2c4", secret).expose();
            let mut wrong = text.clone();
            wrong.replace_range(at..=at, &put);
            prop_assume!(wrong != text);
            prop_assert_eq!(VirtualKey::parse(&wrong), None);
        }

        #[test]
        fn any_text_is_refused_or_is_a_key_itself(text in "(sk-qh-)?.{0,80}") {
            prop_assert!(VirtualKey::parse(&text).is_none_or(|key| key.expose() == text));
        }
    }
}
