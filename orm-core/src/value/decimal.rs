//! Decimal numbers.

use std::fmt;

use super::{ValueError, ValueRef};

/// An exact decimal number: the cell of a decimal column.
///
/// It has 96 bits of digits, of which up to 28 are fractional: the range of `rust_decimal`.
///
/// ```
/// use orm_core::value::Decimal;
///
/// let price = Decimal::new(1_999, 2).unwrap();
/// assert_eq!(price.to_string(), "19.99");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    low: u64,
    high: u32,
    scale: u8,
    negative: bool,
}

const MOST_SCALE: usize = 28;
/// The digits of 2^96.
const MOST_DIGITS: usize = 29;
/// So many digits are certainly a `u64`.
const SHORT: usize = 19;

impl Decimal {
    /// 0.
    pub const ZERO: Decimal = Decimal { low: 0, high: 0, scale: 0, negative: false };

    /// The number `mantissa / 10^scale`; `None` if it does not fit.
    ///
    /// ```
    /// use orm_core::value::Decimal;
    ///
    /// assert_eq!(Decimal::new(-5, 1).map(|number| number.to_string()).as_deref(), Some("-0.5"));
    /// assert_eq!(Decimal::new(1, 29), None);
    /// ```
    pub fn new(mantissa: i128, scale: u32) -> Option<Decimal> {
        let digits = mantissa.unsigned_abs();
        let scale = u8::try_from(scale).ok().filter(|scale| usize::from(*scale) <= MOST_SCALE)?;
        let low = u64::try_from(digits & u128::from(u64::MAX)).ok()?;
        Some(Decimal { low, high: u32::try_from(digits >> 64).ok()?, scale, negative: mantissa < 0 })
    }

    /// The digits as an integer, with the sign.
    ///
    /// ```
    /// use orm_core::value::Decimal;
    ///
    /// assert_eq!(Decimal::new(1_999, 2).map(Decimal::mantissa), Some(1_999));
    /// ```
    pub fn mantissa(self) -> i128 {
        let digits = i128::from(self.high) << 64 | i128::from(self.low);
        if self.negative { -digits } else { digits }
    }

    /// The number of fractional digits.
    ///
    /// ```
    /// use orm_core::value::Decimal;
    ///
    /// assert_eq!(Decimal::new(1_999, 2).map(Decimal::scale), Some(2));
    /// ```
    pub fn scale(self) -> u32 {
        self.scale.into()
    }

