//! As much of JSON (RFC 8259) as a problem document needs: the fields of one object.
//!
//! Not here: values inside values and escapes. They are walked over; a text with an escape in it is handed out as
//! [`Value::Other`], since none of the texts that are asked for has one.

use super::MAX_ANSWER;
use crate::EnvelopeError;
use crate::canonical::MAX_DEPTH;

/// No document is longer: an answer in base64url, and what stands around it.
const MAX_DOCUMENT: usize = MAX_ANSWER / 3 * 4 + 4096;

const BROKEN: EnvelopeError = EnvelopeError::Malformed("not JSON");

/// The value of a field.
pub(super) enum Value<'a> {
    /// A text without escapes.
    Text(&'a str),
    /// A number, as it was written.
    Number(&'a str),
    /// Anything else.
    Other,
}

/// Hands out each field of the one object that `text` is.
pub(super) fn read_object<'a>(
    text: &'a str,
    mut field: impl FnMut(&str, Value<'a>),
) -> Result<(), EnvelopeError> {
    if text.len() > MAX_DOCUMENT {
        return Err(EnvelopeError::TooLarge("problem"));
    }
    let mut scanner = Scanner { text, at: 0 };
    scanner.blank();
    scanner.expect(b'{')?;
    scanner.list(b'}', |scanner| {
        let name = scanner.text()?;
        scanner.blank();
        scanner.expect(b':')?;
        scanner.blank();
        let value = scanner.value(MAX_DEPTH)?;
        if let Value::Text(name) = name {
            field(name, value);
        }
        Ok(())
    })?;
    scanner.blank();
    match scanner.peek() {
        None => Ok(()),
        Some(_) => Err(BROKEN),
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, EnvelopeError> {
        let byte = self.peek().ok_or(BROKEN)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, byte: u8) -> Result<(), EnvelopeError> {
        if self.next()? == byte {
            Ok(())
        } else {
            Err(BROKEN)
        }
    }

    fn pass(&mut self, mut while_it_is: impl FnMut(u8) -> bool) {
        while self.peek().is_some_and(&mut while_it_is) {
            self.at += 1;
        }
    }

    fn blank(&mut self) {
        self.pass(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    }

    /// What stands between a bracket that was read and `end`, with commas between.
    fn list(
        &mut self,
        end: u8,
        mut read: impl FnMut(&mut Self) -> Result<(), EnvelopeError>,
    ) -> Result<(), EnvelopeError> {
        self.blank();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blank();
            read(self)?;
            self.blank();
            match self.next()? {
                b',' => {}
                byte if byte == end => return Ok(()),
                _ => return Err(BROKEN),
            }
        }
    }

    fn value(&mut self, depth: u8) -> Result<Value<'a>, EnvelopeError> {
        let inner = depth.checked_sub(1).ok_or(BROKEN)?;
        match self.peek().ok_or(BROKEN)? {
            b'"' => return self.text(),
            b'-' | b'0'..=b'9' => {
                let from = self.at;
                self.pass(|byte| {
                    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E') || byte.is_ascii_digit()
                });
                return Ok(Value::Number(self.since(from)?));
            }
            b'{' => {
                self.at += 1;
                self.list(b'}', |scanner| {
                    scanner.text()?;
                    scanner.blank();
                    scanner.expect(b':')?;
                    scanner.blank();
                    scanner.value(inner).map(drop)
                })?;
            }
            b'[' => {
                self.at += 1;
                self.list(b']', |scanner| scanner.value(inner).map(drop))?;
            }
            _ => {
                let from = self.at;
                self.pass(|byte| byte.is_ascii_lowercase());
                if !matches!(self.since(from)?, "true" | "false" | "null") {
                    return Err(BROKEN);
                }
            }
        }
        Ok(Value::Other)
    }

    fn text(&mut self) -> Result<Value<'a>, EnvelopeError> {
        self.expect(b'"')?;
        let from = self.at;
        let mut escaped = false;
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.next()?;
                }
                0..=0x1f => return Err(BROKEN),
                _ => {}
            }
        }
        let text = self.text.get(from..self.at - 1).ok_or(BROKEN)?;
        Ok(if escaped {
            Value::Other
        } else {
            Value::Text(text)
        })
    }

    fn since(&self, from: usize) -> Result<&'a str, EnvelopeError> {
        self.text.get(from..self.at).ok_or(BROKEN)
    }
}
