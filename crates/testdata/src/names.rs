//! Invented names, and numbers of companies that cannot exist

use crate::random::Random;

/// Beings of the folklore, so that nobody takes a name for that of a real place or company
const BEINGS: [&str; 16] = [
    "Trolle",
    "Hulder",
    "Nøkke",
    "Drauge",
    "Tusse",
    "Gygre",
    "Jutul",
    "Vette",
    "Alve",
    "Skrømte",
    "Fossegrim",
    "Åsgårds",
    "Berserk",
    "Sjøorm",
    "Mare",
    "Dverge",
];
const WATERS: [&str; 12] = [
    "fossen", "åa", "elva", "vatnet", "dalen", "hølen", "juvet", "stryket", "bekken", "løken", "osen",
    "tjørna",
];
const TRADES: [&str; 8] = ["kraft", "energi", "strøm", "lys", "vann", "varme", "nett", "verk"];

/// The name of a power plant: "Nøkkehølen kraftverk"
pub(crate) fn plant(random: &mut Random) -> String {
    format!("{}{} kraftverk", random.pick(&BEINGS), random.pick(&WATERS))
}

/// The name of a company: "Huldervarme AS (oppdiktet)", the last word meaning made up
pub(crate) fn company(random: &mut Random) -> String {
    format!("{}{} AS (oppdiktet)", random.pick(&BEINGS), random.pick(&TRADES))
}

/// An organisation number with a right check digit
///
/// Those of real companies begin with 8 or 9; the ones that begin with 3 are synthetic.
pub(crate) fn organisasjonsnummer(random: &mut Random) -> u64 {
    loop {
        let body = 30_000_000 + random.between(0, 9_999_999);
        // A remainder of 1 has no digit; such numbers are not given out.
        if let Some(digit) = check_digit(body) {
            return body * 10 + digit;
        }
    }
}

/// The check digit modulo 11 of the first eight digits
fn check_digit(body: u64) -> Option<u64> {
    const WEIGHTS_FROM_THE_RIGHT: [u64; 8] = [2, 3, 4, 5, 6, 7, 2, 3];
    let mut rest = body;
    let mut sum = 0;
    for weight in WEIGHTS_FROM_THE_RIGHT {
        sum += weight * (rest % 10);
        rest /= 10;
    }
    match sum % 11 {
        0 => Some(0),
        1 => None,
        remainder => Some(11 - remainder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Subject;

    #[test]
    fn check_digits_are_those_of_the_register() {
        // The numbers of Skatteetaten and of Brønnøysundregistrene, both public.
        assert_eq!(check_digit(97_476_107), Some(6));
        assert_eq!(check_digit(97_476_067), Some(3));
    }

    #[test]
    fn organisation_numbers_are_synthetic_and_right() {
        let mut random = Random::new(0, Subject::Plant, 0);
        for _ in 0..500 {
            let number = organisasjonsnummer(&mut random);
            assert_eq!(number / 100_000_000, 3, "{number}");
            assert_eq!(check_digit(number / 10), Some(number % 10), "{number}");
        }
    }
}
