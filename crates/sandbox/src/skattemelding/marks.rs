//! What of a document matters to its submission: the attachments it names, and whether it says that an
//! auditor must confirm something.

/// Collected while a document is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The ids in its elements `vedlegg` (and `vedleggsfil`).
    pub(crate) vedlegg: Vec<String>,
    /// Whether an element named `…kalBekreftesAvRevisor` says true.
    pub(crate) revisor: bool,
    /// The depths of the open elements that can have an attachment's id.
    holders: Vec<usize>,
    collecting: Option<Collecting>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Collecting {
    depth: usize,
    of: Of,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Vedlegg,
    Revisor,
}

/// More than any return may have; what follows is not kept.
const MOST: usize = 1000;
/// As much as no id has will do to know that it is none.
const LONGEST: usize = 200;

impl Marks {
    /// An element begins, the root at depth 1.
    pub(super) fn start(&mut self, depth: usize, local: &str) {
        if matches!(local, "vedlegg" | "vedleggsfil") {
            self.holders.push(depth);
        }
        let of = match local {
            "id" if self.holders.last() == Some(&(depth - 1)) => Of::Vedlegg,
            _ if local.ends_with("kalBekreftesAvRevisor") => Of::Revisor,
            _ => return,
        };
        self.collecting.get_or_insert(Collecting { depth, of, text: String::new() });
    }

    /// Text inside of whatever is open.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(collecting) = &mut self.collecting
            && collecting.text.len() < LONGEST
        {
            collecting.text.push_str(text);
        }
    }

    /// The element at this depth ends.
    pub(super) fn close(&mut self, depth: usize) {
        if self.holders.last() == Some(&depth) {
            self.holders.pop();
        }
        let Some(done) = self.collecting.take_if(|collecting| collecting.depth == depth) else { return };
        let text = done.text.trim();
        match done.of {
            Of::Vedlegg if self.vedlegg.len() < MOST => self.vedlegg.push(text.to_owned()),
            Of::Vedlegg => {}
            Of::Revisor => self.revisor |= matches!(text, "true" | "1"),
        }
    }
}
