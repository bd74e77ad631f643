//! Crashes, lost answers and clocks that jump: every workflow through everything, on virtual time.
//!
//! The real driver, notations and codecs run over the journal in memory and a model of the service, on one thread. Every touch of a worker
//! with the world is a step; a schedule says at which steps what goes wrong. In the end, what the cases say is held against what the
//! service has: see [`invariants`].
//!
//! `SKATTEBRO_SIM_SEED` and `SKATTEBRO_SIM_SCHEDULES` set another base seed and another number of random schedules;
//! `SKATTEBRO_SIM_REPLAY=<seed>` runs one with its trace.

mod asks;
mod checks;
mod clock;
mod crew;
mod crowd;
mod faults;
mod faulty_journal;
mod hands;
mod innsending;
mod invariants;
mod model_altinn;
mod model_filing;
mod model_krav;
mod plan;
mod planted;
mod random;
mod report;
mod run;
mod scenario;
mod schedules;
mod sent;
mod submissions;

mod tests;
mod truth_filing;
mod truth_innsending;
mod truth_krav;
mod work;
mod world;
