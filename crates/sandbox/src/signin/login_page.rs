//! The page on which a test person logs in. It needs no scripts.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use quick_xml::escape::escape;

/// The form. `wrong` says that what was entered is not a personal number.
pub(crate) fn form(ticket: &str, pid: &str, wrong: bool) -> Response {
    let (ticket, pid) = (escape(ticket), escape(pid));
    let (complaint, described, status) = if wrong {
        let text = "<p id=\"feil\" class=\"feil\" role=\"alert\">Dette er ikke et fødselsnummer: elleve sifre med riktige \
                    kontrollsifre.</p>";
        (text, " aria-invalid=\"true\" aria-describedby=\"hjelp feil\"", StatusCode::BAD_REQUEST)
    } else {
        ("", " aria-describedby=\"hjelp\"", StatusCode::OK)
    };
    let body = format!(
        r#"<h1>Logg inn som testperson</h1>
<p>Dette er sandkassen til skattebro, ikke ID-porten. Skriv aldri inn et ekte fødselsnummer.</p>
<form method="post" action="/idporten/login">
<input type="hidden" name="innlogging" value="{ticket}">
<label for="pid">Syntetisk fødselsnummer</label>
<p id="hjelp">Elleve sifre. Testpersonen som står der, kan brukes som den er.</p>
{complaint}<input id="pid" name="pid" type="text" inputmode="numeric" autocomplete="off" required value="{pid}"{described}>
<div class="valg">
<button id="logg-inn" type="submit" name="valg" value="logg-inn">Logg inn</button>
<button id="avbryt" type="submit" name="valg" value="avbryt" formnovalidate>Avbryt</button>
</div>
</form>"#
    );
    page(status, "Logg inn", &body)
}

/// A login that cannot be gone on with.
pub(crate) fn refused(why: &str) -> Response {
    let body = format!("<h1>Innloggingen kan ikke fortsette</h1>\n<p role=\"alert\">{}</p>", escape(why));
    page(StatusCode::BAD_REQUEST, "Innloggingen kan ikke fortsette", &body)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        r#"<!DOCTYPE html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – skattebros sandkasse</title>
<style>
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }}
label {{ font-weight: 600 }}
input, button {{ font: inherit; padding: .5rem .75rem; border: 2px solid #1a1a1a; border-radius: .25rem }}
input {{ width: 100%; box-sizing: border-box }}
button {{ min-height: 44px; background: #fff; color: #1a1a1a }}
#logg-inn {{ background: #0b4f8a; border-color: #0b4f8a; color: #fff }}
:focus-visible {{ outline: 3px solid #c25700; outline-offset: 2px }}
.valg {{ display: flex; gap: 1rem; margin-top: 1rem }}
.feil {{ color: #a30000; font-weight: 600 }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (status, headers, Html(html)).into_response()
}
