//! The spellings of a model's name under which its price may stand.

/// The name as it stands, then without what surrounds it, then without its snapshot; at most three, all
/// parts of `model` itself.
pub(super) fn spellings(model: &str) -> impl Iterator<Item = &str> {
    let bare = without_tuning(model.strip_prefix("models/").unwrap_or(model));
    let family = without_snapshot(bare);
    let bare = (bare != model).then_some(bare);
    [Some(model), bare, family].into_iter().flatten()
}

/// `ft:gpt-4o-mini-2024-07-18:org:name:id` → `ft:gpt-4o-mini-2024-07-18`: fine-tunes are priced by their base.
fn without_tuning(name: &str) -> &str {
    let Some(base) = name.strip_prefix("ft:") else {
        return name;
    };
    let owner_len = base
        .split_once(':')
        .map_or(0, |(_, owner)| owner.len().saturating_add(1));
    let end = name.len().saturating_sub(owner_len);
    name.get(..end).unwrap_or(name)
}

/// The model's family, if the name ends in a snapshot: `-2024-07-18`, `-20250929`, `@20250929`, `-001`,
/// `-latest`, `@latest`, `@default`.
///
/// Only these: anything else at the end of a name may be another model at another price.
fn without_snapshot(name: &str) -> Option<&str> {
    let (family, last) = name.rsplit_once(['-', '@'])?;
    let family = match last.as_bytes() {
        b"latest" | b"default" => family,
        digits if !digits.iter().all(u8::is_ascii_digit) => return None,
        [_, _, _] | [_, _, _, _, _, _, _, _] => family,
        [_, _] => without_year_and_month(family)?,
        _ => return None,
    };
    (!family.is_empty()).then_some(family)
}

fn without_year_and_month(name: &str) -> Option<&str> {
    let (name, month) = name.rsplit_once('-')?;
    let (family, year) = name.rsplit_once('-')?;
    let digits = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    (digits(month, 2) && digits(year, 4)).then_some(family)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_loses_only_its_surroundings_and_its_snapshot() {
        for (name, expected) in [
            ("gpt-4o", vec!["gpt-4o"]),
            (
                "gpt-4o-mini-2024-07-18",
                vec!["gpt-4o-mini-2024-07-18", "gpt-4o-mini"],
            ),
            (
                "claude-sonnet-4-5-20250929",
                vec!["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"],
            ),
            (
                "claude-sonnet-4-5@20250929",
                vec!["claude-sonnet-4-5@20250929", "claude-sonnet-4-5"],
            ),
            (
                "claude-opus-4-1@default",
                vec!["claude-opus-4-1@default", "claude-opus-4-1"],
            ),
            ("gpt-5-chat-latest", vec!["gpt-5-chat-latest", "gpt-5-chat"]),
            (
                "models/gemini-2.5-pro",
                vec!["models/gemini-2.5-pro", "gemini-2.5-pro"],
            ),
            (
                "models/gemini-2.0-flash-001",
                vec![
                    "models/gemini-2.0-flash-001",
                    "gemini-2.0-flash-001",
                    "gemini-2.0-flash",
                ],
            ),
            (
                "ft:gpt-4o-mini-2024-07-18:org::AbC1",
                vec![
                    "ft:gpt-4o-mini-2024-07-18:org::AbC1",
                    "ft:gpt-4o-mini-2024-07-18",
                    "ft:gpt-4o-mini",
                ],
            ),
            ("gpt-4o-audio-preview", vec!["gpt-4o-audio-preview"]),
            ("gpt-4-0613", vec!["gpt-4-0613"]),
            ("claude-opus-4-5", vec!["claude-opus-4-5"]),
            (
                "gemini-2.5-flash-preview-05-20",
                vec!["gemini-2.5-flash-preview-05-20"],
            ),
            ("-latest", vec!["-latest"]),
            ("", vec![""]),
        ] {
            assert_eq!(spellings(name).collect::<Vec<_>>(), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_has_at_most_three_spellings(name in "(models/|ft:)?.{0,20}(-2024-07-18|@latest|:é:)?") {
            prop_assert!(spellings(&name).count() <= 3);
        }
    }
}
