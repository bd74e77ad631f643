//! Krav as JSON and CSV: requests out, answers in, rows from files.
//!
//! | function | from | to |
//! |---|---|---|
//! | [`write_opprett`], [`write_endring`], [`write_avskriving`] | what is asked | the body of a request |
//! | [`read_opprett`] | such a body | the same, or everything that is wrong with its form |
//! | [`read_opprettet`], [`read_transaksjon`], [`read_mottak`], [`read_valideringsfeil`], [`read_avstemming`], [`read_detaljer`] | the body of an answer | what the service says |
//! | [`Rows`] | a file of krav | its rows, one at a time, each a krav or everything that is wrong with its form |
//! | [`RowWriter`] | krav and broken rows, and why they were refused | a file to correct and send again |
//!
//! What goes out and what comes from a file is read strictly: a field that is not known would be lost, so it is a
//! [`Finding`](skattebro_domain::Finding). Answers are read leniently: fields that are not known are passed over. What a krav *means*
//! is for [`check`](skattebro_domain::krav::rules::check) to say. No finding and no error shows a personal number whole.
//!
//! # Files
//!
//! A file is UTF-8, with or without a byte order mark, and has lines of at most 1 MiB. One that cannot be read at all, or has no
//! rows, is a single [`Row`] with the number 0.
//!
//! **JSON Lines**: the API's own request objects, one a line. Two fields more are allowed, which are never sent: `_erstatter` (a text:
//! the id of the krav that this one replaces) and `_aarsaker` (a list of texts: why it was refused). Objects that go over several lines
//! are read as well if the first one does.
//!
//! **CSV**: `;` or `,` between the cells, quotes as in RFC 4180, but a row is one line. The first line has the columns' names, in any
//! order. An empty cell is an absent field; a row of only empty cells is passed over.
//!
//! | column | holds |
//! |---|---|
//! | `kravtype` | demanded |
//! | `identifikatortype` | `PERSON` or `ORGANISASJON`; without it told from the number: 11 digits or 9 |
//! | `identifikator` | demanded |
//! | `hovedstol` | demanded; whole kroner |
//! | `rente1Beloep`, `rente1IlagtDato`, `rente1Type` | interest; likewise 2 to 9 |
//! | `oppdragsgiversReferanse` | demanded; in edition 2023 it is `oppdragsgiversSaksnummer` |
//! | `oppdragsgiversKravidentifikator` | |
//! | `fastsettelsesdato` | demanded; dates are written 2025-12-31 |
//! | `foreldelsesfristensUtgangspunkt`, `tilleggsfristEtterForeldelsesloven` | dates |
//! | `tilbakekrevingsperiodeFom`, `tilbakekrevingsperiodeTom`, `stoenadstype`, `ytelserForAvregning` | NAV's tilleggsinformasjon |
//! | `periodeFom`, `periodeTom`, `stoppdatoForLoependeMulkt` | that of Brønnøysundregistrene |
//! | `erstatter`, `aarsaker` | as `_erstatter` and `_aarsaker`, the latter joined by ` \| ` |
//!
//! Source: contract page `innkreving.md`.

mod answers;
mod cells;
mod columns;
mod csv;
mod json;
mod lines;
mod reader;
mod request;
mod row;
mod row_writer;
mod rows;
mod values;
mod wire;

pub use answers::{
    AnswerError, read_avstemming, read_detaljer, read_mottak, read_opprettet, read_transaksjon,
    read_valideringsfeil,
};
pub use request::read_opprett;
pub use row::{Extras, Layout, RawRow, Row, RowFormat};
pub use row_writer::{RowWriteError, RowWriter};
pub use rows::Rows;
pub use wire::{PeriodNames, write_avskriving, write_endring, write_opprett};

#[cfg(test)]
mod tests;
