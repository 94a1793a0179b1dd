//! What was typed into a form, as bytes of a draft: `{name: text | [{…}…]}`.
//!
//! Not here: answers of a record; those have their own place in an entry's payload.

use std::collections::BTreeMap;
use veldpost_domain::{Answer, Answers};
use veldpost_envelope::canonical::{Reader, Writer};

/// Repeats within repeats, at most.
const DEEPEST: u8 = 4;

/// Everything typed, as bytes.
#[must_use]
pub fn to_bytes(answers: &Answers) -> Vec<u8> {
    let mut out = Writer::default();
    write(answers, &mut out);
    out.finish()
}

fn write(answers: &Answers, out: &mut Writer) {
    out.map(answers.map().len());
    for (name, answer) in answers.map() {
        out.text(name);
        match answer {
            Answer::Text(text) => {
                out.text(text);
            }
            Answer::Repeat(instances) => {
                out.array(instances.len());
                instances.iter().for_each(|instance| write(instance, out));
            }
        }
    }
}

/// What [`to_bytes`] wrote; `None` for anything else.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> Option<Answers> {
    let mut input = Reader::new(bytes);
    let answers = read(&mut input, DEEPEST)?;
    input.end().ok()?;
    Some(answers)
}

fn read(input: &mut Reader<'_>, deeper: u8) -> Option<Answers> {
    let mut answers = BTreeMap::new();
    for _ in 0..input.map().ok()? {
        let name = input.text().ok()?.to_owned();
        let answer = if input.is_text() {
            Answer::Text(input.text().ok()?.to_owned())
        } else {
            let deeper = deeper.checked_sub(1)?;
            let mut instances = Vec::new();
            for _ in 0..input.array().ok()? {
                instances.push(read(input, deeper)?);
            }
            Answer::Repeat(instances)
        };
        answers.insert(name, answer);
    }
    Some(answers.into())
}

#[cfg(test)]
mod tests {
    use super::{from_bytes, to_bytes};
    use veldpost_domain::{Answer, Answers};

    #[test]
    fn what_was_typed_comes_back_and_garbage_does_not() {
        let mut child = Answers::default();
        child.set("birth_year", "2015");
        let mut typed = Answers::default();
        typed.set("dedup_first", "أحمد 😀");
        typed.map_mut().insert(
            "minors_direct".into(),
            Answer::Repeat(vec![child, Answers::default()]),
        );
        let bytes = to_bytes(&typed);
        assert_eq!(from_bytes(&bytes), Some(typed));
        for cut in 0..bytes.len() {
            assert_eq!(from_bytes(&bytes[..cut]), None);
        }
        assert_eq!(
            from_bytes(&[0xbb, 255, 255, 255, 255, 255, 255, 255, 255]),
            None
        );
    }
}
