//! The recovery kit: what lies on paper in a drawer, as four checked rows of text.
//!
//! Not here: printing, QR codes, and what recovery then does.

use crate::keys::{DeviceEncryptionKey, DeviceSigningKey};
use crate::secret::Secret;
use crate::{EnvelopeError, Genesis, RandomBytes, RegionId, label};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use zeroize::Zeroizing;

/// Rows of a kit.
pub const ROWS: usize = 4;
/// Characters of a row without spaces: `vp1`, 45 of data, 6 of checksum.
pub const ROW_CHARACTERS: usize = 54;

const VERSION: u8 = 1;
const PREFIX: &str = "vp1";
const HRP: Hrp = Hrp::parse_unchecked("vp");
const CHECK: usize = 3;
const SHARE: usize = 24;
const CHARSET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PROOF_CHARACTERS: usize = 8;

/// What re-seats coordinators when every device is gone: `RRK` and `RSK`.
#[derive(Clone)]
pub struct RecoveryKit {
    root: Secret,
    recovery: DeviceEncryptionKey,
    region: RegionId,
}

/// What is wrong with a typed kit, and where. Rows count from 1, characters from 1 after `vp1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KitProblem {
    /// This row holds a character that no kit has.
    #[error("row {row}: character {character} does not occur in a kit")]
    Character {
        /// The row.
        row: usize,
        /// The character.
        character: usize,
    },
    /// This row has too many or too few characters.
    #[error("row {row}: {found} characters in place of {}", ROW_CHARACTERS - PREFIX.len())]
    Length {
        /// The row.
        row: usize,
        /// How many there are.
        found: usize,
    },
    /// Something in this row was misread.
    #[error("row {row}: the checksum does not hold")]
    Checksum {
        /// The row.
        row: usize,
    },
    /// There are not four rows, or not in their order.
    #[error("row {row} is missing")]
    Missing {
        /// The first row that is not where it should be.
        row: usize,
    },
    /// The rows are of two kits.
    #[error("row {row} belongs to another kit")]
    OtherKit {
        /// The first row that does not fit the ones before it.
        row: usize,
    },
    /// Made by a newer version.
    #[error("a newer kind of kit")]
    Newer,
}

impl RecoveryKit {
    /// Puts a kit together at genesis.
    #[must_use]
    pub fn new(root: &DeviceSigningKey, recovery: DeviceEncryptionKey, region: RegionId) -> Self {
        Self {
            root: root.seed(),
            recovery,
            region,
        }
    }

    /// `RRK`: signs genesis, re-seats coordinators.
    #[must_use]
    pub fn root(&self) -> DeviceSigningKey {
        DeviceSigningKey::from_seed(&self.root)
    }

    /// `RSK`: a recipient of every epoch wrap.
    #[must_use]
    pub fn recovery(&self) -> &DeviceEncryptionKey {
        &self.recovery
    }

    /// The region that it recovers.
    #[must_use]
    pub fn region(&self) -> RegionId {
        self.region
    }

    /// Whether this kit was made with that region, and not only carries its name.
    #[must_use]
    pub fn belongs_to(&self, genesis: &Genesis) -> bool {
        self.region == genesis.region
            && self.root().public() == genesis.root
            && self.recovery.public() == genesis.recovery
    }

    /// `RRK seed ‖ RSK ‖ region`, and the three bytes that all rows share.
    fn content(&self) -> (Zeroizing<[u8; ROWS * SHARE]>, [u8; CHECK]) {
        let mut content = Zeroizing::new([0; ROWS * SHARE]);
        let parts = [
            self.root.bytes(),
            self.recovery.secret().bytes(),
            &self.region.0,
        ];
        content
            .iter_mut()
            .zip(parts.into_iter().flatten())
            .for_each(|(slot, byte)| *slot = *byte);
        let check = check(&content);
        (content, check)
    }

    /// The four rows, each readable alone: `vp1` and 51 characters, without spaces.
    #[must_use]
    pub fn rows(&self) -> [Zeroizing<String>; ROWS] {
        let (content, check) = self.content();
        core::array::from_fn(|index| {
            let mut data = Zeroizing::new(Vec::with_capacity(1 + CHECK + SHARE));
            data.push(VERSION << 4 | (index as u8 + 1));
            data.extend_from_slice(&check);
            data.extend(content.iter().skip(index * SHARE).take(SHARE));
            let mut row = Zeroizing::new(String::with_capacity(ROW_CHARACTERS));
            // 28 bytes are within bech32m's length, and a string takes what is written.
            let written = bech32::encode_lower_to_fmt::<Bech32m, _>(&mut *row, HRP, &data);
            debug_assert!(written.is_ok());
            row
        })
    }

    /// The rows for paper: groups of four characters.
    #[must_use]
    pub fn printed(&self) -> [Zeroizing<String>; ROWS] {
        self.rows().map(|row| {
            let mut printed = Zeroizing::new(String::with_capacity(ROW_CHARACTERS * 2));
            for (index, character) in row.chars().enumerate() {
                if index >= PREFIX.len() && (index - PREFIX.len()).is_multiple_of(4) {
                    printed.push(' ');
                }
                printed.push(character);
            }
            printed
        })
    }

