//! The options of one command: flags and named values, nothing left over.
//!
//! Deliberately not here: what they mean.

use anyhow::{Result, bail};

/// The options that have not been taken yet.
pub struct Arguments {
    command: &'static str,
    rest: Vec<String>,
}

impl Arguments {
    pub fn new(command: &'static str, arguments: &[String]) -> Self {
        Self {
            command,
            rest: arguments.to_vec(),
        }
    }

    /// Whether `name` is there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|argument| argument != name);
        self.rest.len() < before
    }

    /// The value after `name`.
    pub fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.rest.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        if at + 1 >= self.rest.len() {
            bail!("{name} needs a value: see cargo xtask --help");
        }
        let value = self.rest.remove(at + 1);
        self.rest.remove(at);
        Ok(Some(value))
    }

    /// Refuses what nobody took.
    pub fn finish(self) -> Result<()> {
        match self.rest.first() {
            Some(unknown) => {
                bail!(
                    "cargo xtask {} knows no {unknown}: see cargo xtask --help",
                    self.command
                )
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Arguments {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::new("run", &words)
    }

    #[test]
    fn flags_and_values_are_taken_in_any_order() {
        let mut arguments = of("--port 8481 --lan");
        assert!(arguments.flag("--lan"));
        assert_eq!(arguments.value("--port").unwrap().as_deref(), Some("8481"));
        assert!(arguments.finish().is_ok());
    }

    #[test]
    fn an_unknown_option_or_a_missing_value_is_refused() {
        assert!(
            of("--prot 1")
                .finish()
                .is_err_and(|error| error.to_string().contains("--prot"))
        );
        assert!(of("--port").value("--port").is_err());
    }
}
