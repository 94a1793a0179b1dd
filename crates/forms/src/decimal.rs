//! Numbers as text and back, exactly as the standard library does it, with whole numbers of any length in the
//! place of its tables: those are 18 KiB of the app's first load, and forms hold a dozen numbers.
//!
//! Not here: which texts are numbers (`value`).

use std::cmp::Ordering;

/// A whole number of any length, its lowest 32 bits first.
#[derive(Clone)]
struct Whole(Vec<u32>);

impl Whole {
    fn new(number: u64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the halves are taken apart"
        )]
        let mut whole = Self(vec![number as u32, (number >> 32) as u32]);
        whole.trim();
        whole
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Times a small number, plus another.
    fn grow(&mut self, times: u32, plus: u32) {
        let mut carry = u64::from(plus);
        for limb in &mut self.0 {
            let wide = u64::from(*limb) * u64::from(times) + carry;
            #[expect(clippy::cast_possible_truncation, reason = "the rest is carried")]
            let low = wide as u32;
            *limb = low;
            carry = wide >> 32;
        }
        if carry > 0 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a product of 32 bits carries 32"
            )]
            self.0.push(carry as u32);
        }
    }

    fn times_ten_to(&mut self, power: u32) {
        for _ in 0..power {
            self.grow(10, 0);
        }
    }

    fn times_two_to(&mut self, power: u32) {
        for _ in 0..power % 32 {
            self.grow(2, 0);
        }
        if !self.0.is_empty() {
            let zeros = vec![0; usize::try_from(power / 32).unwrap_or(0)];
            self.0.splice(0..0, zeros);
        }
    }

    /// How many bits it takes.
    fn bits(&self) -> i32 {
        let full = i32::try_from(self.0.len()).unwrap_or(i32::MAX / 32) * 32;
        full - self
            .0
            .last()
            .map_or(0, |top| top.leading_zeros().cast_signed())
    }

    fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes another off as often as it goes: less than ten times, or less than twice.
    fn take_off(&mut self, other: &Self) -> u32 {
        let mut times = 0;
        while self.compare(other) != Ordering::Less {
            let mut borrow = 0;
            for (at, limb) in self.0.iter_mut().enumerate() {
                let less =
                    i64::from(*limb) - i64::from(other.0.get(at).copied().unwrap_or(0)) - borrow;
                borrow = i64::from(less < 0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the borrow makes up for it"
                )]
                let low = less as u32;
                *limb = low;
            }
            self.trim();
            times += 1;
        }
        times
    }
}

/// Digits with at most one point, a minus in front of them: as the standard library reads them.
pub(crate) fn read(text: &str) -> Option<f64> {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let mut all = before.bytes().chain(after.bytes());
    if before.len() + after.len() == 0 || !all.all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut whole = Whole(Vec::new());
    for byte in before.bytes().chain(after.bytes()) {
        whole.grow(10, u32::from(byte - b'0'));
    }
    let magnitude = nearest(whole, u32::try_from(after.len()).ok()?);
    Some(if minus { -magnitude } else { magnitude })
}

/// The number nearest to `whole / 10^places`; of two equally near, the even one.
fn nearest(mut whole: Whole, places: u32) -> f64 {
    if let (&[] | &[_], 0) = (whole.0.as_slice(), places) {
        return whole.0.first().copied().map_or(0.0, f64::from);
    }
    if whole.0.is_empty() {
        return 0.0;
    }
    let mut part = Whole::new(1);
    part.times_ten_to(places);
    // Of 54 or 55 bits of the quotient the last ones only say how to round; a number too small for
    // 53 bits has fewer.
    let shift = (whole.bits() - part.bits() - 54).max(-1075);
    if shift < 0 {
        whole.times_two_to(shift.unsigned_abs());
    } else {
        part.times_two_to(shift.unsigned_abs());
    }
    let steps = (whole.bits() - part.bits() + 1).max(0);
    part.times_two_to(steps.unsigned_abs());
    let mut quotient = 0_u64;
    for _ in 0..=steps {
        quotient = quotient << 1 | u64::from(whole.take_off(&part));
        whole.grow(2, 0);
    }
    // What is left over makes a half more than a half.
    let sticky = u64::from(!whole.0.is_empty());
    let extra = (64 - quotient.leading_zeros()).saturating_sub(53).max(1);
    let kept = quotient >> extra;
    let rest = quotient << 1 | sticky;
    let half = 1_u64 << extra;
    let mask = (half << 1) - 1;
    let up = match (rest & mask).cmp(&half) {
        Ordering::Greater => 1,
        Ordering::Equal => kept & 1,
        Ordering::Less => 0,
    };
    scaled(kept + up, shift + i32::try_from(extra).unwrap_or(0))
}

/// `mantissa * 2^power`, where the mantissa fits: at most 2^53, and exact when it is small.
fn scaled(mantissa: u64, power: i32) -> f64 {
    let (mut mantissa, mut power) = (mantissa, power);
    if mantissa == 0 {
        return 0.0;
    }
    if mantissa == 1 << 53 {
        (mantissa, power) = (1 << 52, power + 1);
    }
    if mantissa < 1 << 52 {
        // Too small for all of its bits: the exponent is the least there is.
        return f64::from_bits(mantissa);
    }
    let exponent = power + 1075;
    if exponent >= 2047 {
        return f64::INFINITY;
    }
    f64::from_bits(u64::from(exponent.unsigned_abs()) << 52 | (mantissa & ((1 << 52) - 1)))
}

