//! What stands on each page of *Hulp*, in order.

use crate::routes::Topic;
use crate::screens::start_round::situation_label;
use crate::text::{Text, help};
use veldpost_domain::LivingSituation;

/// A piece of a page.
pub enum Block {
    /// A heading.
    Heading(Text),
    /// A paragraph.
    Line(Text),
    /// Things to do, one after the other.
    Steps(&'static [Text]),
    /// Words with what they mean.
    Terms(Vec<(&'static str, Text)>),
}

use Block::{Heading, Line, Steps, Terms};

const COUNTING: [Text; 6] = [
    help::COUNTING_1,
    help::COUNTING_2,
    help::COUNTING_3,
    help::COUNTING_4,
    help::COUNTING_5,
    help::COUNTING_6,
];

const WORDS: [(Text, Text); 6] = [
    (help::WORD_DRAFT, help::WORD_DRAFT_WHAT),
    (help::WORD_SAVED, help::WORD_SAVED_WHAT),
    (help::WORD_SENT, help::WORD_SENT_WHAT),
    (help::WORD_RECEIVED, help::WORD_RECEIVED_WHAT),
    (help::WORD_ATTENTION, help::WORD_ATTENTION_WHAT),
    (help::WORD_WITHDRAWN, help::WORD_WITHDRAWN_WHAT),
];

/// The examples that belong to a category.
const fn examples(known: LivingSituation) -> Text {
    match known {
        LivingSituation::PublicSpace => help::CATEGORY_1,
        LivingSituation::EmergencyShelter => help::CATEGORY_2,
        LivingSituation::HomelessAccommodation => help::CATEGORY_3,
        LivingSituation::Institution => help::CATEGORY_4,
        LivingSituation::NonConventional => help::CATEGORY_5,
        LivingSituation::FamilyFriends => help::CATEGORY_6,
        LivingSituation::ThreatenedEviction => help::CATEGORY_7,
        LivingSituation::Unknown => help::CATEGORY_8,
    }
}

/// The pieces of a page.
pub fn of(topic: Topic) -> Vec<Block> {
    match topic {
        Topic::Counting => vec![
            Steps(&COUNTING),
            Heading(help::COUNTING_SAVED_TITLE),
            Line(help::COUNTING_SAVED),
            Heading(help::COUNTING_HIDDEN_TITLE),
            Line(help::COUNTING_HIDDEN),
        ],
        Topic::Categories => vec![
            Line(help::CATEGORIES_1),
            Line(help::CATEGORIES_2),
            Terms(
                LivingSituation::ALL
                    .into_iter()
                    .map(|known| (situation_label(known), examples(known)))
                    .collect(),
            ),
        ],
        Topic::Words => vec![
            Terms(
                WORDS
                    .into_iter()
                    .map(|(word, what)| (word.get(), what))
                    .collect(),
            ),
            Line(help::WORDS_NOW),
            Line(help::WORDS_COUNT),
        ],
        Topic::Locking => vec![
            Line(help::LOCKING_1),
            Line(help::LOCKING_2),
            Line(help::LOCKING_3),
            Line(help::LOCKING_4),
            Heading(help::LOCKING_FORGOT_TITLE),
            Line(help::LOCKING_FORGOT),
        ],
        Topic::LostPhone => vec![
            Steps(&[help::LOST_PHONE_1, help::LOST_PHONE_2, help::LOST_PHONE_3]),
            Heading(help::LOST_PHONE_SEES_TITLE),
            Line(help::LOST_PHONE_SEES),
            Line(help::LOST_PHONE_SEES_DRAFT),
            Line(help::LOST_PHONE_SEES_NOT),
            Heading(help::LOST_PHONE_GONE_TITLE),
            Line(help::LOST_PHONE_GONE),
        ],
        Topic::Installing => vec![
            Heading(help::INSTALLING_WHY_TITLE),
            Line(help::INSTALLING_WHY),
        ],
        Topic::Accessibility => vec![
            Line(help::ACCESSIBILITY_1),
            Line(help::ACCESSIBILITY_2),
            Heading(help::ACCESSIBILITY_KNOWN_TITLE),
            Line(help::ACCESSIBILITY_KNOWN),
            Heading(help::ACCESSIBILITY_REPORT_TITLE),
            Line(help::ACCESSIBILITY_REPORT),
            Line(help::ACCESSIBILITY_OTHER),
        ],
    }
}
