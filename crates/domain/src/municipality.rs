//! The eight municipalities of the region and the two columns beside them.
//!
//! Not here: districts and areas, which each region lists for itself.

/// A column of Table 2, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the eight are proper names")]
pub enum Municipality {
    Borne,
    Dinkelland,
    Enschede,
    Haaksbergen,
    Hengelo,
    HofVanTwente,
    Losser,
    Oldenzaal,
    /// Known, and not one of the eight.
    OutsideRegion,
    /// Not known.
    Unknown,
}

impl Municipality {
    /// All of them, in the order of Table 2.
    pub const ALL: [Self; 10] = [
        Self::Borne,
        Self::Dinkelland,
        Self::Enschede,
        Self::Haaksbergen,
        Self::Hengelo,
        Self::HofVanTwente,
        Self::Losser,
        Self::Oldenzaal,
        Self::OutsideRegion,
        Self::Unknown,
    ];

    /// The code in answers to `municipality_stay` and `municipality_origin`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Borne => "borne",
            Self::Dinkelland => "dinkelland",
            Self::Enschede => "enschede",
            Self::Haaksbergen => "haaksbergen",
            Self::Hengelo => "hengelo",
            Self::HofVanTwente => "hof_van_twente",
            Self::Losser => "losser",
            Self::Oldenzaal => "oldenzaal",
            Self::OutsideRegion => "outside_region",
            Self::Unknown => "unknown",
        }
    }

    /// The municipality that an answer stands for; a missing or strange answer is `Unknown`.
    #[must_use]
    pub fn from_answer(answer: Option<&str>) -> Self {
        answer
            .and_then(|code| {
                Self::ALL
                    .into_iter()
                    .find(|municipality| municipality.code() == code)
            })
            .unwrap_or(Self::Unknown)
    }

    /// The column label of the tables of November 2024.
    #[must_use]
    pub const fn label_nl(self) -> &'static str {
        match self {
            Self::OutsideRegion => "Buiten regio",
            Self::Unknown => "Onbekend",
            named => named.name(),
        }
    }

    /// The column label in English; names stay as they are.
    #[must_use]
    pub const fn label_en(self) -> &'static str {
        match self {
            Self::OutsideRegion => "Outside the region",
            Self::Unknown => "Unknown",
            named => named.name(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Borne => "Borne",
            Self::Dinkelland => "Dinkelland",
            Self::Enschede => "Enschede",
            Self::Haaksbergen => "Haaksbergen",
            Self::Hengelo => "Hengelo",
            Self::HofVanTwente => "Hof van Twente",
            Self::Losser => "Losser",
            Self::Oldenzaal => "Oldenzaal",
            Self::OutsideRegion | Self::Unknown => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Municipality as M;

    #[test]
    fn a_code_leads_back_to_its_municipality() {
        for municipality in M::ALL {
            assert_eq!(M::from_answer(Some(municipality.code())), municipality);
        }
    }

    #[test]
    fn a_strange_or_missing_answer_is_unknown() {
        for answer in [None, Some(""), Some("Enschede"), Some("almelo")] {
            assert_eq!(M::from_answer(answer), M::Unknown);
        }
    }
}
