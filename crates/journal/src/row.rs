//! A row as bytes: its fields in an array, in their order, those at the end that are absent left out.
//!
//! Not here: which rows there are (`rows`) and sealing. A field that a newer version appended is passed over.

use veldpost_envelope::canonical::{Reader, Writer};
use zeroize::Zeroizing;

/// What the journal keeps in a row.
pub trait Row: Sized {
    /// Writes every field, in order.
    fn write(&self, out: &mut Fields);

    /// Reads every field, in order.
    fn read(from: &mut FieldsOf<'_>) -> Option<Self>;

    /// The row, before sealing.
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Fields::default();
        self.write(&mut out);
        Zeroizing::new(out.finish())
    }

    /// What [`Row::to_bytes`] made, here or in another version; `None` for anything else.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let row = read(&mut reader)?;
        reader.end().ok()?;
        Some(row)
    }
}

/// Fields that are being written.
#[derive(Default)]
pub struct Fields {
    fields: Writer,
    number: usize,
    /// How many fields there are up to the last that is not absent, and their bytes.
    kept: (usize, usize),
}

impl Fields {
    fn field(&mut self, absent: bool, write: impl FnOnce(&mut Writer)) {
        write(&mut self.fields);
        self.number += 1;
        if !absent {
            self.kept = (self.number, self.fields.length());
        }
    }

    /// Sixteen or thirty-two bytes, or any.
    pub fn bytes(&mut self, value: &[u8]) {
        self.field(false, |out| _ = out.bytes(value));
    }

    /// The same, or absent.
    pub fn bytes_or_none(&mut self, value: &Option<impl AsRef<[u8]>>) {
        let value = value.as_ref().map(AsRef::as_ref);
        self.field(value.is_none(), |out| _ = out.bytes_or_null(value));
    }

    /// An id.
    pub fn id(&mut self, value: &[u8; 16]) {
        self.bytes(value);
    }

    /// An id, or absent.
    pub fn id_or_none(&mut self, value: &Option<[u8; 16]>) {
        self.bytes_or_none(value);
    }

    /// A hash, or a key's public half.
    pub fn hash(&mut self, value: &[u8; 32]) {
        self.bytes(value);
    }

    /// A number that is never below zero.
    pub fn number(&mut self, value: &(impl Copy + Into<u64>)) {
        let value = (*value).into();
        self.field(false, |out| _ = out.uint(value));
    }

    /// The same, or absent.
    pub fn number_or_none(&mut self, value: &Option<impl Copy + Into<u64>>) {
        let value = value.map(Into::into);
        self.field(value.is_none(), |out| _ = out.uint_or_null(value));
    }

    /// A time: milliseconds since 1970.
    pub fn time(&mut self, value: &i64) {
        self.field(false, |out| _ = out.int(*value));
    }

    /// A text.
    pub fn text(&mut self, value: &str) {
        self.field(false, |out| _ = out.text(value));
    }

    /// A text, or absent.
    pub fn text_or_none(&mut self, value: &Option<String>) {
        self.field(value.is_none(), |out| {
            out.text_or_null(value.as_deref());
        });
    }

    /// True or false.
    pub fn yes_no(&mut self, value: &bool) {
        self.field(false, |out| _ = out.bool(*value));
    }

    /// True, false, or absent.
    pub fn yes_no_or_none(&mut self, value: &Option<bool>) {
        self.field(value.is_none(), |out| {
            _ = match value {
                Some(value) => out.bool(*value),
                None => out.null(),
            }
        });
    }

    /// Texts.
    pub fn texts(&mut self, values: &[String]) {
        self.list(values, |out, value| _ = out.text(value));
    }

    /// Numbers.
    pub fn numbers(&mut self, values: &[u32]) {
        self.list(values, |out, value| _ = out.uint((*value).into()));
    }

    /// A row in a row.
    pub fn row(&mut self, value: &impl Row) {
        self.field(false, |out| write_in(value, out));
    }

    /// Rows in a row.
    pub fn rows(&mut self, values: &[impl Row]) {
        self.list(values, |out, value| write_in(value, out));
    }

    fn list<T>(&mut self, values: &[T], write: fn(&mut Writer, &T)) {
        self.field(false, |out| {
            out.array(values.len());
            values.iter().for_each(|value| write(out, value));
        });
    }

    fn finish(self) -> Vec<u8> {
        let (number, length) = self.kept;
        let fields = Zeroizing::new(self.fields.finish());
        let mut row = Writer::with_capacity(length + 2);
        row.array(number)
            .packed(|row| row.extend_from_slice(fields.get(..length).unwrap_or_default()));
        row.finish()
    }
}

fn write_in(row: &impl Row, out: &mut Writer) {
    let bytes = row.to_bytes();
    out.packed(|out| out.extend_from_slice(&bytes));
}

/// Fields that are being read.
pub struct FieldsOf<'a> {
    reader: Reader<'a>,
    left: usize,
}

