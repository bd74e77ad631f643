use super::*;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

/// A source that has at most so many bytes ready, each time another number.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    size: usize,
}

impl<'a> Pieces<'a> {
    fn new(text: &'a str, sizes: &'a [usize]) -> Self {
        let mut sizes = sizes.iter().cycle();
        let size = *sizes.next().unwrap();
        Self { rest: text.as_bytes(), sizes, size }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        unreachable!("it is read as a buffer")
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(&self.rest[..self.rest.len().min(self.size)])
    }

    fn consume(&mut self, count: usize) {
        assert!(count <= self.size);
        self.rest = &self.rest[count..];
        self.size -= count;
        if self.size == 0 {
            self.size = *self.sizes.next().unwrap();
        }
    }
}

/// What is decoded of the text, `step` bytes at a time, and what is left of it.
fn read<'a>(text: &'a str, sizes: &'a [usize], step: usize) -> Result<(Vec<u8>, &'a [u8]), ContentError> {
    let mut content = Base64Content::new(Pieces::new(text, sizes));
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; step]);
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok((bytes, content.from.rest)),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) => return Err(error.downcast().unwrap()),
        }
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, String> {
    read(text, &[8192], 8192).map(|(bytes, _)| bytes).map_err(|error| error.to_string())
}

#[test]
fn white_space_is_dropped_however_it_is_written() {
    for size in 1..9 {
        for step in 1..9 {
            let text = "\r\n  aGVs&#13;\nbG8=&#xD;&#xA;\t</content>";
            let sizes = [size];
            let (bytes, rest) = read(text, &sizes, step).unwrap();
            assert_eq!((bytes.as_slice(), rest), (&b"hello"[..], &b"</content>"[..]), "{size}, {step}");
            assert_eq!(read("</content>", &[size], step).unwrap().0, b"");
        }
    }
}

#[test]
fn anything_else_in_the_text_is_refused() {
    assert!(decoded("aG&lt;Vs</content>").unwrap_err().contains("entity"));
    assert!(decoded("aG&#65;Vs</content>").unwrap_err().contains("entity"));
    assert!(decoded("aGVs").unwrap_err().contains("middle"));
    assert!(decoded("aGVs&#1").unwrap_err().contains("middle"));
    assert!(decoded("aGVs\u{a0}</content>").unwrap_err().contains("Invalid symbol"));
    assert!(decoded("aGVs\u{c}</content>").unwrap_err().contains("Invalid symbol"), "no white space of XML");
}

#[test]
fn padding_stands_at_the_end_or_nowhere() {
    for text in ["aGVsbG8=aGVs<", "aGVsbG8=\n aGVs<", "aGVsbG8==<", "aGVsbG8= =<", "a===<", "====<", "aG=s<"]
    {
        for step in [1, 2, 3, 4, 100] {
            assert!(read(text, &[8192], step).is_err(), "{text} in steps of {step}");
        }
    }
    assert!(decoded("aGVsbG8<").unwrap_err().contains("padding"));
    assert!(decoded("aGVsbG9=<").unwrap_err().contains("Invalid last symbol"), "bits that nobody wants");
}

#[test]
fn an_error_tells_where_in_the_whole_text_it_is() {
    let text = format!("{}\n{}*AA<", "AAAA".repeat(10_000), "A".repeat(5));
    for sizes in [&[8192][..], &[5, 7], &[100_000]] {
        let error = read(&text, sizes, 8192).unwrap_err();
        assert_eq!(error.to_string(), "Invalid symbol 42, offset 40005.", "{sizes:?}");
    }
}

fn assert_like_the_plain_decoder(text: &str, sizes: &[usize], step: usize) {
    let symbols: String = text.chars().filter(|c| !" \t\r\n".contains(*c)).collect();
    let plain = STANDARD.decode(&symbols);
    match (read(&format!("{text}</content>"), sizes, step), plain) {
        (Ok((bytes, rest)), Ok(plain)) => assert!(bytes == plain && rest == b"</content>", "{text:?}"),
        (Err(ContentError::Base64(_)), Err(_)) => {}
        (ours, plain) => panic!("{text:?}: {ours:?} and not {plain:?}"),
    }
}

proptest! {
    /// Whatever is ready and asked for at a time, and whatever white space there is: what the plain decoder makes of it.
    #[test]
    fn all_texts_are_read_as_the_plain_decoder_reads_them(
        bytes in prop::collection::vec(any::<u8>(), 0..5000),
        breaks in prop::collection::vec((0usize..7000, "[ \t\r\n]{1,5}"), 0..40),
        sizes in prop::collection::vec(1usize..3000, 1..6),
        step in 1usize..3000,
    ) {
        let mut text = STANDARD.encode(bytes);
        for (at, white_space) in breaks {
            text.insert_str(at.min(text.len()), &white_space);
        }
        assert_like_the_plain_decoder(&text, &sizes, step);
    }

    #[test]
    fn broken_texts_are_refused_as_the_plain_decoder_refuses_them(
        text in "[A-Da-d0-2+/= \n*]{0,40}", sizes in prop::collection::vec(1usize..20, 1..6), step in 1usize..20,
    ) {
        assert_like_the_plain_decoder(&text, &sizes, step);
    }

    /// One wrong symbol in a long text, which is decoded many symbols at a time.
    #[test]
    fn one_wrong_symbol_is_enough(
        mut symbols in prop::collection::vec(prop::sample::select(b"ABCDwxyz0189+/".to_vec()), 400..4000),
        at in any::<prop::sample::Index>(),
        wrong in prop::sample::select(b"*-_=,.:@[`{~\x7f!".to_vec()),
        step in 100usize..3000,
    ) {
        symbols.truncate(symbols.len() / 4 * 4);
        let at = at.index(symbols.len() - 4);
        symbols[at] = wrong;
        let text = String::from_utf8(symbols).unwrap();
        assert_like_the_plain_decoder(&text, &[1 << 20], step);
        let refused = decoded(&format!("{text}<")).is_err();
        prop_assert!(refused);
    }
}
