//! Chance that comes out the same each time.

/// xorshift64*: the same worlds each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap() % n
    }

    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        of.get(self.below(of.len())).unwrap()
    }

    pub fn text(&mut self, of: &[&'static str]) -> &'static str {
        of.get(self.below(of.len())).unwrap()
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}
