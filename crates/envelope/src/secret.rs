//! Secrets of 32 bytes that are wiped when dropped and never printed.
//!
//! Not here: what they are for; each key type of `keys` wraps one.

use crate::RandomBytes;
use core::fmt;
use zeroize::Zeroize;

/// A boxed secret: moving it moves a pointer, so that no copy is left behind on the stack.
#[derive(Clone)]
pub struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Makes a secret from fresh random bytes, written straight to the heap.
    pub fn generate(rng: &mut dyn RandomBytes) -> Self {
        let mut secret = Self(Box::new([0; 32]));
        rng.fill(&mut *secret.0);
        secret
    }

    /// Copies a secret from bytes that the caller wipes.
    #[must_use]
    pub fn copy_from(bytes: &[u8; 32]) -> Self {
        let mut secret = Self(Box::new([0; 32]));
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// Lets `fill` write the secret in place.
    pub(crate) fn made_by(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut secret = Self(Box::new([0; 32]));
        fill(&mut secret.0);
        secret
    }

    /// The bytes themselves.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Overwrites 64 KiB of stack below the caller: curve and cipher code leaves key material in its
/// frames, and in WebAssembly the stack is ordinary memory that a heap snapshot shows.
///
/// Call it when locking, after the secrets were dropped.
#[inline(never)]
pub fn scrub_stack() {
    let mut scratch = [0_u8; 64 * 1024];
    scratch.zeroize();
    core::hint::black_box(&scratch);
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_not_printed() {
        let printed = format!("{:?}", Secret::copy_from(&[0xab; 32]));
        assert_eq!(printed, "Secret(…)");
    }
}
