//! The browser's own log under all databases of the app, begun anew.
//!
//! Chromium keeps IndexedDB in LevelDB. A browser that is killed while it writes may leave the head of a record without its
//! body at the end of the log. The next start takes that for the end, and goes on writing behind it; the start after that
//! takes it for damage, and throws every database of the app away (seen in Chromium 148). A log that was begun anew since
//! holds no such place. Deleting a database makes Chromium begin one; other browsers make nothing of it.
//!
//! Not here: what is in the databases.

/// Made and deleted: nothing is ever in it.
const NAME: &str = "veldpost-log";

/// Makes the browser put what it holds in order and begin a new log: a hundredth of a second, which nobody need wait for. A browser
/// that refuses keeps its log.
pub async fn renew_log() {
    let Ok(factory) = idb::Factory::new() else {
        return;
    };
    let Ok(opening) = factory.open(NAME, None) else {
        return;
    };
    if let Ok(database) = opening.await {
        database.close();
    }
    if let Ok(deleting) = factory.delete(NAME) {
        let _ = deleting.await;
    }
}