    /// The number that a text is, with as many places as it has; zeros at the end that do not fit are left out.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let short = fraction.trim_end_matches('0');
        let of = |fraction: &str| {
            let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
            Decimal::new(if negative { -digits } else { digits }, u32::try_from(fraction.len()).ok()?)
        };
        of(fraction).or_else(|| of(short))
    }

    /// Without zeros at the end: two equal numbers are one.
    pub(crate) fn normalized(self) -> Decimal {
        let (mut mantissa, mut scale) = (self.mantissa(), self.scale());
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        Decimal::new(mantissa, scale).unwrap_or(self)
    }

    /// A text that sorts as the number does, one for each number: 29 digits, a point and 28 digits; of a negative
    /// number a minus, and each digit subtracted from 9.
    pub(crate) fn to_sortable(self) -> String {
        let digits = format!("{:0>width$}", self.mantissa().unsigned_abs(), width = self.scale() as usize);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale() as usize);
        let positive = format!("{whole:0>MOST_DIGITS$}.{fraction:0<MOST_SCALE$}");
        if self.mantissa() < 0 { format!("-{}", complement(&positive)) } else { positive }
    }

    /// Digit by digit up to the last one that is not 0: most of the text is zeros.
    fn from_sortable(text: &str) -> Option<Decimal> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        // Of a negative number each digit is subtracted from 9.
        let zero = if negative { b'9' } else { b'0' };
        if digits.len() != MOST_DIGITS + 1 + MOST_SCALE || digits.get(MOST_DIGITS) != Some(&b'.') {
            return None;
        }
        let (whole, fraction) = (digits.get(..MOST_DIGITS)?, digits.get(MOST_DIGITS + 1..)?);
        let scale = fraction.iter().rposition(|digit| *digit != zero).map_or(0, |last| last + 1);
        let leading = whole.iter().position(|digit| *digit != zero).unwrap_or(MOST_DIGITS);
        let digits = || whole.get(leading..).into_iter().chain(fraction.get(..scale)).flatten();
        let value = |digit: &u8| digit.is_ascii_digit().then(|| digit.abs_diff(zero));
        let mantissa = if MOST_DIGITS - leading + scale <= SHORT {
            digits().try_fold(0_u64, |number, digit| Some(number * 10 + u64::from(value(digit)?)))?.into()
        } else {
            let next = |number: i128, digit| number.checked_mul(10)?.checked_add(value(digit)?.into());
            digits().try_fold(0_i128, next)?
        };
        Decimal::new(if negative { -mantissa } else { mantissa }, u32::try_from(scale).ok()?)
    }

    /// What a column of this kind has in a database that keeps it as a text.
    #[inline]
    pub(crate) fn of_text(text: &str) -> Option<Decimal> {
        Decimal::from_sortable(text).or_else(|| Decimal::parse(text))
    }

    /// The decimal that a float was made from. This is certain up to 15 digits, because two such decimals are never the same
    /// float. A float with more digits was calculated, and gives `None`.
    fn written_as(number: f64) -> Option<Decimal> {
        const CERTAIN: usize = 15;
        let text = number.to_string();
        let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
        let zeros = if text.contains('.') { 0 } else { text.len() - text.trim_end_matches('0').len() };
        (digits.saturating_sub(zeros) <= CERTAIN).then(|| Decimal::parse(&text))?
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<Decimal, ValueError> {
        const FORM: &str = "00000000000000000000000000012.5000000000000000000000000000";
        match cell {
            ValueRef::Decimal(found) => Ok(found),
            // What other programs wrote is read where its meaning is certain: plain digits, integers, and floats.
            ValueRef::Text(text) => {
                Decimal::of_text(text).ok_or_else(|| ValueError::format(text, FORM, expected))
            }
            ValueRef::Int(number) => {
                Decimal::new(number.into(), 0).ok_or_else(|| ValueError::mismatch(cell, expected))
            }
            ValueRef::Float(number) => Decimal::written_as(number)
                .ok_or_else(|| ValueError::Range { value: number.to_string(), expected }),
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

fn complement(digits: &str) -> String {
    digits
        .chars()
        .map(|char| char.to_digit(10).and_then(|digit| char::from_digit(9 - digit, 10)).unwrap_or(char))
        .collect()
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa() < 0 { "-" } else { "" };
        let scale = self.scale() as usize;
        let digits = format!("{:0>width$}", self.mantissa().unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    const MOST: &str = "79228162514264337593543950335";

    #[test]
    fn sortable_texts_sort_and_come_back() {
        let numbers = [
            &format!("-{MOST}"),
            "-10",
            "-9.99",
            "-1.51",
            "-1.5",
            "-0.0000000000000000000000000001",
            "0",
            "0.0000000000000000000000000001",
            "0.1",
            "1.5",
            "1.51",
            "2",
            "10",
            MOST,
        ];
        let texts: Vec<String> =
            numbers.iter().filter_map(|text| Decimal::parse(text)).map(Decimal::to_sortable).collect();
        assert_eq!(texts.len(), numbers.len());
        assert!(texts.is_sorted(), "{texts:#?}");
        let back: Vec<String> = texts
            .iter()
            .filter_map(|text| Decimal::from_sortable(text))
            .map(|number| number.to_string())
            .collect();
        assert_eq!(back, numbers);
        assert_eq!(
            Decimal::parse("1.50").map(Decimal::to_sortable),
            Decimal::parse("1.5").map(Decimal::to_sortable)
        );
    }

    #[test]
    fn other_texts_are_none() {
        let text = Decimal::parse("12.5").map(Decimal::to_sortable).unwrap_or_default();
        assert!(Decimal::from_sortable(&text).is_some());
        for other in
            ["", "12.5", &text[1..], &format!("{text}0"), &text.replace('.', "0"), &text.replace("12", "1x")]
        {
            assert_eq!(Decimal::from_sortable(other), None, "{other}");
        }
        let long = format!("9{}", &text[1..]);
        assert_eq!(Decimal::from_sortable(&long), None, "a number of more digits than fit");
    }

    #[test]
    fn a_float_is_the_decimal_that_it_was_written_as() {
        let read = |number: f64| Decimal::written_as(number).map(|decimal| decimal.to_string());
        for (number, expected) in [
            (0.99, Some("0.99")),
            (-12.5, Some("-12.5")),
            (5.0, Some("5")),
            (1e20, Some("100000000000000000000")),
            (0.000_001, Some("0.000001")),
            (123_456_789.012_345, Some("123456789.012345")),
            (0.1 + 0.2, None),
            (1.0 / 3.0, None),
            (1e300, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(read(number).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn what_does_not_fit_is_none() {
        let long = "0.00000000000000000000000000001";
        for text in ["", ".", "-", "1e5", "+1", "NaN", "79228162514264337593543950336", long, "1.5 "] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        let zeros = format!("{MOST}.{}", "0".repeat(28));
        assert_eq!(Decimal::parse(&zeros).map(|number| number.to_string()).as_deref(), Some(MOST));
        assert_eq!(Decimal::parse("1.50").map(|number| number.to_string()).as_deref(), Some("1.50"));
    }
}
