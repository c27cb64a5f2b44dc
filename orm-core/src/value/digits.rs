//! Reads numbers between separators.

/// A text at its separators, each of which it has once and in this order.
pub(super) fn split<const N: usize, const M: usize>(text: &str, separators: [char; N]) -> Option<[&str; M]> {
    let mut parts = [""; M];
    let mut rest = text;
    for (part, separator) in parts.iter_mut().zip(separators) {
        (*part, rest) = rest.split_once(separator)?;
    }
    *parts.last_mut()? = rest;
    Some(parts)
}

/// The number with this many digits; `None` for any other text.
pub(super) fn number(text: &str, width: usize) -> Option<u32> {
    let plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
