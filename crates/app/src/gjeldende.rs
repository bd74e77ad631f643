use skattebro_domain::{Dokumentreferanse, Dokumenttype, Gjeldende};

/// The reference to the return in force, if it is of the kind that is to be filed.
///
/// # Errors
/// With a clause on why it is not.
pub(crate) fn usable(gjeldende: &Gjeldende, return_type: Dokumenttype) -> Result<Dokumentreferanse, String> {
    match gjeldende.dokumentreferanse() {
        Some(referanse) if referanse.dokumenttype == return_type => Ok(referanse),
        _ => {
            let said = gjeldende.skattemelding.dokumenttype.as_deref().unwrap_or("nothing");
            Err(format!(
                "the current return is of the type {said}, but what is to be filed is a {return_type}"
            ))
        }
    }
}
