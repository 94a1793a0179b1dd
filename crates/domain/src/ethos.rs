//! Where somebody slept: the rows of the region's tables and how they map to ETHOS Light.
//!
//! Not here: sub-situations (they are choices of the questionnaire) and the rules that derive a row
//! from them (they are expressions of the questionnaire).

/// The living situation in the night before the count date.
///
/// The first seven follow ETHOS Light (FEANTSA, 2007) with the Dutch and Belgian addition of
/// threatened eviction; the order is that of the tables of November 2024.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LivingSituation {
    /// Street, park, porch, station, a tent outside.
    PublicSpace,
    /// Night shelter, winter shelter, crisis bed.
    EmergencyShelter,
    /// Hostels, temporary and transitional accommodation, women's shelters.
    HomelessAccommodation,
    /// Care or penal institution, when a home is missing.
    Institution,
    /// Car, caravan, garage, squat.
    NonConventional,
    /// A sofa-sleeper: at somebody's place for lack of an own one.
    FamilyFriends,
    /// A home that will be lost within a month.
    ThreatenedEviction,
    /// Homeless, but where is not known.
    Unknown,
}

impl LivingSituation {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 8] = [
        Self::PublicSpace,
        Self::EmergencyShelter,
        Self::HomelessAccommodation,
        Self::Institution,
        Self::NonConventional,
        Self::FamilyFriends,
        Self::ThreatenedEviction,
        Self::Unknown,
    ];

    /// The code in answers to `living_situation`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PublicSpace => "public_space",
            Self::EmergencyShelter => "emergency_shelter",
            Self::HomelessAccommodation => "homeless_accommodation",
            Self::Institution => "institution",
            Self::NonConventional => "non_conventional",
            Self::FamilyFriends => "family_friends",
            Self::ThreatenedEviction => "threatened_eviction",
            Self::Unknown => "unknown",
        }
    }

    /// The situation that an answer stands for. A missing or strange answer is `Unknown`: the person
    /// still counts.
    #[must_use]
    pub fn from_answer(answer: Option<&str>) -> Self {
        answer
            .and_then(|code| {
                Self::ALL
                    .into_iter()
                    .find(|situation| situation.code() == code)
            })
            .unwrap_or(Self::Unknown)
    }

    /// The row label of the tables of November 2024.
    #[must_use]
    pub const fn label_nl(self) -> &'static str {
        match self {
            Self::PublicSpace => "In de openbare ruimte",
            Self::EmergencyShelter => "In de noodopvang",
            Self::HomelessAccommodation => "In een opvang voor thuislozen of tijdelijk verblijf",
            Self::Institution => "In een instelling",
            Self::NonConventional => "In een niet-conventionele ruimte",
            Self::FamilyFriends => "Bij familie, vrienden en kennissen",
            Self::ThreatenedEviction => "In een woning met dreigende uithuiszetting",
            Self::Unknown => "Onbekend",
        }
    }

    /// The row label in English.
    #[must_use]
    pub const fn label_en(self) -> &'static str {
        match self {
            Self::PublicSpace => "In public space",
            Self::EmergencyShelter => "In emergency shelter",
            Self::HomelessAccommodation => {
                "In accommodation for the homeless or temporary accommodation"
            }
            Self::Institution => "In an institution",
            Self::NonConventional => "In a non-conventional dwelling",
            Self::FamilyFriends => "With family, friends or acquaintances",
            Self::ThreatenedEviction => "In a home under threat of eviction",
            Self::Unknown => "Unknown",
        }
    }

    /// The living situations of ETHOS Light (numbers 1 to 12) that fall under this row. Threatened
    /// eviction stands outside ETHOS Light and has none.
    #[must_use]
    pub const fn ethos_light(self) -> &'static [u8] {
        match self {
            Self::PublicSpace => &[1],
            Self::EmergencyShelter => &[2],
            Self::HomelessAccommodation => &[3, 4, 5, 6],
            Self::Institution => &[7, 8],
            Self::NonConventional => &[9, 10, 11],
            Self::FamilyFriends => &[12],
            Self::ThreatenedEviction | Self::Unknown => &[],
        }
    }

    /// Whether Table 2 has this row in its subtotal (roofless or in shelter).
    #[must_use]
    pub const fn in_subtotal(self) -> bool {
        matches!(
            self,
            Self::PublicSpace | Self::EmergencyShelter | Self::HomelessAccommodation
        )
    }
}

#[cfg(test)]
mod tests {
    use super::LivingSituation as S;

    #[test]
    fn a_code_leads_back_to_its_situation() {
        for situation in S::ALL {
            assert_eq!(S::from_answer(Some(situation.code())), situation);
        }
    }

    #[test]
    fn a_strange_or_missing_answer_is_unknown() {
        for answer in [None, Some(""), Some("Public_Space"), Some("👻")] {
            assert_eq!(S::from_answer(answer), S::Unknown);
        }
    }

    #[test]
    fn the_rows_cover_ethos_light_once() {
        let numbers: Vec<u8> = S::ALL
            .iter()
            .flat_map(|s| s.ethos_light())
            .copied()
            .collect();
        assert_eq!(numbers, (1..=12).collect::<Vec<u8>>());
    }
}
