//! The lines of an event stream: that there is something, never what.
//!
//! Not here: the connection, and reading a stream's lines out of chunks of it.

/// A comment, sent every 25 s so that nobody takes the connection for dead.
pub const HEARTBEAT: &str = ":\n";

/// There is something up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The position of the last item for this reader.
    pub newest: u64,
    /// Height of the roster's last act.
    pub height: u64,
}

impl Event {
    /// `data: <newest> <height>` and an empty line.
    #[must_use]
    pub fn lines(&self) -> String {
        format!("data: {} {}\n\n", self.newest, self.height)
    }

    /// Reads one line without its end; none for comments, empty lines and all that is not known.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let (newest, height) = line.strip_prefix("data: ")?.split_once(' ')?;
        let number = |text: &str| {
            let number: u64 = text.parse().ok()?;
            (number.to_string() == text).then_some(number)
        };
        Some(Self {
            newest: number(newest)?,
            height: number(height)?,
        })
    }
}
