//! Salts for records: the operating system's randomness, drawn some thousand bytes at a time and given out once.

use std::io;

use bundle::writer::SALT;

/// Salts drawn at once.
const DRAWN: usize = 256;

/// Gives salts.
pub struct Salts {
    drawn: [[u8; SALT]; DRAWN],
    /// How many of them are still to be given, from the end.
    left: usize,
}

impl Salts {
    pub fn new() -> Self {
        Self { drawn: [[0; SALT]; DRAWN], left: 0 }
    }

    /// Fills a salt.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn fill(&mut self, salt: &mut [u8; SALT]) -> io::Result<()> {
        if self.left == 0 {
            getrandom::fill(self.drawn.as_flattened_mut()).map_err(io::Error::other)?;
            self.left = DRAWN;
        }
        self.left -= 1;
        let next = self.drawn.get_mut(self.left).ok_or_else(|| io::Error::other("no salt is left"))?;
        // What was given out is not kept.
        *salt = std::mem::take(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn none_is_given_twice() {
        let mut salts = Salts::new();
        let mut given = HashSet::new();
        for _ in 0..3 * DRAWN + 1 {
            let mut salt = [0; SALT];
            salts.fill(&mut salt).unwrap();
            assert!(salt != [0; SALT] && given.insert(salt));
        }
    }
}
