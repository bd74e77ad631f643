use super::*;
use std::io::{BufReader, Read};

const ROW: &str = r#"{"kravtype":"X","skyldner":{"identifikatortype":"PERSON","identifikator":"13895118960"},"hovedstol":{"valuta":"NOK","beloep":1},"oppdragsgiversReferanse":"R","oppdragsgiversKravidentifikator":"K-1","fastsettelsesdato":"2026-03-02"}"#;
const HEADER: &str = "kravtype;identifikator;hovedstol;oppdragsgiversReferanse;fastsettelsesdato;oppdragsgiversKravidentifikator";
const CELLS: &str = "X;13895118960;1;R;2026-03-02;K-1";

fn rows(bytes: impl AsRef<[u8]>) -> Vec<Row> {
    // A tiny buffer, so that every line is put together from parts.
    let reader = BufReader::with_capacity(7, bytes.as_ref());
    Rows::new(reader, None, Edition::V1).map(Result::unwrap).collect()
}

/// Each row as `number@line ok` or `number@line code code`.
fn summary(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let codes = |row: &Row| match &row.content {
        Ok(_) => "ok".to_owned(),
        Err(findings) => findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>().join(" "),
    };
    rows(bytes).iter().map(|row| format!("{}@{} {}", row.number, row.line, codes(row))).collect()
}

/// The object over several lines.
fn pretty() -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(ROW).unwrap()).unwrap()
}

