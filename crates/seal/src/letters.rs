//! One Huffman code that was made beforehand, for what people type: a form becomes a third shorter at the price
//! of a look-up a byte.
//!
//! What comes out is one dynamic block of deflate (RFC 1951 section 3.2.7) without repetitions, so that every
//! inflater reads it. Not here: what it does not shorten by a size class; that stays as it is (see `padding` of `veldpost-envelope`).

/// How many bits each byte takes, and last the end, in hexadecimal: made from filled-in forms and Dutch and English
/// remarks. No byte takes more than ten, so whatever is written in grows by a quarter at most.
const LENGTHS: &[u8; SYMBOLS] = b"\
    8899999797aaaaaaaaaaaaaaaaa9aaaa4aaaaaaaaaaa777a77788889999aaaaa\
    a9aa99aa9aaaaaaa8aa99aaaaa9aaaa7a47654666576564569554677978aaaaa\
    aa9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa8aaaaaaaaa\
    a";
const SYMBOLS: usize = 257;
const LONGEST: usize = 10;
const END: usize = 256;

/// The block's head, which tells an inflater [`LENGTHS`]: bits from the lowest of each byte.
const HEAD: [u8; 53] = [
    0x05, 0x00, 0x05, 0x94, 0x1b, 0x45, 0xf4, 0xae, 0x96, 0x06, 0x77, 0x2b, 0xf2, 0x71, 0x4b, 0x42,
    0x92, 0x93, 0x0a, 0x5a, 0x68, 0xa1, 0xf8, 0x41, 0x8b, 0x15, 0x09, 0x3f, 0x3b, 0x7f, 0x77, 0x27,
    0x3b, 0xfb, 0x67, 0x3b, 0xf3, 0x37, 0x69, 0x0e, 0x2f, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
    0xee, 0xee, 0x7e, 0xb8, 0x3c,
];
const HEAD_BITS: usize = 423;

/// Each symbol's code in the order in which it is sent, and above [`LONGEST`] bits its length.
const CODES: [u16; SYMBOLS] = codes();

const fn length(symbol: usize) -> u16 {
    let digit = LENGTHS[symbol];
    (if digit < b'a' {
        digit - b'0'
    } else {
        digit - b'a' + 10
    }) as u16
}

/// Codes of one length follow one another, shorter ones come first (RFC 1951 section 3.2.2).
const fn codes() -> [u16; SYMBOLS] {
    let mut codes = [0; SYMBOLS];
    let (mut next, mut bits) = (0_u16, 1);
    while bits <= LONGEST as u16 {
        next <<= 1;
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if length(symbol) == bits {
                codes[symbol] = (next.reverse_bits() >> (16 - bits)) | (bits << LONGEST);
                next += 1;
            }
            symbol += 1;
        }
        bits += 1;
    }
    codes
}

/// How many bytes [`write`] needs for these.
#[must_use]
pub fn size(bytes: &[u8]) -> usize {
    let bits: usize = bytes
        .iter()
        .map(|byte| usize::from(CODES[usize::from(*byte)] >> LONGEST))
        .sum();
    (HEAD_BITS + bits + usize::from(CODES[END] >> LONGEST)).div_ceil(8)
}

/// Writes them as deflate to the front of `out`, which has room for [`size`].
pub fn write(bytes: &[u8], out: &mut [u8]) {
    let whole = HEAD_BITS / 8;
    if let Some(head) = out.first_chunk_mut() {
        *head = HEAD;
    }
    let (mut held, mut bits, mut at) = (u64::from(HEAD[whole]), HEAD_BITS % 8, whole);
    for symbol in bytes.iter().map(|byte| usize::from(*byte)).chain([END]) {
        let code = CODES[symbol];
        held |= u64::from(code & ((1 << LONGEST) - 1)) << bits;
        bits += usize::from(code >> LONGEST);
        if bits >= 32 {
            if let Some(slot) = out.get_mut(at..at + 4) {
                slot.copy_from_slice(&(held as u32).to_le_bytes());
            }
            (held, bits, at) = (held >> 32, bits - 32, at + 4);
        }
    }
    let rest = held.to_le_bytes();
    let rest = rest.get(..bits.div_ceil(8)).unwrap_or_default();
    if let Some(slot) = out.get_mut(at..at + rest.len()) {
        slot.copy_from_slice(rest);
    }
}

/// What stands in the lowest [`LONGEST`] bits: a byte, or two where both fit; then how many bits that takes, and how many
/// bytes it is, none for the end. It is made when it is first asked for: who reads one entry reads many.
#[derive(Default)]
pub struct Table(Option<Box<[u32; WIDE]>>);

const WIDE: usize = 1 << LONGEST;
const BITS_AT: u32 = 16;
const BYTES_AT: u32 = 21;

impl Table {
    fn get(&mut self) -> &[u32; WIDE] {
        self.0.get_or_insert_with(|| Box::new(table()))
    }
}

