use crate::masking;

/// A text that is not a value of the type it was parsed as.
///
/// Says what was expected and why this is not it; personal numbers in the text are masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{text}» is not {expected}: {why}")]
pub struct Invalid {
    expected: &'static str,
    text: String,
    why: String,
}

impl Invalid {
    /// A refusal of `text`, which was to be `expected` (with its article: "an organisasjonsnummer").
    pub fn new(expected: &'static str, text: &str, why: impl Into<String>) -> Self {
        // Masked before it is cut: ten digits of a number are no longer recognised as one.
        let masked = masking::mask(text);
        let mut shown: String = masked.chars().take(60).collect();
        if shown.len() < masked.len() {
            shown.push('…');
        }
        Self { expected, text: shown, why: why.into() }
    }

    /// What was expected, in words.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// Why the text is not that.
    pub fn why(&self) -> &str {
        &self.why
    }
}
