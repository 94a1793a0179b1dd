//! Where a run of entries stands: on the shelves of the outbox, of stubs and of originals.
//!
//! Not here: what an entry is. A run is what one commit wrote.

/// The key of a run: its stream, then the place of its first entry in it, so that keys stand in the order of entries.
#[must_use]
pub fn run_key(stream: &[u8; 16], first: u64) -> Vec<u8> {
    [stream.as_slice(), &first.to_be_bytes()].concat()
}

/// What [`run_key`] was made of; none of another key.
#[must_use]
pub fn place_of_run(key: &[u8]) -> Option<([u8; 16], u64)> {
    let (stream, first) = key.split_first_chunk::<16>()?;
    Some((*stream, u64::from_be_bytes(first.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::{place_of_run, run_key};

    #[test]
    fn a_key_tells_what_it_was_made_of_and_another_tells_nothing() {
        let key = run_key(&[7; 16], 258);
        assert_eq!(key.len(), 24);
        assert_eq!(place_of_run(&key), Some(([7; 16], 258)));
        assert!(run_key(&[7; 16], 255) < key);
        for cut in 0..key.len() {
            assert_eq!(place_of_run(&key[..cut]), None);
        }
        assert_eq!(place_of_run(&[key, vec![0]].concat()), None);
    }
}