fn table() -> [u32; WIDE] {
    let mut symbols = [(END, 0); WIDE];
    for (symbol, code) in CODES.iter().map(|code| usize::from(*code)).enumerate() {
        let bits = code >> LONGEST;
        for slot in symbols.iter_mut().skip(code % WIDE).step_by(1 << bits) {
            *slot = (symbol, bits);
        }
    }
    core::array::from_fn(|at| {
        let (one, bits) = symbols[at];
        let (two, more) = symbols[at >> bits];
        let (bytes, bits, count) = match (one, two) {
            (END, _) => (0, bits, 0),
            (_, END) => (one, bits, 1),
            _ if bits + more > LONGEST => (one, bits, 1),
            _ => (one | two << 8, bits + more, 2),
        };
        bytes as u32 | (bits as u32) << BITS_AT | count << BYTES_AT
    })
}

/// Reads what [`write`] wrote to the front of `out`, up to `most` bytes of it, without making the code anew as an inflater has
/// to. How many bytes it was; none where an inflater is to judge.
pub fn read(bytes: &[u8], most: usize, table: &mut Table, out: &mut Vec<u8>) -> Option<usize> {
    let (head, last) = HEAD.split_at(HEAD_BITS / 8);
    let of_head = HEAD_BITS % 8;
    let (Some((first, mut rest)), Some(last)) = (
        bytes.strip_prefix(head).and_then(<[u8]>::split_first),
        last.first(),
    ) else {
        return None;
    };
    if (first ^ last) & ((1 << of_head) - 1) != 0 {
        return None;
    }
    let table = table.get();
    // No code is shorter than four bits. Two bytes are written wherever one may be.
    let longest = most.min(rest.len() * 2 + 2) + 2;
    if out.len() < longest {
        out.resize(longest, 0);
    }
    let out = out.get_mut(..longest)?;
    let (mut held, mut bits) = (u64::from(*first >> of_head), 8 - of_head as u32);
    let mut at = 0;
    loop {
        if bits < LONGEST as u32 {
            if let Some((four, behind)) = rest.split_first_chunk() {
                held |= u64::from(u32::from_le_bytes(*four)) << bits;
                (rest, bits) = (behind, bits + 32);
            } else if let Some((one, behind)) = rest.split_first() {
                held |= u64::from(*one) << bits;
                (rest, bits) = (behind, bits + 8);
                continue;
            }
        }
        let code = table[held as usize % WIDE];
        let taken = (code >> BITS_AT) % 32;
        let slot = out.get_mut(at..at + 2).filter(|_| taken <= bits)?;
        slot.copy_from_slice(&(code as u16).to_le_bytes());
        match code >> BYTES_AT {
            0 => return Some(at),
            count => at += count as usize,
        }
        (held, bits) = (held >> taken, bits - taken);
    }
}

#[cfg(test)]
mod tests {
    use super::{BITS_AT, BYTES_AT, Table, size, table, write};
    use proptest::prelude::*;

    fn read(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let length = super::read(bytes, most, &mut Table::default(), &mut out)?;
        out.truncate(length);
        Some(out)
    }

    fn inflate(
        bytes: &[u8],
        most: usize,
    ) -> Result<Vec<u8>, miniz_oxide::inflate::DecompressError> {
        miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, most)
    }

    fn written(bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![0; size(bytes)];
        write(bytes, &mut out);
        out
    }

    fn round(bytes: &[u8]) {
        let out = written(bytes);
        assert_eq!(inflate(&out, bytes.len()).unwrap(), bytes);
        assert_eq!(read(&out, bytes.len()).unwrap(), bytes);
        if let Some(less) = bytes.len().checked_sub(1) {
            assert_eq!(read(&out, less), None);
        }
    }

    #[test]
    fn every_code_that_there_is_stands_in_the_table() {
        let table = table();
        assert!(table.iter().all(|code| code >> BITS_AT > 0));
        assert!(table.iter().any(|code| code >> BYTES_AT == 2));
    }

    #[test]
    fn what_ends_before_its_end_is_not_read() {
        let out = written(b"Slaapt in een portiek");
        for length in 0..out.len() {
            assert_eq!(read(&out[..length], 100), None, "{length} bytes");
        }
    }

    #[test]
    fn every_byte_has_a_code_and_nothing_is_something() {
        round(&[]);
        round(&core::array::from_fn::<u8, 256, _>(|byte| byte as u8));
        for byte in 0..=255 {
            round(&[byte]);
        }
    }

    #[test]
    fn a_remark_becomes_a_third_shorter_and_nothing_grows_by_more_than_a_quarter() {
        let remark = "Slaapt in een portiek bij het station, wil niet praten. ".repeat(16);
        assert!(size(remark.as_bytes()) * 3 <= remark.len() * 2);
        let worst = [0xfe; 1024];
        assert!(size(&worst) <= worst.len() * 5 / 4 + 56);
    }

    proptest! {
        #[test]
        fn an_inflater_reads_whatever_bytes_were_written(bytes: Vec<u8>) {
            round(&bytes);
        }

        #[test]
        fn an_inflater_reads_whatever_text_was_written(text in ".{0,900}") {
            round(text.as_bytes());
        }

        #[test]
        fn what_is_read_of_any_bytes_is_what_an_inflater_reads(at in 0_usize..90, bit in 0_u32..8, more: Vec<u8>) {
            let mut out = written(b"Wil niet praten, komt terug.");
            if let Some(byte) = out.get_mut(at) {
                *byte ^= 1 << bit;
            }
            out.extend(more);
            if let Some(found) = read(&out, 900) {
                assert_eq!(inflate(&out, 900).unwrap(), found);
            }
        }
    }
}
