//! CBOR: what was written is read, in each alphabet; any other bytes, and any other text, are a value or an error.

#![no_main]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use sse_typed::{Alphabet, Cbor, Deserializer};

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Payload {
    Unit,
    Number(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Payload>),
    Map(BTreeMap<String, Option<Payload>>),
    Struct { first: u8, second: Option<char>, third: (bool, i128) },
}

fn read<T: serde::de::DeserializeOwned>(data: &str) {
    let cbor = Cbor::default();
    if Deserializer::<T>::deserialize(&cbor, data).is_err() {
        let _ = Deserializer::<T>::path(&cbor, data);
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        read::<ciborium::Value>(text);
        read::<Payload>(text);
    }
    let plain = ciborium::from_reader::<ciborium::Value, _>(&mut &*bytes);
    for text in [STANDARD.encode(bytes), STANDARD_NO_PAD.encode(bytes)] {
        read::<Payload>(&text);
        for alphabet in [Alphabet::Recognized, Alphabet::Standard] {
            let value: Result<ciborium::Value, _> = Cbor::new(alphabet).deserialize(&text);
            // Nothing may follow the value, which `ciborium` alone does not mind.
            assert!(value.is_err() || plain.is_ok());
        }
    }
    for text in [URL_SAFE.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
        for alphabet in [Alphabet::Recognized, Alphabet::UrlSafe] {
            let value: Result<ciborium::Value, _> = Cbor::new(alphabet).deserialize(&text);
            assert!(value.is_err() || plain.is_ok());
        }
    }
    let Ok(value) = ciborium::from_reader::<Payload, _>(&mut &*bytes) else { return };
    let mut written = Vec::new();
    ciborium::into_writer(&value, &mut written).expect("what was read can be written");
    let broken: String = STANDARD
        .encode(&written)
        .as_bytes()
        .chunks(7)
        .map(|line| line.to_vec())
        .fold(String::new(), |text, line| text + std::str::from_utf8(&line).expect("base64 is ASCII") + "\r\n");
    let again: Payload = Cbor::default().deserialize(&broken).expect("what was written can be read");
    assert_eq!(format!("{again:?}"), format!("{value:?}"));
});
