//! The spellings of a model's name under which its price may stand.

/// Most spellings of one name.
const SPELLINGS: usize = 7;

/// The name as it stands, then without what surrounds it, then without its snapshot; all of them parts of
/// `model` itself, each once.
///
/// | step | takes away |
/// |---|---|
/// | path | `models/`, `publishers/google/models/`, `accounts/fireworks/models/`, an ARN up to its last `/` |
/// | tuning | what stands behind the base of `ft:` names |
/// | route | OpenRouter's `:nitro`, `:floor`, `:online`, `:exacto`, which only choose who serves |
/// | region | Bedrock's `us.`, `eu.`, `global.`, … |
/// | version | Bedrock's `-v1:0`, `:0` |
/// | snapshot | `-2024-07-18`, `-20250929`, `@20250929`, `-001`, `-latest`, `@latest`, `@default` |
pub(crate) fn spellings(model: &str) -> impl Iterator<Item = &str> {
    let path = without_path(model);
    let tuning = without_tuning(path);
    let route = without_route(tuning);
    let region = without_region(route);
    let version = without_version(region);
    let snapshot = without_snapshot(version).unwrap_or(version);
    let steps: [&str; SPELLINGS] = [model, path, tuning, route, region, version, snapshot];
    let mut last = None;
    steps
        .into_iter()
        .filter(move |name| last.replace(*name) != Some(*name))
}

/// `publishers/google/models/gemini-2.5-pro` → `gemini-2.5-pro`; Vertex' `google/gemini-2.5-pro` likewise.
fn without_path(model: &str) -> &str {
    if model.starts_with("arn:") {
        return model.rsplit_once('/').map_or(model, |(_, name)| name);
    }
    let rooted = ["models/", "publishers/", "accounts/", "projects/"];
    if rooted.iter().any(|root| model.starts_with(root)) {
        return model.rsplit_once('/').map_or(model, |(_, name)| name);
    }
    model.strip_prefix("google/").unwrap_or(model)
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

fn without_route(name: &str) -> &str {
    [":nitro", ":floor", ":online", ":exacto"]
        .iter()
        .find_map(|route| name.strip_suffix(route))
        .unwrap_or(name)
}

/// `us.anthropic.claude-opus-4-1-20250805-v1:0` → `anthropic.claude-…`: inference profiles of a region.
fn without_region(name: &str) -> &str {
    let Some((region, rest)) = name.split_once('.') else {
        return name;
    };
    if REGIONS.contains(&region) {
        rest
    } else {
        name
    }
}

/// What Bedrock's inference profiles begin with (read 2026-11).
const REGIONS: [&str; 10] = [
    "us", "eu", "apac", "global", "us-gov", "jp", "au", "ca", "sa", "uk",
];

/// `amazon.nova-lite-v1:0` → `amazon.nova-lite`, `anthropic.claude-opus-4-6-v1` → `anthropic.claude-opus-4-6`.
fn without_version(name: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unrevised = match name.rsplit_once(':') {
        Some((name, revision)) if digits(revision) => name,
        _ => name,
    };
    match unrevised.rsplit_once("-v") {
        Some((family, version)) if family.contains('.') && digits(version) => family,
        _ => unrevised,
    }
}

/// The model's family, if the name ends in a snapshot.
///
/// Only the listed ones: anything else at the end of a name may be another model at another price.
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
        for (name, shorter) in [
            ("gpt-4o", &[][..]),
            ("gpt-4o-mini-2024-07-18", &["gpt-4o-mini"]),
            ("claude-sonnet-4-5-20250929", &["claude-sonnet-4-5"]),
            ("claude-sonnet-4-5@20250929", &["claude-sonnet-4-5"]),
            ("claude-opus-4-1@default", &["claude-opus-4-1"]),
            ("gpt-5-chat-latest", &["gpt-5-chat"]),
            ("models/gemini-2.5-pro", &["gemini-2.5-pro"]),
            (
                "models/gemini-2.0-flash-001",
                &["gemini-2.0-flash-001", "gemini-2.0-flash"],
            ),
            (
                "publishers/anthropic/models/claude-sonnet-4-5@20250929",
                &["claude-sonnet-4-5@20250929", "claude-sonnet-4-5"],
            ),
            ("google/gemini-2.5-flash", &["gemini-2.5-flash"]),
            ("accounts/fireworks/models/glm-5p1", &["glm-5p1"]),
            (
                "ft:gpt-4o-mini-2024-07-18:org::AbC1",
                &["ft:gpt-4o-mini-2024-07-18", "ft:gpt-4o-mini"],
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0",
                &[
                    "us.anthropic.claude-opus-4-1-20250805-v1:0",
                    "anthropic.claude-opus-4-1-20250805-v1:0",
                    "anthropic.claude-opus-4-1-20250805",
                    "anthropic.claude-opus-4-1",
                ],
            ),
            (
                "us.amazon.nova-lite-v1:0",
                &["amazon.nova-lite-v1:0", "amazon.nova-lite"],
            ),
            (
                "anthropic/claude-haiku-4.5:nitro",
                &["anthropic/claude-haiku-4.5"],
            ),
            (
                "anthropic/claude-4.5-haiku-20251001",
                &["anthropic/claude-4.5-haiku"],
            ),
            ("gpt-4o-audio-preview", &[]),
            ("gpt-4-0613", &[]),
            ("claude-opus-4-5", &[]),
            ("qwen3-coder:480b-cloud", &[]),
            ("minimax/minimax-m2:free", &[]),
            ("gpt-4.1", &[]),
            ("deepseek-v3", &[]),
            ("gemini-2.5-flash-preview-05-20", &[]),
            ("-latest", &[]),
            ("", &[]),
        ] {
            let expected: Vec<&str> = std::iter::once(name)
                .chain(shorter.iter().copied())
                .collect();
            assert_eq!(spellings(name).collect::<Vec<_>>(), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_has_at_most_seven_spellings(
            name in "(models/|ft:|us\\.|arn:aws/)?.{0,20}(-2024-07-18|@latest|:é:|-v1:0)?"
        ) {
            prop_assert!(spellings(&name).count() <= SPELLINGS);
        }
    }
}
