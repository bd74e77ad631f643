//! The command line of `logg-inn`, `logg-ut`, `token` and `lege`.

use crate::settings::ApiKind;
use clap::Args;
use skattebro::domain::Identifikator;

#[derive(Debug, Args)]
pub(crate) struct LoggInn {
    /// Only print the address of the login page; do not open a browser.
    #[arg(long)]
    pub(crate) ikke_aapne: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LoggUt {
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// For calls about this party: with a system user, that of this customer.
    #[arg(long = "for", value_name = "ORGNR")]
    pub(crate) part: Option<Identifikator>,
    /// Altinn's token, in exchange for the other.
    #[arg(long)]
    pub(crate) altinn: bool,
    /// The API that it is for: skattemelding or innkreving.
    #[arg(long, value_name = "API", default_value = "skattemelding")]
    pub(crate) api: ApiKind,
    /// Print the token itself and nothing else. Whoever has it can act in your name while it lives.
    #[arg(long)]
    pub(crate) vis: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lege {
    /// The party to try the access for, which with a system user is its customer.
    #[arg(long = "for", value_name = "ORGNR")]
    pub(crate) part: Option<Identifikator>,
    /// The API that is looked at: skattemelding or innkreving.
    #[arg(long, value_name = "API", default_value = "skattemelding")]
    pub(crate) api: ApiKind,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
