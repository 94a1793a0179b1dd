//! Size classes: the relay learns one of nine sizes, not a length; and deflate, bounded on the way out.
//!
//! Not here: seals. Padding and compression lie inside them.

use crate::EnvelopeError;
use crate::keys::TAG;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use veldpost_seal::letters;
use zeroize::Zeroizing;

/// The size classes: powers of two, and 768, where a form with a long remark lies.
const SIZES: [usize; 9] = [512, 768, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
/// The number of the largest class.
pub const LARGEST_BUCKET: u8 = 8;
/// No payload is longer, before compression and after it.
pub const MAX_PAYLOAD: usize = 64 * 1024;
/// The coding byte and four bytes of length.
const PREFIX: usize = 5;

const PLAIN: u8 = 0;
const DEFLATE: u8 = 1;

/// Compresses when that saves a size class, and pads with zeros: `coding ‖ length ‖ data ‖ 0…`.
/// Gives the size class too.
///
/// With a code that was made beforehand: one of its own for each entry takes as long as all else that is done for
/// it, and the code for that 7 KiB of what a first tap waits for.
pub fn pad(payload: &[u8]) -> Result<(u8, Zeroizing<Vec<u8>>), EnvelopeError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(EnvelopeError::TooLarge("payload"));
    }
    let plain = bucket(payload.len());
    let saves = |length| bucket(length).filter(|class| plain.is_none_or(|plain| *class < plain));
    if plain == Some(0) {
        return Ok((0, lay(PLAIN, payload, 0)));
    }
    let length = letters::size(payload);
    if let Some(class) = saves(length) {
        let mut padded = room(DEFLATE, length, class);
        letters::write(payload, padded.get_mut(PREFIX..).unwrap_or_default());
        return Ok((class, padded));
    }
    let plain = plain.ok_or(EnvelopeError::TooLarge("payload"))?;
    Ok((plain, lay(PLAIN, payload, plain)))
}

/// Room for what was compressed, and what is made once for reading it.
#[derive(Default)]
pub struct Room {
    plain: Zeroizing<Vec<u8>>,
    table: letters::Table,
}

/// Takes off what [`pad`] put on, for the size class that the header names. What was compressed comes to stand in `room`.
pub fn unpad<'a>(
    class: u8,
    padded: &'a [u8],
    room: &'a mut Room,
) -> Result<&'a [u8], EnvelopeError> {
    const WRONG: EnvelopeError = EnvelopeError::Malformed("padding");
    if padded.len() != size(class) {
        return Err(WRONG);
    }
    let (coding, rest) = padded.split_first().ok_or(WRONG)?;
    let (length, rest) = rest.split_first_chunk().ok_or(WRONG)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| WRONG)?;
    let (data, zeros) = rest.split_at_checked(length).ok_or(WRONG)?;
    // Eight at a time: a third of a short entry is padding.
    let (eights, rest) = zeros.as_chunks::<8>();
    let mut eights = eights.iter().map(|eight| u64::from_ne_bytes(*eight));
    if eights.any(|eight| eight != 0) || rest.iter().any(|byte| *byte != 0) {
        return Err(WRONG);
    }
    let Room { plain, table } = room;
    match *coding {
        PLAIN if length > MAX_PAYLOAD => Err(WRONG),
        PLAIN => Ok(data),
        DEFLATE => {
            let length = match letters::read(data, MAX_PAYLOAD, table, plain) {
                Some(length) => length,
                None => inflate_in(data, MAX_PAYLOAD, plain)?,
            };
            plain.get(..length).ok_or(WRONG)
        }
        _ => Err(EnvelopeError::Newer("coding")),
    }
}

/// Bytes of the padded plaintext in a size class.
pub fn size(class: u8) -> usize {
    SIZES
        .get(usize::from(class))
        .copied()
        .unwrap_or(MAX_PAYLOAD)
}

fn bucket(length: usize) -> Option<u8> {
    (0..=LARGEST_BUCKET).find(|class| length + PREFIX <= size(*class))
}

/// Zeros behind a coding and a length.
fn room(coding: u8, length: usize, class: u8) -> Zeroizing<Vec<u8>> {
    // The seal's tag comes behind it.
    let mut padded = Zeroizing::new(Vec::with_capacity(size(class) + TAG));
    padded.resize(size(class), 0);
    if let Some((first, rest)) = padded.split_first_mut() {
        *first = coding;
        // It fits a size class, so the length fits in four bytes.
        if let Some(slot) = rest.first_chunk_mut() {
            *slot = (length as u32).to_be_bytes();
        }
    }
    padded
}

