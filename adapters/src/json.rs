//! The little JSON that we write.

use crate::scan::plain_run;

/// Adds `text` to `json` as the inside of a JSON string.
pub(crate) fn escape(text: &str, json: &mut String) {
    let mut rest = text;
    // Runs without escapes are copied whole: most texts are one such run.
    loop {
        let run = plain_run::<true>(rest.as_bytes());
        let (clean, behind) = rest.split_at_checked(run).unwrap_or((rest, ""));
        json.push_str(clean);
        let mut chars = behind.chars();
        let Some(char) = chars.next() else { break };
        escape_one(char, json);
        rest = chars.as_str();
    }
}

/// Adds a number to `json`.
pub(crate) fn number(number: u64, json: &mut String) {
    if number >= 10 {
        self::number(number / 10, json);
    }
    let digit = u32::try_from(number % 10).ok();
    json.extend(digit.and_then(|digit| char::from_digit(digit, 10)));
}

fn escape_one(char: char, json: &mut String) {
    match char {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\n' => json.push_str("\\n"),
        '\r' => json.push_str("\\r"),
        '\t' => json.push_str("\\t"),
        _ => {
            json.push_str("\\u00");
            let code = u32::from(char);
            json.extend(
                [code >> 4, code & 15]
                    .into_iter()
                    .filter_map(|d| char::from_digit(d, 16)),
            );
        }
    }
}

/// `text` as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len().saturating_add(2));
    json.push('"');
    escape(text, &mut json);
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(text in "\\PC*|[\\x00-\\x7f]*") {
            let mut json = String::from("\"");
            super::escape(&text, &mut json);
            json.push('"');
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn a_number_is_written_in_its_digits(number in any::<u64>(), shift in 0..64_u32) {
            for number in [number >> shift, 0, u64::MAX] {
                let mut json = String::new();
                super::number(number, &mut json);
                prop_assert_eq!(json, number.to_string());
            }
        }
    }
}
