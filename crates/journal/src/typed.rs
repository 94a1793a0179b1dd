//! What was typed into a form, as bytes of a draft: `{name: text | [{…}…]}`.
//!
//! Not here: answers of a record; those have their own place in an entry's payload.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use std::collections::BTreeMap;
use veldpost_domain::{Answer, Answers};

/// Repeats within repeats, at most.
const DEEPEST: u8 = 4;

/// Everything typed, as bytes.
#[must_use]
pub fn to_bytes(answers: &Answers) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = write(answers, &mut Encoder::new(&mut bytes));
    bytes
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn write(answers: &Answers, out: &mut Encoder<&mut Vec<u8>>) -> Written {
    out.map(answers.map().len() as u64)?;
    for (name, answer) in answers.map() {
        out.str(name)?;
        match answer {
            Answer::Text(text) => {
                out.str(text)?;
            }
            Answer::Repeat(instances) => {
                out.array(instances.len() as u64)?;
                instances
                    .iter()
                    .try_for_each(|instance| write(instance, out))?;
            }
        }
    }
    Ok(())
}

/// What [`to_bytes`] wrote; `None` for anything else.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> Option<Answers> {
    let mut input = Decoder::new(bytes);
    let answers = read(&mut input, DEEPEST)?;
    (input.position() == bytes.len()).then_some(answers)
}

fn read(input: &mut Decoder<'_>, deeper: u8) -> Option<Answers> {
    let mut answers = BTreeMap::new();
    for _ in 0..input.map().ok()?? {
        let name = input.str().ok()?.to_owned();
        let answer = match input.datatype().ok()? {
            Type::String => Answer::Text(input.str().ok()?.to_owned()),
            Type::Array if deeper > 0 => {
                let number = input.array().ok()??;
                Answer::Repeat(
                    (0..number)
                        .map(|_| read(input, deeper - 1))
                        .collect::<Option<_>>()?,
                )
            }
            _ => return None,
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