fn lay(coding: u8, data: &[u8], class: u8) -> Zeroizing<Vec<u8>> {
    let mut padded = room(coding, data.len(), class);
    if let Some(slot) = padded.get_mut(PREFIX..PREFIX + data.len()) {
        slot.copy_from_slice(data);
    }
    padded
}

/// A block of 500 rows: 5 % longer than at 6, in less than half the time.
pub const BLOCK_LEVEL: u8 = 3;

/// Raw deflate (RFC 1951).
pub fn deflate(bytes: &[u8], level: u8) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(compress_to_vec(bytes, level))
}

/// Raw inflate that stops at `most` bytes of output.
pub fn inflate(bytes: &[u8], most: usize) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let mut out = Zeroizing::new(Vec::new());
    let length = inflate_in(bytes, most, &mut out)?;
    out.truncate(length);
    Ok(out)
}

/// As [`inflate`], to the front of room that is used again and stays as long as it became; gives how
/// much of it was filled.
pub fn inflate_in(bytes: &[u8], most: usize, room: &mut Vec<u8>) -> Result<usize, EnvelopeError> {
    const WRONG: EnvelopeError = EnvelopeError::Malformed("deflate");
    let mut inflater = Box::<DecompressorOxide>::default();
    let (mut rest, mut filled) = (bytes, 0);
    if room.is_empty() {
        room.resize(bytes.len().saturating_mul(2).min(most), 0);
    }
    loop {
        let end = most.min(room.len());
        let out = room.get_mut(..end).ok_or(WRONG)?;
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, taken, more) = decompress(&mut inflater, rest, out, filled, flags);
        rest = rest.get(taken..).unwrap_or_default();
        filled += more;
        match status {
            TINFLStatus::Done => return Ok(filled),
            TINFLStatus::HasMoreOutput if room.len() < most => {
                room.resize(room.len().saturating_mul(2).clamp(512, most), 0);
            }
            _ => return Err(WRONG),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFLATE, MAX_PAYLOAD, PLAIN, Room, deflate, lay, pad, size};
    use crate::EnvelopeError;

    fn unpad(class: u8, padded: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        super::unpad(class, padded, &mut Room::default()).map(<[u8]>::to_vec)
    }

    const WRONG: EnvelopeError = EnvelopeError::Malformed("padding");

    #[test]
    fn nothing_hides_in_the_padding() {
        let (class, mut padded) = pad(b"payload").unwrap();
        assert_eq!(unpad(class, &padded).unwrap(), b"payload");
        padded[511] = 1;
        assert_eq!(unpad(class, &padded), Err(WRONG));
    }

    #[test]
    fn a_length_beyond_the_class_and_another_class_are_refused() {
        let (class, mut padded) = pad(b"payload").unwrap();
        assert_eq!(unpad(class + 1, &padded), Err(WRONG));
        padded[1] = 0xff;
        assert_eq!(unpad(class, &padded), Err(WRONG));
    }

    #[test]
    fn a_coding_of_a_later_version_asks_for_an_update() {
        let later = lay(2, b"payload", 0);
        assert_eq!(unpad(0, &later), Err(EnvelopeError::Newer("coding")));
    }

    #[test]
    fn what_inflates_beyond_the_limit_is_refused() {
        let most = deflate(&vec![0; MAX_PAYLOAD], 6);
        assert_eq!(
            unpad(0, &lay(DEFLATE, &most, 0)).unwrap().len(),
            MAX_PAYLOAD
        );
        let bomb = deflate(&vec![0; MAX_PAYLOAD + 1], 6);
        let refused = unpad(0, &lay(DEFLATE, &bomb, 0));
        assert_eq!(refused, Err(EnvelopeError::Malformed("deflate")));
    }

    #[test]
    fn plain_bytes_are_not_read_as_deflated_ones() {
        assert_eq!(
            unpad(0, &lay(PLAIN, &deflate(b"x", 6), 0)).unwrap(),
            **deflate(b"x", 6)
        );
        assert_eq!(size(8), MAX_PAYLOAD);
    }
}
