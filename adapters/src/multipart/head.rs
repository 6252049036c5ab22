//! The head of one part, and the content type that names the boundary.

use super::FormFault;

/// Longest boundary, bytes. RFC 2046 allows 70; some clients write a little more.
const BOUNDARY_BYTES_MAX: usize = 200;

/// What a part's head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartHead {
    /// The field's name with escapes undone.
    pub(super) name: Vec<u8>,
    /// Whether the name was spelled with escapes, so that another reader may read another one.
    pub(super) is_escaped: bool,
    /// Whether it has a file's name.
    pub(super) is_file: bool,
    /// Whether the content is spelled in base64 or the like (RFC 7578 §4.7: nobody should).
    pub(super) is_encoded: bool,
}

impl PartHead {
    /// Reads header lines up to and with the blank one.
    pub(super) fn read(head: &[u8]) -> Result<Self, FormFault> {
        let mut found: Option<Self> = None;
        let mut is_encoded = false;
        for line in head.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            // A folded line, or a NUL: no client writes them, and readers disagree about them.
            let colon = line.iter().position(|&byte| byte == b':');
            let (Some(colon), false) = (colon, line.iter().any(|byte| b"\0\r".contains(byte)))
            else {
                return Err(FormFault::PartHead);
            };
            let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
            let value = value.get(1..).unwrap_or_default();
            if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
                return Err(FormFault::PartHead);
            }
            if name.eq_ignore_ascii_case(b"content-disposition") {
                if found.is_some() {
                    return Err(FormFault::PartHead);
                }
                found = Some(disposition(value)?);
            } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
                let plain: [&[u8]; 3] = [b"7bit", b"8bit", b"binary"];
                let value = value.trim_ascii();
                is_encoded |= !plain.iter().any(|plain| value.eq_ignore_ascii_case(plain));
            }
        }
        let found = found.ok_or(FormFault::PartHead)?;
        Ok(Self {
            is_encoded,
            ..found
        })
    }
}

/// `form-data; name="…"; filename="…"`.
fn disposition(value: &[u8]) -> Result<PartHead, FormFault> {
    let mut name = None;
    let mut is_file = false;
    for parameter in parameters(value) {
        let (key, value) = parameter.ok_or(FormFault::PartHead)?;
        if key.eq_ignore_ascii_case(b"name") {
            if name.replace(value).is_some() {
                return Err(FormFault::PartHead);
            }
        } else if key.eq_ignore_ascii_case(b"name*") {
            // RFC 7578 §4.2 forbids it, and it would be a second name.
            return Err(FormFault::PartHead);
        } else if key.eq_ignore_ascii_case(b"filename") || key.eq_ignore_ascii_case(b"filename*") {
            is_file = true;
        }
    }
    let name = name.ok_or(FormFault::PartHead)?;
    let decoded = crate::credential::percent_decode(&name.text);
    Ok(PartHead {
        is_escaped: name.is_escaped || decoded != name.text.as_slice(),
        name: decoded.into_owned(),
        is_file,
        is_encoded: false,
    })
}

/// The boundary of a form's content type; `None` unless there is exactly one that can be.
pub(super) fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let mut boundary = None;
    for parameter in parameters(content_type) {
        let (key, value) = parameter?;
        let is_ours = key.eq_ignore_ascii_case(b"boundary");
        let is_other = key.to_ascii_lowercase().starts_with(b"boundary*");
        if is_other || (is_ours && boundary.replace(value).is_some()) {
            return None;
        }
    }
    let Value { text, is_escaped } = boundary?;
    let is_possible = !text.is_empty()
        && text.len() <= BOUNDARY_BYTES_MAX
        && text.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && !text.ends_with(b" ")
        && !is_escaped;
    is_possible.then_some(text)
}

/// A content type without its parameters.
pub(super) fn media_type(content_type: &[u8]) -> &[u8] {
    let end = content_type.iter().position(|&byte| byte == b';');
    let end = end.unwrap_or(content_type.len());
    content_type.get(..end).unwrap_or_default().trim_ascii()
}

/// A parameter's value.
#[derive(Debug)]
struct Value {
    text: Vec<u8>,
    is_escaped: bool,
}

/// The `; key=value` pairs behind a header's first word; `None` for what is none.
fn parameters(value: &[u8]) -> impl Iterator<Item = Option<(&[u8], Value)>> {
    let start = value.iter().position(|&byte| byte == b';');
    let mut rest = start.and_then(|at| value.get(at..)).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_ascii_start();
            let after = rest.strip_prefix(b";")?.trim_ascii_start();
            rest = after;
            if after.is_empty() {
                return None;
            }
            if !after.starts_with(b";") {
                break;
            }
        }
        let parsed = parameter(rest);
        rest = parsed.as_ref().map_or(&[][..], |(_, rest)| rest);
        Some(parsed.map(|(pair, _)| pair))
    })
}

/// A parameter's name and value, and the bytes behind them.
type Parameter<'a> = ((&'a [u8], Value), &'a [u8]);

/// One `key=value`, and what follows it: the end, or a semicolon.
fn parameter(bytes: &[u8]) -> Option<Parameter<'_>> {
    let equals = bytes.iter().position(|&byte| byte == b'=')?;
    let (key, value) = bytes.split_at_checked(equals)?;
    let key = key.trim_ascii();
    let value = value.get(1..)?.trim_ascii_start();
    if key.is_empty() || !key.iter().all(|byte| is_token(*byte)) {
        return None;
    }
    let (value, rest) = match value.strip_prefix(b"\"") {
        Some(quoted) => unquote(quoted)?,
        None => {
            let end = value.iter().position(|&byte| byte == b';');
            let (value, rest) = value.split_at_checked(end.unwrap_or(value.len()))?;
            let text = value.trim_ascii().to_vec();
            let is_escaped = text.contains(&b'"');
            (Value { text, is_escaped }, rest)
        }
    };
    let rest = rest.trim_ascii_start();
    (rest.is_empty() || rest.starts_with(b";")).then_some(((key, value), rest))
}

/// A quoted string behind its opening quote, and what follows the closing one.
fn unquote(quoted: &[u8]) -> Option<(Value, &[u8])> {
    let mut text = Vec::new();
    let mut is_escaped = false;
    let mut bytes = quoted.iter();
    loop {
        match bytes.next()? {
            b'"' => return Some((Value { text, is_escaped }, bytes.as_slice())),
            b'\\' => {
                is_escaped = true;
                text.push(*bytes.next()?);
            }
            &byte => text.push(byte),
        }
    }
}

/// RFC 9110 §5.6.2, and the star of extended parameters, which is one of them.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