impl<'a> FieldsOf<'a> {
    /// The next field, when there is one and it is not absent.
    fn next(&mut self) -> Option<&mut Reader<'a>> {
        self.left = self.left.checked_sub(1)?;
        (!self.reader.null()).then_some(&mut self.reader)
    }

    fn maybe<T>(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<Option<T>> {
        match self.next() {
            None => Some(None),
            Some(reader) => read(reader).map(Some),
        }
    }

    /// Any bytes.
    pub fn bytes(&mut self) -> Option<Vec<u8>> {
        Some(self.next()?.bytes().ok()?.to_vec())
    }

    /// Bytes, or absent.
    pub fn bytes_or_none(&mut self) -> Option<Option<Vec<u8>>> {
        self.maybe(|reader| Some(reader.bytes().ok()?.to_vec()))
    }

    /// An id.
    pub fn id(&mut self) -> Option<[u8; 16]> {
        self.next()?.byte_array().ok()
    }

    /// An id, or absent.
    pub fn id_or_none(&mut self) -> Option<Option<[u8; 16]>> {
        self.maybe(|reader| reader.byte_array().ok())
    }

    /// A hash.
    pub fn hash(&mut self) -> Option<[u8; 32]> {
        self.next()?.byte_array().ok()
    }

    /// A number that is never below zero.
    pub fn number<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.next()?.uint().ok()?).ok()
    }

    /// The same, or absent.
    pub fn number_or_none<T: TryFrom<u64>>(&mut self) -> Option<Option<T>> {
        self.maybe(|reader| T::try_from(reader.uint().ok()?).ok())
    }

    /// A time: milliseconds since 1970.
    pub fn time(&mut self) -> Option<i64> {
        self.next()?.int().ok()
    }

    /// A text.
    pub fn text(&mut self) -> Option<String> {
        text(self.next()?)
    }

    /// A text, or absent.
    pub fn text_or_none(&mut self) -> Option<Option<String>> {
        self.maybe(text)
    }

    /// True or false.
    pub fn yes_no(&mut self) -> Option<bool> {
        self.next()?.bool().ok()
    }

    /// True, false, or absent.
    pub fn yes_no_or_none(&mut self) -> Option<Option<bool>> {
        self.maybe(|reader| reader.bool().ok())
    }

    /// Texts.
    pub fn texts(&mut self) -> Option<Vec<String>> {
        self.list(text)
    }

    /// Numbers.
    pub fn numbers(&mut self) -> Option<Vec<u32>> {
        self.list(|reader| u32::try_from(reader.uint().ok()?).ok())
    }

    /// A row in a row.
    pub fn row<T: Row>(&mut self) -> Option<T> {
        read(self.next()?)
    }

    /// Rows in a row.
    pub fn rows<T: Row>(&mut self) -> Option<Vec<T>> {
        self.list(read)
    }

    /// Nothing is allocated on the word of a length: the vector grows as it is filled.
    fn list<T>(&mut self, read: fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        let reader = self.next()?;
        let mut values = Vec::new();
        for _ in 0..reader.array().ok()? {
            values.push(read(reader)?);
        }
        Some(values)
    }
}

fn text(reader: &mut Reader<'_>) -> Option<String> {
    Some(reader.text().ok()?.to_owned())
}

fn read<T: Row>(reader: &mut Reader<'_>) -> Option<T> {
    let left = reader.array().ok()?;
    let mut fields = FieldsOf {
        reader: reader.clone(),
        left,
    };
    let row = T::read(&mut fields)?;
    let FieldsOf { reader: rest, left } = fields;
    *reader = rest;
    reader.skip_many(left).ok()?;
    Some(row)
}

/// What a row's fields are, once for writing and reading: `Tap { record: id, at: time }`.
macro_rules! row {
    ($($name:ident { $($field:ident: $kind:ident),+ $(,)? })+) => {$(
        impl $crate::row::Row for $name {
            fn write(&self, out: &mut $crate::row::Fields) {
                $(out.$kind(&self.$field);)+
            }

            fn read(from: &mut $crate::row::FieldsOf<'_>) -> Option<Self> {
                Some(Self { $($field: from.$kind()?),+ })
            }
        }
    )+};
}
pub(crate) use row;

#[cfg(test)]
mod tests {
    use super::Row;

    #[derive(Debug, PartialEq)]
    struct Inner {
        number: u8,
        word: Option<String>,
    }

    #[derive(Debug, PartialEq)]
    struct Outer {
        inner: Inner,
        list: Vec<Inner>,
        last: Option<bool>,
    }

    row! {
        Inner { number: number, word: text_or_none }
        Outer { inner: row, list: rows, last: yes_no_or_none }
    }

    fn outer(word: Option<&str>, last: Option<bool>) -> Outer {
        let inner = |number| Inner {
            number,
            word: word.map(str::to_owned),
        };
        Outer {
            inner: inner(1),
            list: vec![inner(2), inner(3)],
            last,
        }
    }

    #[test]
    fn absent_fields_at_the_end_are_left_out_and_read_as_absent() {
        for row in [
            outer(None, None),
            outer(Some("x"), None),
            outer(None, Some(true)),
        ] {
            assert_eq!(Outer::from_bytes(&row.to_bytes()), Some(row));
        }
        assert_eq!(
            outer(None, None).to_bytes()[..],
            [0x82, 0x81, 1, 0x82, 0x81, 2, 0x81, 3]
        );
    }

    #[test]
    fn fields_of_a_newer_version_are_passed_over() {
        let newer = [0x83, 1, 0xf6, 0x61, b'n'];
        let row = Inner {
            number: 1,
            word: None,
        };
        assert_eq!(Inner::from_bytes(&newer), Some(row));
    }

    #[test]
    fn what_is_cut_too_long_or_of_another_kind_is_refused() {
        let bytes = outer(Some("x"), Some(false)).to_bytes();
        for cut in 0..bytes.len() {
            assert_eq!(Outer::from_bytes(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(Outer::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Inner::from_bytes(&[0x81, 0x19, 1, 0]), None, "above 255");
        assert_eq!(
            Inner::from_bytes(&[0x80]),
            None,
            "a field that must be there"
        );
        let lie = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Inner::from_bytes(&lie), None);
    }
}