    /// All rows as one text for a QR code; capitals make it denser.
    #[must_use]
    pub fn qr_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(ROWS * ROW_CHARACTERS));
        self.rows().iter().for_each(|row| text.push_str(row));
        text.make_ascii_uppercase();
        text
    }

    /// What is to be typed back to prove that the kit was written down: a row (from 1), chosen at
    /// random; its last eight characters are asked for.
    pub fn choose_proof(rng: &mut dyn RandomBytes) -> usize {
        let [byte] = crate::random::array(rng);
        usize::from(byte) % ROWS + 1
    }

    /// Whether these are the last eight characters of that row. Spaces and capitals do not matter.
    #[must_use]
    pub fn proves(&self, row: usize, typed: &str) -> bool {
        let rows = self.rows();
        let Some(row) = row.checked_sub(1).and_then(|index| rows.get(index)) else {
            return false;
        };
        let Some(expected) = row.get(ROW_CHARACTERS - PROOF_CHARACTERS..) else {
            return false;
        };
        *clean(typed) == expected
    }

    /// Reads a kit that was typed or scanned; spaces, dashes, line ends and capitals do not matter.
    ///
    /// # Errors
    /// What is wrong, and in which row.
    pub fn parse(text: &str) -> Result<Self, KitProblem> {
        let text = clean(text);
        // No character of the data is a `1`, so that each prefix starts a row.
        let mut rows = text.split(PREFIX);
        if rows.next() != Some("") {
            return Err(KitProblem::Missing { row: 1 });
        }
        let mut content = Zeroizing::new([0; ROWS * SHARE]);
        let mut shared = None;
        for number in 1..=ROWS {
            let row = rows.next().ok_or(KitProblem::Missing { row: number })?;
            let data = read_row(number, row)?;
            let (head, data) = data
                .split_first()
                .ok_or(KitProblem::Checksum { row: number })?;
            if head >> 4 != VERSION {
                return Err(KitProblem::Newer);
            }
            if usize::from(head & 15) != number {
                return Err(KitProblem::Missing { row: number });
            }
            let (check, share) = data
                .split_first_chunk::<CHECK>()
                .ok_or(KitProblem::Checksum { row: number })?;
            if *shared.get_or_insert(*check) != *check {
                return Err(KitProblem::OtherKit { row: number });
            }
            let start = (number - 1) * SHARE;
            content
                .iter_mut()
                .skip(start)
                .zip(share)
                .for_each(|(slot, byte)| *slot = *byte);
        }
        if rows.next().is_some() || shared != Some(check(&content)) {
            return Err(KitProblem::OtherKit { row: ROWS });
        }
        Self::from_content(&content).map_err(|_| KitProblem::OtherKit { row: ROWS })
    }

    fn from_content(content: &[u8; ROWS * SHARE]) -> Result<Self, EnvelopeError> {
        let mut parts = content.chunks_exact(32);
        let mut part = || {
            let bytes: Option<&[u8; 32]> = parts.next().and_then(|part| part.try_into().ok());
            bytes.ok_or(EnvelopeError::Malformed("kit"))
        };
        let root = Secret::copy_from(part()?);
        let recovery = DeviceEncryptionKey::from_secret(Secret::copy_from(part()?))?;
        Ok(Self {
            root,
            recovery,
            region: RegionId(*part()?),
        })
    }
}

impl core::fmt::Debug for RecoveryKit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RecoveryKit({})", self.region)
    }
}

fn check(content: &[u8; ROWS * SHARE]) -> [u8; CHECK] {
    let hash = label::sha256(&[label::KIT, content]);
    core::array::from_fn(|index| hash.get(index).copied().unwrap_or_default())
}

fn clean(text: &str) -> Zeroizing<String> {
    let mut clean = Zeroizing::new(String::with_capacity(text.len()));
    for character in text.chars() {
        if !character.is_whitespace() && !matches!(character, '-' | '–' | '.' | ',') {
            clean.push(character.to_ascii_lowercase());
        }
    }
    clean
}

/// What was typed in a field for each row, as one text for [`RecoveryKit::parse`]. A row without its `vp1` gets it,
/// so that a mistake is named where it was made; a field that holds several rows gives them all.
#[must_use]
pub fn gather(fields: [&str; ROWS]) -> Zeroizing<String> {
    let fields = fields.map(clean);
    let mut text = Zeroizing::new(String::with_capacity(ROWS * ROW_CHARACTERS));
    if let Some(all) = fields.iter().find(|field| is_several(field)) {
        text.push_str(all);
        return text;
    }
    for field in &fields {
        text.push_str(PREFIX);
        text.push_str(field.strip_prefix(PREFIX).unwrap_or(field));
    }
    text
}

/// The rows that a text holds, when it holds more than one: pasted together.
#[must_use]
pub fn spread(text: &str) -> Option<[Zeroizing<String>; ROWS]> {
    let text = clean(text);
    if !is_several(&text) {
        return None;
    }
    let mut rows = text.split(PREFIX).skip(1);
    Some(core::array::from_fn(|_| {
        let row = rows.next().unwrap_or_default();
        let mut whole = Zeroizing::new(String::with_capacity(PREFIX.len() + row.len()));
        whole.push_str(PREFIX);
        whole.push_str(row);
        whole
    }))
}

fn is_several(clean: &str) -> bool {
    clean.matches(PREFIX).nth(1).is_some()
}

fn read_row(row: usize, text: &str) -> Result<Zeroizing<Vec<u8>>, KitProblem> {
    if let Some(index) = text
        .chars()
        .position(|character| !CHARSET.contains(character))
    {
        return Err(KitProblem::Character {
            row,
            character: index + 1,
        });
    }
    if text.len() != ROW_CHARACTERS - PREFIX.len() {
        return Err(KitProblem::Length {
            row,
            found: text.len(),
        });
    }
    let mut whole = Zeroizing::new(String::with_capacity(ROW_CHARACTERS));
    whole.push_str(PREFIX);
    whole.push_str(text);
    let checked = CheckedHrpstring::new::<Bech32m>(&whole);
    let mut data = Zeroizing::new(Vec::with_capacity(1 + CHECK + SHARE));
    data.extend(
        checked
            .map_err(|_| KitProblem::Checksum { row })?
            .byte_iter(),
    );
    Ok(data)
}
