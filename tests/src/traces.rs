//! Whether bytes hold a text, in any of the ways in which software writes one: plain, wide, escaped, packed.
//!
//! Deliberately not here: which bytes are searched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::profile::holds;

/// As much is unpacked from each byte on: more than a record is, and little enough to try each.
const PACKED: usize = 1_024;
const UNPACKED: usize = 2 * PACKED;

/// In which ways `hay` holds `text`: names for a message, none when it does not. Packed is looked for from every
/// byte on, so that headers and gzip's or zlib's frame do not matter.
#[must_use]
pub fn traces(hay: &[u8], text: &str) -> Vec<&'static str> {
    let mut found = written(hay, text);
    let packed = (0..hay.len()).any(|from| {
        let rest = hay.get(from..).unwrap_or_default();
        let piece = rest.get(..PACKED).unwrap_or(rest);
        // What stops half-way gives what there was until there.
        let unpacked = match decompress_to_vec_with_limit(piece, UNPACKED) {
            Ok(unpacked) => unpacked,
            Err(stopped) => stopped.output,
        };
        holds(&unpacked, text.as_bytes())
    });
    if packed {
        found.push("deflate");
    }
    found
}

/// The same without unpacking, for what is too much to be unpacked from every byte.
#[must_use]
pub fn written(hay: &[u8], text: &str) -> Vec<&'static str> {
    let ways = ways(text);
    let there = ways.iter().filter(|(_, needle)| holds(hay, needle));
    let mut found: Vec<&'static str> = there.map(|(way, _)| *way).collect();
    found.dedup();
    found
}

fn ways(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let each = |write: fn(&u8) -> String| bytes.iter().map(write).collect::<String>().into_bytes();
    let mut ways = vec![
        ("UTF-8", bytes.to_vec()),
        (
            "UTF-16LE",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16BE",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        ("hex", each(|byte| format!("{byte:02x}"))),
        ("hex", each(|byte| format!("{byte:02X}"))),
        ("percent", each(|byte| format!("%{byte:02x}"))),
        ("percent", each(|byte| format!("%{byte:02X}"))),
    ];
    for before in 0..3 {
        // Three letters are four: what stands before shifts them, and its share of the first and last is left out.
        let shifted = [&[0; 3][..before], bytes].concat();
        let letters = STANDARD_NO_PAD.encode(&shifted);
        let first = [0, 2, 3].get(before).copied().unwrap_or_default();
        let whole = shifted.len() * 8 / 6;
        let sure = letters.get(first..whole).unwrap_or_default();
        ways.push(("base64", sure.as_bytes().to_vec()));
        let safe = sure.replace('+', "-").replace('/', "_");
        ways.push(("base64", safe.into_bytes()));
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use miniz_oxide::deflate::compress_to_vec;

    const TEXT: &str = "kanarie7391";

    #[test]
    fn a_text_is_found_however_it_is_written_and_whatever_stands_around_it() {
        assert_eq!(traces(b"niets van dat alles", TEXT), [""; 0]);
        for around in ["", "a", "ab", "abc"] {
            let said = format!("{around}{TEXT}{around}");
            let hex: String = said.bytes().map(|byte| format!("{byte:02X}")).collect();
            let percent: String = said.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let wide: Vec<u8> = said.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let wide_other: Vec<u8> = said.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for (way, hay) in [
                ("UTF-8", said.clone().into_bytes()),
                ("UTF-16LE", wide),
                ("UTF-16BE", wide_other),
                ("hex", hex.into_bytes()),
                ("percent", percent.into_bytes()),
                ("base64", STANDARD.encode(&said).into_bytes()),
                ("base64", URL_SAFE_NO_PAD.encode(&said).into_bytes()),
            ] {
                // With a zero before its first letter, one wide text is the other, too.
                assert!(written(&hay, TEXT).contains(&way), "{way} {around}");
            }
            let framed = [&b"kop"[..], &compress_to_vec(said.as_bytes(), 6), b"staart"].concat();
            assert_eq!(traces(&framed, TEXT), ["deflate"], "{around}");
        }
    }
}