#[test]
fn blank_lines_are_no_rows_but_are_lines() {
    assert_eq!(summary(format!("\n{ROW}\r\n\r\n  \n{ROW}")), ["1@2 ok", "2@5 ok"]);
    assert_eq!(summary(format!("\n{HEADER}\r\n\r\n;;;;;\n{CELLS}\r\n{CELLS}")), ["1@5 ok", "2@6 ok"]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_file() {
    assert_eq!(summary(format!("\u{feff}{ROW}\n")), ["1@1 ok"]);
    let mut csv = Rows::new(format!("\u{feff}{HEADER}\n{CELLS}\n").leak().as_bytes(), None, Edition::V1);
    assert!(csv.next().unwrap().unwrap().content.is_ok());
    assert!(matches!(csv.layout(), Some(Layout(Shape::Csv(header))) if header.has_bom));
}

#[test]
fn the_format_is_told_from_the_first_line() {
    for (bytes, format) in
        [(ROW.to_owned(), RowFormat::JsonLines), (format!("{HEADER}\n{CELLS}"), RowFormat::Csv)]
    {
        let mut rows = Rows::new(bytes.as_bytes(), None, Edition::V1);
        assert_eq!(rows.format(), None);
        assert!(rows.next().unwrap().unwrap().content.is_ok());
        assert_eq!(rows.format(), Some(format));
        assert!(rows.next().is_none());
        assert_eq!(rows.format(), Some(format));
    }
}

#[test]
fn a_broken_row_loses_no_other() {
    for broken in ["{\"kravtype\":\"X\"", "{\"kravtype\":\"X\",", "}", "[]", "\"", "x", "{}", "\0"] {
        let all = summary(format!("{ROW}\n{broken}\n{ROW}\n"));
        assert_eq!(
            (all.len(), all[0].as_str(), all[2].as_str()),
            (3, "1@1 ok", "3@3 ok"),
            "{broken}: {all:?}"
        );
        assert!(!all[1].ends_with("ok"), "{broken}: {all:?}");
    }
    for (broken, code) in [
        ("X;\"13895118960;1;R;2026-03-02;K-1", "row-broken"),
        ("X;\"1\"3;1;R;2026-03-02;K-1", "row-broken"),
        ("X;1", "row-fields"),
        ("X;13895118960;1;R;2026-03-02;K-1;", "row-fields"),
        ("\0", "row-broken"),
    ] {
        let all = summary(format!("{HEADER}\n{CELLS}\n{broken}\n{CELLS}\n"));
        assert_eq!(all, ["1@2 ok".to_owned(), format!("2@3 {code}"), "3@4 ok".to_owned()], "{broken}");
    }
}

#[test]
fn a_line_break_between_quotes_breaks_its_rows_and_no_more() {
    let file = format!("{HEADER}\n\"X\nY\";13895118960;1;R;2026-03-02;K-1\n{CELLS}\n");
    assert_eq!(summary(file), ["1@2 row-broken", "2@3 row-broken", "3@4 ok"]);
}

#[test]
fn a_row_that_is_not_utf8_says_which_byte() {
    let mut file = format!("{HEADER}\n{CELLS}\nb").into_bytes();
    let at = file.len();
    file.extend_from_slice(format!("\u{e5};13895118960;1;R;2026-03-02;K-1\n{CELLS}\n").as_bytes());
    // One byte, as in Latin-1.
    file.splice(at..at + 2, [0xe5]);
    let all = rows(&file);
    let finding = &all[1].content.as_ref().unwrap_err()[0];
    assert_eq!((finding.code, finding.row, finding.place.unwrap().line), (Code::NotUtf8, Some(2), 3));
    assert!(
        finding.message.contains(&format!("byte {at} (0xE5)")) && finding.advice.contains("UTF-8"),
        "{finding}"
    );
    assert!(all[2].content.is_ok());
}

#[test]
fn a_file_that_is_nothing_is_one_row_with_the_number_0() {
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
    for (file, code, row) in [
        (b"".to_vec(), "empty-file", None),
        (b"\n \r\n".to_vec(), "empty-file", None),
        (b"\xef\xbb\xbf".to_vec(), "empty-file", None),
        (format!("{HEADER}\n").into_bytes(), "empty-file", None),
        (utf16, "not-utf8", None),
        (with_mark, "not-utf8", None),
        (format!("[{ROW}]").into_bytes(), "row-broken", None),
        (format!("[\n{ROW},\n{ROW}\n]").into_bytes(), "row-broken", None),
        (b"a\xe5;b\n".to_vec(), "not-utf8", Some(0)),
        (vec![b'a'; LONGEST + 1], "row-too-long", Some(0)),
        (format!("{HEADER};x\n{CELLS};1\n").into_bytes(), "field-unknown", Some(0)),
    ] {
        let all = rows(&file);
        assert_eq!((all.len(), all[0].number), (1, 0), "{all:?}");
        let findings = all[0].content.as_ref().unwrap_err();
        let shown = String::from_utf8_lossy(&file[..file.len().min(60)]);
        assert_eq!(
            (findings.len(), findings[0].code.as_str(), findings[0].row),
            (1, code, row),
            "{shown}: {findings:?}"
        );
    }
}

#[test]
fn a_list_is_told_to_be_rows() {
    let all = rows("[\n{}\n]");
    assert!(all[0].content.as_ref().unwrap_err()[0].message.contains("one object a line"));
}

#[test]
fn objects_over_several_lines_are_read_if_the_first_is_one() {
    let pretty = pretty();
    assert_eq!(summary(&pretty), ["1@1 ok"]);
    assert_eq!(summary(format!("\n{pretty}\n")), ["1@2 ok"]);
    assert_eq!(summary(pretty.replace('\n', "\r\n")), ["1@1 ok"]);
    let lines = pretty.lines().count();
    let next = |from: usize| from + lines;
    assert_eq!(
        summary(format!("{pretty}\n{pretty}\n{ROW}")),
        ["1@1 ok".to_owned(), format!("2@{} ok", next(1)), format!("3@{} ok", next(next(1))),]
    );
    // Without indentation an object inside begins a line as well.
    let flat: String = pretty.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    assert_eq!(summary(flat.replace(": {", ":\n{")), ["1@1 ok"]);
}

#[test]
fn an_object_that_is_not_closed_loses_no_other() {
    let pretty = pretty();
    let unclosed = pretty.trim_end_matches('}').trim_end();
    let lines = unclosed.lines().count();
    let file = format!("{unclosed}\n{pretty}\n{pretty}\n");
    assert_eq!(
        summary(file),
        ["1@1 row-broken".to_owned(), format!("2@{} ok", lines + 1), format!("3@{} ok", 2 * lines + 2)]
    );
}

#[test]
fn a_mistake_in_an_object_over_several_lines_is_told_with_its_line() {
    let pretty = pretty().replace("\"beloep\": 1", "\"beloep\": 1.5");
    let line = 1 + pretty.lines().position(|line| line.contains("beloep")).unwrap() as u64;
    let all = rows(format!("\n{pretty}"));
    let finding = &all[0].content.as_ref().unwrap_err()[0];
    assert_eq!((finding.field.as_str(), finding.place.unwrap().line), ("hovedstol.beloep", line + 1));
    assert_eq!(all[0].given_id.as_deref(), Some("K-1"));
}

#[test]
fn a_first_row_that_was_cut_off_loses_no_other() {
    let cut = &ROW[..ROW.len() - 20];
    assert_eq!(summary(format!("{cut}\n{ROW}\n{ROW}\n")), ["1@1 row-broken", "2@2 ok", "3@3 ok"]);
}

#[test]
fn a_row_that_is_too_long_is_passed_over() {
    let long = "x".repeat(LONGEST);
    let all = summary(format!("{ROW}\n{{\"kravtype\":\"{long}\"}}\n{ROW}\n"));
    assert_eq!(all, ["1@1 ok", "2@2 row-too-long", "3@3 ok"]);
    let all = summary(format!("{HEADER}\n{long};;;;;\n{CELLS}\n"));
    assert_eq!(all, ["1@2 row-too-long", "2@3 ok"]);
    let pretty = pretty();
    let filler = "  \"x\": [\n".to_owned() + &"    1,\n".repeat(LONGEST / 4);
    let all = rows(format!("{{\n{filler}    1\n  ]\n}}\n{pretty}\n{{\n{long}{long}\n}}\n{pretty}"));
    let codes: Vec<_> =
        all.iter().map(|row| row.content.as_ref().err().map(|findings| findings[0].code)).collect();
    assert_eq!(codes, [Some(Code::RowTooLong), None, Some(Code::RowTooLong), None]);
}

#[test]
fn annotations_are_kept_beside_the_krav() {
    let row = |annotations: &str| rows(ROW.replacen('{', &format!("{{{annotations},"), 1)).remove(0);
    let annotated = row(r#""_erstatter":"K-0","_aarsaker":["en","to | tre"]"#);
    assert!(annotated.content.is_ok());
    let aarsaker = vec!["en".to_owned(), "to | tre".to_owned()];
    assert_eq!(annotated.extras, Extras { erstatter: Some("K-0".into()), aarsaker });
    for (annotation, field) in [
        (r#""_erstatter":1"#, "_erstatter"),
        (r#""_aarsaker":"en""#, "_aarsaker"),
        (r#""_aarsaker":["en",1]"#, "_aarsaker[1]"),
        (r#""_ukjent":1"#, "_ukjent"),
    ] {
        let findings = row(annotation).content.unwrap_err();
        assert_eq!((findings.len(), findings[0].field.as_str()), (1, field), "{findings:?}");
    }
}

#[test]
fn a_doubled_id_is_no_given_id() {
    let doubled = ROW.replacen('{', r#"{"oppdragsgiversKravidentifikator":"K-2","#, 1);
    assert_eq!(rows(doubled)[0].given_id, None);
}

#[test]
fn after_an_error_of_the_reader_there_is_nothing_more() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let text = format!("{ROW}\n{ROW}");
    let mut rows = Rows::new(BufReader::new(text.as_bytes().chain(Broken)), None, Edition::V1);
    assert!(rows.next().unwrap().is_ok());
    assert!(rows.next().unwrap().is_err());
    assert!(rows.next().is_none());
}

#[test]
fn debug_shows_no_person() {
    for file in [ROW.replace("K-1", "13895118960").replace("2026", "x"), format!("{HEADER}\nX;13895118960")] {
        let shown = format!("{:?}", rows(file));
        assert!(!shown.contains("13895118960"), "{shown}");
    }
}
