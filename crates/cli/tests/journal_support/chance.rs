//! Chance that can be repeated: splitmix64 from a seed that is printed.

use std::time::Duration;

/// Draws numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From the seed in `SKATTEBRO_KILL_SEED`, or a fixed one.
    pub fn of_this_run(test: &str) -> Self {
        let seed = std::env::var("SKATTEBRO_KILL_SEED").map_or(20_261_122, |text| text.parse().unwrap());
        eprintln!("{test}: SKATTEBRO_KILL_SEED={seed}");
        Self(test.bytes().fold(seed, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into())))
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end.max(1)
    }

    /// Between two durations.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let micros = most.saturating_sub(least).as_micros();
        least + Duration::from_micros(self.below(u64::try_from(micros).unwrap() + 1))
    }
}
