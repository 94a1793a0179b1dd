//! The tiles of the tally: they exclude each other, so that nobody fits two.

/// One tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tile {
    /// A man, 18 or older.
    Man,
    /// A woman, 18 or older.
    Woman,
    /// A child without a counted parent, 0–17.
    Child,
    /// It cannot be told.
    Unknown,
}

impl Tile {
    /// In the order of the screen.
    pub const ALL: [Self; 4] = [Self::Man, Self::Woman, Self::Child, Self::Unknown];

    /// The answer code of `tile`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Man => "man",
            Self::Woman => "vrouw",
            Self::Child => "kind",
            Self::Unknown => "onbekend",
        }
    }

    /// The tile of an answer code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tile| tile.code() == code)
    }

    /// Its place in [`Tile::ALL`].
    #[must_use]
    pub const fn index(self) -> u8 {
        match self {
            Self::Man => 0,
            Self::Woman => 1,
            Self::Child => 2,
            Self::Unknown => 3,
        }
    }

    /// The tile at a place in [`Tile::ALL`].
    #[must_use]
    pub fn at(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }
}

/// Why a tap became no more than a tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TapReason {
    /// The person sleeps.
    Asleep,
    /// The person does not want to talk.
    Declines,
    /// Somebody counted this person tonight already.
    CountedTonight,
}

impl TapReason {
    /// In the order of the screen.
    pub const ALL: [Self; 3] = [Self::Asleep, Self::Declines, Self::CountedTonight];

    /// The answer code of `observation_reason`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Asleep => "slaapt",
            Self::Declines => "wil_niet_praten",
            Self::CountedTonight => "vanavond_al_geteld",
        }
    }
}
