use std::process::{Command, Stdio};
use url::Url;

/// Opens a page in the person's browser. Whether one could be started; it is not waited for.
pub(super) fn open(page: &Url) -> bool {
    // Other addresses would start other programs.
    if !matches!(page.scheme(), "http" | "https") {
        return false;
    }
    let [program, arguments @ ..] = &*opener() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(page.as_str());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

/// The platform's way. On Windows it is what `start` comes to, without the shell, which would take the `&` of an address for its own.
fn opener() -> Vec<&'static str> {
    if cfg!(target_os = "windows") {
        vec!["rundll32", "url.dll,FileProtocolHandler"]
    } else if cfg!(target_os = "macos") {
        vec!["open"]
    } else {
        vec!["xdg-open"]
    }
}
