//! Base64 (RFC 4648) in one form only: standard with padding, url without.
//!
//! Not here: leniency. White space, missing or surplus padding and spare bits that are not zero are refused, so that
//! what was read is written again as it came.

/// Letters and digits stand for 0 to 61 in both alphabets; these for 62 and 63.
const STANDARD: [u8; 2] = *b"+/";
const URL: [u8; 2] = *b"-_";

/// Section 4, with padding: as headers hold it (RFC 8941 section 3.3.5).
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = write(STANDARD, bytes);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Reads what [`encode`] wrote, and nothing else.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    // At most two are padding: a third would stand in the place of data.
    let bare = text.strip_suffix('=').unwrap_or(text);
    let bare = bare.strip_suffix('=').unwrap_or(bare);
    let bytes = read(STANDARD, bare)?;
    // With the length known, one form of padding only fits: four characters for each three bytes begun.
    (bytes.len().div_ceil(3) * 4 == text.len()).then_some(bytes)
}

/// Section 5, without padding: as links and parameters hold it.
#[must_use]
pub fn encode_url(bytes: &[u8]) -> String {
    write(URL, bytes)
}

/// Reads what [`encode_url`] wrote, and nothing else.
#[must_use]
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    read(URL, text)
}

fn write(last: [u8; 2], bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(character(last, (group >> (18 - 6 * place)) as u8 & 63));
        }
    }
    text
}

fn character([plus, slash]: [u8; 2], value: u8) -> char {
    char::from(match value {
        0..=25 => b'A' + value,
        26..=51 => b'a' + (value - 26),
        52..=61 => b'0' + (value - 52),
        62 => plus,
        _ => slash,
    })
}

fn value([plus, slash]: [u8; 2], character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        _ if character == plus => Some(62),
        _ if character == slash => Some(63),
        _ => None,
    }
}

fn read(last: [u8; 2], text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut group, mut bits) = (0_u32, 0);
    for character in text.bytes() {
        group = (group << 6 | u32::from(value(last, character)?)) & 0xfff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits) as u8);
        }
    }
    // One character alone holds no byte; what is left over of the last is zero.
    (bits < 6 && group & ((1 << bits) - 1) == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_url, encode, encode_url};

    #[test]
    fn the_examples_of_rfc_4648_section_10_hold() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
            let bare = text.trim_end_matches('=');
            assert_eq!(encode_url(plain.as_bytes()), bare);
            assert_eq!(decode_url(bare).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn the_two_alphabets_differ_in_their_last_two_characters() {
        let bytes = [0xfb, 0xef, 0xff];
        assert_eq!(encode(&bytes), "++//");
        assert_eq!(encode_url(&bytes), "--__");
        assert_eq!(decode("--__"), None);
        assert_eq!(decode_url("++//"), None);
    }

    #[test]
    fn every_length_comes_back_as_it_was() {
        let bytes: Vec<u8> = (0..=255).rev().collect();
        for length in 0..bytes.len() {
            let bytes = &bytes[..length];
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
            assert_eq!(decode_url(&encode_url(bytes)).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn another_form_of_the_same_bytes_is_refused() {
        for wrong in [
            "Zg", "Zg=", "Zg===", "Zm8", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zg==\n", " Zg=",
            "Z===", "=", "====", "Zg==Zg==", "Zm9é",
        ] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        for wrong in ["Zg==", "Zh", "Zm9", "Z", "Zm9vZ", "Zg\n", "Zm9é"] {
            assert_eq!(decode_url(wrong), None, "{wrong:?}");
        }
    }
}
