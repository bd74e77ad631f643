//! Generated tax documents of any size, valid against the official schema
//!
//! The documents are synthetic throughout: made-up names, numbers in the ranges that Norway keeps for synthetic
//! companies, amounts drawn by a generator whose seed the caller chooses. Their shape and their redundancy
//! follow a real næringsspesifikasjon of a power company, so what is measured on them (time, memory,
//! compressed size) is what a real document of that size would give.
//!
//! ```
//! use skattebro_testdata::{Naeringsspesifikasjon, skattemelding_upersonlig};
//!
//! # fn main() -> std::io::Result<()> {
//! let specification = Naeringsspesifikasjon::of_megabytes(1).seed(7).partsreferanse("3009876543");
//! let mut document = Vec::new();
//! assert_eq!(specification.write_to(&mut document)?, 1_000_000);
//!
//! let tax_return = skattemelding_upersonlig(2023, "3009876543");
//! assert!(tax_return.contains("<partsnummer>3009876543</partsnummer>"));
//! # Ok(())
//! # }
//! ```

mod naeringsspesifikasjon;
mod names;
mod random;
mod skattemelding;
mod xml;

pub use naeringsspesifikasjon::Naeringsspesifikasjon;
pub use skattemelding::skattemelding_upersonlig;
