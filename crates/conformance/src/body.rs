//! Cases of [`Body`].

use sha2::{Digest as _, Sha256};
use skattebro_domain::Digest;
use skattebro_ports::Body;
use std::io::Read;
use std::sync::Arc;

suite! { $
    /// A test for each case of [`Body`](skattebro_ports::Body), given a [`Sample`](crate::body::Sample).
    body for &Sample:
    it_is_as_long_as_it_says,
    it_has_the_digest_that_it_says,
    each_reading_yields_the_same_bytes,
    readings_at_the_same_time_do_not_disturb_each_other,
    a_reading_that_was_given_up_disturbs_no_other,
    small_reads_yield_the_same_bytes,
    behind_the_end_there_is_nothing,
    it_can_be_read_on_another_thread,
    it_does_not_show_what_it_holds,
}

/// A body, and the bytes that it must yield.
#[derive(Debug)]
pub struct Sample {
    /// The body.
    pub body: Arc<dyn Body>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

fn read(body: &dyn Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    body.open().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

async fn it_is_as_long_as_it_says(sample: &Sample) {
    assert_eq!(sample.body.len(), sample.bytes.len() as u64);
    assert_eq!(sample.body.is_empty(), sample.bytes.is_empty());
    assert_eq!(sample.body.len(), read(&*sample.body).len() as u64);
}

async fn it_has_the_digest_that_it_says(sample: &Sample) {
    assert_eq!(sample.body.sha256(), Digest(Sha256::digest(&sample.bytes).into()));
}

async fn each_reading_yields_the_same_bytes(sample: &Sample) {
    for _ in 0..3 {
        assert_eq!(read(&*sample.body), sample.bytes);
        assert_eq!(sample.body.len(), sample.bytes.len() as u64);
    }
}

async fn readings_at_the_same_time_do_not_disturb_each_other(sample: &Sample) {
    let (mut one, mut other) = (sample.body.open().unwrap(), sample.body.open().unwrap());
    let (mut of_one, mut of_other) = (Vec::new(), Vec::new());
    loop {
        let a = one.by_ref().take(7).read_to_end(&mut of_one).unwrap();
        let b = other.by_ref().take(5).read_to_end(&mut of_other).unwrap();
        if a == 0 && b == 0 {
            break;
        }
    }
    assert_eq!((&of_one, &of_other), (&sample.bytes, &sample.bytes));
}

async fn a_reading_that_was_given_up_disturbs_no_other(sample: &Sample) {
    let mut given_up = sample.body.open().unwrap();
    let _ = given_up.read(&mut [0; 3]).unwrap();
    drop(given_up);
    assert_eq!(read(&*sample.body), sample.bytes);
}

async fn small_reads_yield_the_same_bytes(sample: &Sample) {
    let (mut reading, mut bytes, mut byte) = (sample.body.open().unwrap(), Vec::new(), [0]);
    while reading.read(&mut byte).unwrap() == 1 {
        bytes.push(byte[0]);
    }
    assert_eq!(bytes, sample.bytes);
}

async fn behind_the_end_there_is_nothing(sample: &Sample) {
    let mut reading = sample.body.open().unwrap();
    reading.read_to_end(&mut Vec::new()).unwrap();
    for _ in 0..2 {
        assert_eq!(reading.read(&mut [0; 16]).unwrap(), 0);
    }
}

async fn it_can_be_read_on_another_thread(sample: &Sample) {
    let body = sample.body.clone();
    let bytes = tokio::task::spawn_blocking(move || read(&*body)).await.unwrap();
    assert_eq!(bytes, sample.bytes);
}

async fn it_does_not_show_what_it_holds(sample: &Sample) {
    let text = String::from_utf8_lossy(&sample.bytes);
    let shown = format!("{:?}", sample.body);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 12) {
        assert!(!shown.contains(word), "{shown}");
    }
}
