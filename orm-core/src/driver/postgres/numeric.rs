//! PostgreSQL's binary form of NUMERIC: groups of four digits, the number of groups before the point, the sign, and the
//! number of digits after the point.

use crate::value::{Decimal, ValueError};

const NEGATIVE: u16 = 0x4000;

/// The number of a cell.
///
/// # Errors
/// It is NaN or infinite, or has more digits than a [`Decimal`].
pub(in crate::driver) fn decode(bytes: &[u8]) -> Result<Decimal, ValueError> {
    let unknown = || ValueError::Driver("a NUMERIC is cut off".to_owned());
    let (header, groups) = bytes.split_first_chunk::<8>().ok_or_else(unknown)?;
    let [_, _, weight_high, weight_low, sign_high, sign_low, scale_high, scale_low] = *header;
    let weight = i16::from_be_bytes([weight_high, weight_low]);
    let sign = u16::from_be_bytes([sign_high, sign_low]);
    let scale = usize::from(u16::from_be_bytes([scale_high, scale_low]));
    let out_of_range = |value: String| ValueError::Range { value, expected: "Decimal" };
    match sign {
        0 | NEGATIVE => {}
        0xC000 => return Err(out_of_range("NaN".to_owned())),
        _ => return Err(out_of_range("infinity".to_owned())),
    }
    let mut groups = groups.chunks_exact(2).map(|group| match group {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let mut text = if sign == NEGATIVE { "-0".to_owned() } else { "0".to_owned() };
    for _ in 0..=weight {
        text.push_str(&format!("{:04}", groups.next().unwrap_or_default()));
    }
    // Groups of zeros directly after the point are not sent.
    let skipped = usize::try_from(-1 - i32::from(weight)).unwrap_or_default();
    let mut fraction = "0000".repeat(skipped);
    fraction.extend(groups.map(|group| format!("{group:04}")));
    fraction.truncate(scale);
    let text = format!("{text}.{fraction:0<scale$}");
    Decimal::parse(&text).ok_or_else(|| {
        let shown = text.trim_start_matches('-').trim_start_matches('0');
        out_of_range(format!(
            "a number with the {} digits of {}",
            shown.len() - 1,
            shown.chars().take(80).collect::<String>()
        ))
    })
}

/// Appends a number as a cell.
pub(in crate::driver) fn encode(number: Decimal, buffer: &mut Vec<u8>) {
    let text = number.to_string();
    let (whole, fraction) =
        text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    let width = whole.len().next_multiple_of(4);
    let digits = format!("{whole:0>width$}{fraction:0<places$}", places = fraction.len().next_multiple_of(4));
    let groups: Vec<u16> = digits
        .as_bytes()
        .chunks(4)
        .map(|group| group.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
        .collect();
    let first = groups.iter().position(|group| *group != 0).unwrap_or(groups.len());
    let last = groups.iter().rposition(|group| *group != 0).map_or(first, |last| last + 1);
    // 57 digits at most: all of these are small.
    let small = |number: usize| i16::try_from(number).unwrap_or_default();
    let weight = small(width / 4) - 1 - small(first);
    let sign = if number.mantissa() < 0 { NEGATIVE } else { 0 };
    buffer.extend(small(last - first).to_be_bytes());
    buffer.extend(if first == last { 0_i16 } else { weight }.to_be_bytes());
    buffer.extend(sign.to_be_bytes());
    buffer.extend(small(fraction.len()).to_be_bytes());
    groups.get(first..last).unwrap_or_default().iter().for_each(|group| buffer.extend(group.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::{Decimal, decode, encode};

    #[test]
    fn numbers_round_trip() {
        let most = "79228162514264337593543950335";
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "9999",
            "10000",
            "0.0001",
            "0.00001",
            "12345.678900",
            "-0.5",
            "1000000000000",
            most,
        ] {
            let mut bytes = Vec::new();
            let Some(number) = Decimal::parse(text) else { unreachable!("{text}") };
            encode(number, &mut bytes);
            assert_eq!(decode(&bytes).map(|number| number.to_string()), Ok(text.to_owned()), "{bytes:?}");
        }
    }

    #[test]
    fn other_numbers_are_errors() {
        let nan = [0, 0, 0, 0, 0xC0, 0, 0, 0];
        assert!(decode(&nan).is_err_and(|error| error.to_string().contains("NaN")));
        // 10^32
        let large = [0, 1, 0, 8, 0, 0, 0, 0, 0, 1];
        assert!(
            decode(&large).is_err_and(|error| error.to_string().contains("33 digits")),
            "{:?}",
            decode(&large)
        );
    }
}
