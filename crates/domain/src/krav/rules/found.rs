//! Findings while they are collected.

use super::super::Edition;
use crate::{Code, Finding, masking};

/// The findings so far. Every message goes through the mask, so that no rule can forget it.
#[derive(Default)]
pub(super) struct Found(Vec<Finding>);

impl Found {
    pub(super) fn error(
        &mut self,
        code: Code,
        field: impl Into<String>,
        message: impl AsRef<str>,
        advice: impl Into<String>,
    ) {
        self.0.push(Finding::error(code, "", masking::mask(message.as_ref()), advice).in_field(field));
    }

    pub(super) fn warning(
        &mut self,
        code: Code,
        field: impl Into<String>,
        message: impl AsRef<str>,
        advice: impl Into<String>,
    ) {
        self.0.push(Finding::warning(code, "", masking::mask(message.as_ref()), advice).in_field(field));
    }

    /// `field` is filled in, and `edition` does not have it.
    pub(super) fn not_in(&mut self, edition: Edition, field: impl Into<String>) {
        self.error(
            Code::NotInThisEdition,
            field,
            format!("edition {edition} of the API does not have this field, so that what stands there would be lost"),
            "leave it out, or set the edition that the environment serves",
        );
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.0
    }
}

/// `text` as a finding may quote it: no personal number, on one line, and not for ever.
pub(super) fn shown(text: &str) -> String {
    // Masked before it is cut, since a number of which the end is cut off is no longer seen to be one.
    let masked = masking::mask(text);
    let mut out = String::new();
    for c in masked.chars().take(LONGEST) {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    if masked.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

const LONGEST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_short_on_one_line_and_without_a_person() {
        assert_eq!(shown("a\nb"), "a\\nb");
        assert_eq!(shown("K-13895118960"), "K-138951*****");
        assert_eq!(shown(&"æ".repeat(61)), format!("{}…", "æ".repeat(60)));
        assert!(!shown(&format!("{}13895118960", "x".repeat(50))).contains("1389511"));
    }

    #[test]
    fn a_message_is_masked_whoever_wrote_it() {
        let mut found = Found::default();
        found.error(Code::BeloepErIkkeOver0, "f", "it is -13895118960", "a");
        assert_eq!(found.into_findings()[0].message, "it is -138951*****");
    }
}