/// The shortest text that reads back as the same number, of a finite one other than zero.
pub(crate) fn write(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return (number as i64).to_string();
    }
    let bits = number.to_bits();
    let field = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let mantissa = bits & ((1 << 52) - 1);
    let (mantissa, power) = match field {
        0 => (mantissa, -1074),
        _ => (mantissa | 1 << 52, field - 1075),
    };
    let (mut whole, mut part) = (Whole::new(mantissa), Whole::new(1));
    if power < 0 {
        part.times_two_to(power.unsigned_abs());
    } else {
        whole.times_two_to(power.unsigned_abs());
    }
    // So that the first digit stands before the point.
    let mut point = 1;
    loop {
        let mut ten = part.clone();
        ten.grow(10, 0);
        if whole.compare(&ten) == Ordering::Less {
            break;
        }
        (part, point) = (ten, point + 1);
    }
    while whole.compare(&part) == Ordering::Less {
        whole.grow(10, 0);
        point -= 1;
    }
    let mut digits: Vec<u8> = Vec::new();
    loop {
        #[expect(clippy::cast_possible_truncation, reason = "a digit")]
        digits.push(whole.take_off(&part) as u8);
        whole.grow(2, 0);
        let nearest = whole.compare(&part) != Ordering::Less;
        // Beside a power of two the nearest text may be another number's, and the next one this number's.
        for up in [nearest, !nearest] {
            let text = rounded(&digits, point, up);
            if read(&text) == Some(number.abs()) {
                return if number < 0.0 {
                    format!("-{text}")
                } else {
                    text
                };
            }
        }
        whole.grow(5, 0);
    }
}

/// The digits as text, the last one as it is or one more.
fn rounded(digits: &[u8], mut point: i32, up: bool) -> String {
    let mut digits = digits.to_vec();
    if up {
        let nines = digits.iter().rev().take_while(|digit| **digit == 9).count();
        let stay = digits.len() - nines;
        digits.iter_mut().skip(stay).for_each(|digit| *digit = 0);
        match digits.get_mut(..stay).and_then(<[u8]>::last_mut) {
            Some(last) => *last += 1,
            None => {
                digits.insert(0, 1);
                point += 1;
            }
        }
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let length = i32::try_from(digits.len()).unwrap_or(0);
    let mut text = String::new();
    for place in point.min(1)..=length.max(point) {
        if place == point + 1 {
            text.push('.');
        }
        let digit = usize::try_from(place - 1)
            .ok()
            .and_then(|at| digits.get(at));
        text.push(char::from(b'0' + digit.copied().unwrap_or(0)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(number: f64) {
        if number.is_finite() && number != 0.0 {
            let text = number.to_string();
            assert_eq!(write(number), text);
            assert_eq!(
                read(&text).map(f64::to_bits),
                Some(number.to_bits()),
                "{text}"
            );
        }
    }

    #[test]
    fn the_ends_of_the_range_are_those_of_the_standard_library() {
        let half_of_least = 0.5 * f64::from_bits(3);
        for power in -1074..1024 {
            same(2_f64.powi(power));
        }
        for number in [
            1.0,
            0.1,
            0.3,
            0.1 + 0.2,
            5e-324,
            half_of_least,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::EPSILON,
            1e21,
            1e22,
            1e23,
            9_007_199_254_740_993.0,
            123_456.789,
            9.5,
            99.95,
            1.0 / 3.0,
            2.0 / 3.0,
            2_f64.powi(-1022),
            2_f64.powi(1023),
        ] {
            same(number);
            same(-number);
            same(f64::from_bits(number.to_bits() + 1));
            same(f64::from_bits(number.to_bits() - 1));
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "-", ".", "-.", "1.2.3", "--1", "1-2", "1e5", "+1"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("-0").map(f64::to_bits), Some((-0.0_f64).to_bits()));
        assert_eq!(read(".5"), Some(0.5));
        assert_eq!(read("5."), Some(5.0));
        let long = "9".repeat(400);
        assert_eq!(read(&long), Some(f64::INFINITY));
        assert_eq!(read(&format!("0.{}1", "0".repeat(400))), Some(0.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn any_number_is_written_and_read_as_the_standard_library_does(bits: u64) {
            same(f64::from_bits(bits));
        }

        #[test]
        fn numbers_that_people_type_are_too(whole in -1_000_000_i64..1_000_000, places in 0_i32..9) {
            #[expect(clippy::cast_precision_loss, reason = "small")]
            same(whole as f64 / 10_f64.powi(places));
        }

        #[test]
        fn any_digits_are_read_as_the_standard_library_reads_them(text in "-?[0-9]{0,40}\\.?[0-9]{0,40}") {
            let expected: Option<f64> = text.parse().ok();
            prop_assert_eq!(read(&text).map(f64::to_bits), expected.map(f64::to_bits));
        }
    }
}
