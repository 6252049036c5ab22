//! Who the end user is, within what providers take.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::Request;
use crate::sigv4::hex;
use crate::translate::json::Spelled;

/// Longest name of an end user that servers of `OpenAI`'s dialects take, characters: `OpenAI` itself ("string too long.
/// Expected a string with maximum length 64", and so documented for `safety_identifier`, read 2026-11), others 128.
const OPENAIS_CHARS_MAX: usize = 64;

/// Longest `metadata.user_id`, characters (<https://docs.anthropic.com/en/api/messages>, read 2026-11).
pub(crate) const ANTHROPICS_CHARS_MAX: usize = 256;

impl<'a> Request<'a> {
    /// Who the end user is, for who has one name for it: best one that was made to be told.
    pub(crate) fn end_user(&self) -> Option<&Spelled<'a>> {
        self.safety_identifier.as_ref().or(self.user.as_ref())
    }

    /// What a server of `OpenAI`'s dialects is told of it, by member: only `OpenAI` itself has two.
    pub(crate) fn openais_users(
        &self,
        is_openai: bool,
    ) -> impl Iterator<Item = (&'static str, Cow<'_, Spelled<'a>>)> {
        let (user, identifier) = match is_openai {
            true => (self.user.as_ref(), self.safety_identifier.as_ref()),
            false => (self.end_user(), None),
        };
        let members = [("user", user), ("safety_identifier", identifier)];
        members
            .into_iter()
            .filter_map(|(member, name)| Some((member, fitted(name?, OPENAIS_CHARS_MAX))))
    }
}

/// The name as it is, or where it has more characters its SHA-256 in hexadecimal: 64 characters, and for the same user
/// the same each time. Coding agents that speak Anthropic's dialect have names of some 150.
pub(crate) fn fitted<'n, 'a>(name: &'n Spelled<'a>, chars_max: usize) -> Cow<'n, Spelled<'a>> {
    let plain = name.plain();
    if plain.chars().nth(chars_max).is_none() {
        return Cow::Borrowed(name);
    }
    Cow::Owned(Spelled::of_owned(&hex(&Sha256::digest(plain.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_is_told_by_its_hash_and_any_other_as_it_is() {
        for (length, is_kept) in [(0, true), (64, true), (65, false), (200, false)] {
            let name = Spelled::of_owned(&"é".repeat(length));
            let fitted = fitted(&name, OPENAIS_CHARS_MAX);
            assert_eq!(*fitted == name, is_kept, "{length}");
            assert!(fitted.plain().chars().count() <= OPENAIS_CHARS_MAX);
        }
        // The digest of "aaa…", 65 times, by sha256sum.
        let name = Spelled::of_owned(&"a".repeat(65));
        let told = fitted(&name, OPENAIS_CHARS_MAX);
        assert_eq!(told.plain(), DIGEST);
    }

    const DIGEST: &str = "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0";
}
