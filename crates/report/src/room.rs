//! How much of a bundle is kept for showing, in bytes, whatever the bundle. What does not fit is counted.

/// Room that is left.
#[derive(Clone, Copy, Debug)]
pub struct Room(usize);

impl Room {
    pub const fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes this much, if there is so much.
    pub fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}
