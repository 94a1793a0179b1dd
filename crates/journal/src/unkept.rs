//! Drafts that the store refused: sealed as they would have been written, in memory until there is room for them.
//!
//! Not here: sealing and reading them (`drafts`). They go with the page, as it is said to whoever is told that saving failed.

use veldpost_store::Row;

type Record = [u8; 16];

/// What is on its way or was refused: a handful, so a list.
#[derive(Default)]
pub(crate) struct Unkept {
    /// How many drafts were begun to be written.
    begun: u64,
    forms: Vec<Form>,
}

struct Form {
    record: Record,
    /// The newest draft that is on its way or was refused.
    newest: u64,
    refused: Option<Refused>,
}

/// A row, and which of the drafts it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    number: u64,
    row: Vec<u8>,
}

impl Unkept {
    fn form(&mut self, record: &Record) -> Option<&mut Form> {
        self.forms.iter_mut().find(|form| form.record == *record)
    }

    /// A draft is on its way to the disk: its number.
    pub fn begins(&mut self, record: Record) -> u64 {
        self.begun += 1;
        let newest = self.begun;
        match self.form(&record) {
            Some(form) => form.newest = newest,
            None => self.forms.push(Form {
                record,
                newest,
                refused: None,
            }),
        }
        newest
    }

    /// It is there, and stands for those before it.
    pub fn kept(&mut self, record: &Record, number: u64) {
        let Some(form) = self.form(record) else {
            return;
        };
        form.refused.take_if(|refused| refused.number <= number);
        if form.newest == number {
            self.end(record);
        }
    }

    /// It was refused, and waits here: unless a newer one is on its way, or its form ended.
    pub fn refused(&mut self, record: &Record, number: u64, row: Vec<u8>) {
        if let Some(form) = self.form(record).filter(|form| form.newest == number) {
            form.refused = Some(Refused { number, row });
        }
    }

    /// Its form ends. What waited, should that be refused too.
    pub fn end(&mut self, record: &Record) -> Option<Refused> {
        let place = self.forms.iter().position(|form| form.record == *record)?;
        self.forms.swap_remove(place).refused
    }

    /// The form did not end.
    pub fn put_back(&mut self, record: Record, waited: Refused) {
        if self.form(&record).is_none() {
            self.forms.push(Form {
                record,
                newest: waited.number,
                refused: Some(waited),
            });
        }
    }

    /// Of those that wait the first with a higher number: record, number, row.
    pub fn after(&self, number: u64) -> Option<(Record, u64, Vec<u8>)> {
        let refused = |form: &'_ Form| Some((form.record, form.refused.clone()?));
        let waiting = self.forms.iter().filter_map(refused);
        let higher = waiting.filter(|(_, it)| it.number > number);
        let (record, it) = higher.min_by_key(|(_, it)| it.number)?;
        Some((record, it.number, it.row))
    }

    /// Whether any waits.
    pub fn has_any(&self) -> bool {
        self.forms.iter().any(|form| form.refused.is_some())
    }

    /// Whether a draft of this form does.
    pub fn waits(&self, record: &Record) -> bool {
        let of_form = |form: &Form| form.record == *record && form.refused.is_some();
        self.forms.iter().any(of_form)
    }

    /// What waits is newer than what is on the disk.
    pub fn lay_over(&self, rows: &mut Vec<Row>) {
        for form in &self.forms {
            if let Some(refused) = &form.refused {
                rows.retain(|(key, _)| *key != form.record);
                rows.push((form.record.to_vec(), refused.row.clone()));
            }
        }
    }

    /// Another row in its place, newer than one that is being tried again. `false`: it does not wait here.
    pub fn changed(&mut self, record: &Record, row: &[u8]) -> bool {
        let waits = self.waits(record);
        if waits {
            let number = self.begins(*record);
            self.refused(record, number, row.to_vec());
        }
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Record = [1; 16];

    fn waits(unkept: &Unkept) -> Vec<Vec<u8>> {
        let mut number = 0;
        let next = || {
            let (_, newer, row) = unkept.after(number)?;
            number = newer;
            Some(row)
        };
        core::iter::from_fn(next).collect()
    }

    #[test]
    fn the_newest_that_was_refused_waits_until_a_newer_one_is_kept() {
        let mut unkept = Unkept::default();
        let (first, second) = (unkept.begins(FORM), unkept.begins(FORM));
        unkept.refused(&FORM, first, vec![1]);
        assert!(waits(&unkept).is_empty(), "the second is on its way");
        unkept.refused(&FORM, second, vec![2]);
        assert_eq!(waits(&unkept), [[2]]);
        unkept.kept(&FORM, first);
        assert_eq!(waits(&unkept), [[2]], "an answer that comes late");
        // Closed while it is tried again: that one is newer.
        assert!(unkept.changed(&FORM, &[3]));
        unkept.kept(&FORM, second);
        assert_eq!(waits(&unkept), [[3]]);
        let third = unkept.begins(FORM);
        assert_eq!(waits(&unkept), [[3]], "until that is on the disk");
        unkept.kept(&FORM, third);
        assert!(waits(&unkept).is_empty());
    }

    #[test]
    fn a_form_that_ended_leaves_nothing_and_one_that_did_not_everything() {
        let mut unkept = Unkept::default();
        let number = unkept.begins(FORM);
        unkept.refused(&FORM, number, vec![1]);
        let late = unkept.begins(FORM);
        let waited = unkept.end(&FORM).unwrap();
        unkept.refused(&FORM, late, vec![2]);
        assert!(waits(&unkept).is_empty());
        unkept.put_back(FORM, waited.clone());
        assert_eq!(waits(&unkept), [[1]]);
        let newer = unkept.begins(FORM);
        unkept.kept(&FORM, newer);
        assert_eq!(unkept.end(&FORM), None);
        unkept.begins(FORM);
        unkept.put_back(FORM, waited);
        assert!(waits(&unkept).is_empty(), "a newer one is on its way");
    }
}
