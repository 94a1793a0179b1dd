//! What can go wrong on the device, by what the caller can do about it.
//!
//! Not here: the words on screen, and any part of a row. An error carries no key and no value.

/// A store's refusal. In every case what was committed before is safe, unless the variant says
/// otherwise, and of the batch that failed nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The device has no room. Nothing of this batch was written. Free space, then try again.
    #[error("the device has no room left")]
    Full,
    /// Another window is the writer, or this one never claimed. Nothing of this batch was written.
    /// Read on; claim only when the person asks to go on here.
    #[error("another window writes now")]
    Fenced,
    /// Another window holds an older version of the database open and does not let go. Nothing was
    /// changed. Ask the person to close the other windows, then open again.
    #[error("another window keeps the database from being opened")]
    Blocked,
    /// A newer version of the app made this database. It was left untouched. Reload to get the
    /// newer app.
    #[error("the database has version {found}, this program knows {known}")]
    NewerVersion {
        /// The version on the disk; 0 where the browser does not tell.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The connection went, and a second try did not help; or this handle was closed. Earlier rows
    /// are safe; of the last batch it is not known whether it was written, so read it back, or
    /// commit the same batch again: a batch may be repeated.
    #[error("the connection to the database was lost")]
    Lost,
    /// The browser offers no database here (a private window, storage switched off). Nothing can
    /// be kept; say so before anything is recorded.
    #[error("the browser offers no storage here")]
    Unavailable,
    /// The database was deleted while it was open (site data cleared, or a wipe in another window).
    /// Nothing of it is left. Stop, and say so.
    #[error("the database was deleted")]
    Deleted,
    /// The database answered with something that is not what was written. The other rows may be
    /// whole: read them one by one, set this one aside, and report.
    #[error("the database holds something unreadable")]
    Damaged,
    /// The browser offers no cryptography here (a page that did not come by HTTPS). Nothing was
    /// written. Tell the person to open the app by its proper address.
    #[error("the browser offers no cryptography here")]
    NoCryptography,
    /// The browser did not give the device-bound key back as it was stored. At the first start
    /// nothing is lost, but real records must not be begun; later, what was sealed under the key
    /// stays shut, and all else is safe. Begin again as a new device, keeping the outbox.
    #[error("the browser does not give this device's key back")]
    KeyUnreadable,
    /// Anything else. Nothing of this batch was written. Report it.
    #[error("the database refused: {name}")]
    Other {
        /// The browser's own name for it, such as `DataError`; never its message.
        name: String,
    },
}
