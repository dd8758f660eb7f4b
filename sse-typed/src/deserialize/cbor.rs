//! CBOR, which travels as base64, since an event's data is text.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::DeserializeOwned;

use super::Deserializer;
use super::path::PathOf;
use crate::error::BoxError;

/// Reads data as CBOR (RFC 8949) in base64 (RFC 4648), through `ciborium`. Padding and line breaks may be there or not.
///
/// ```
/// use sse_typed::{Cbor, Deserializer};
///
/// let numbers: Vec<u8> = Cbor::default().deserialize("ggEC")?;
/// assert_eq!(numbers, [1, 2]);
/// # Ok::<(), sse_typed::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Cbor {
    alphabet: Alphabet,
}

/// Which characters stand for 62 and 63 in base64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alphabet {
    /// Whichever occurs in the data.
    #[default]
    Recognized,
    /// `+` and `/`, RFC 4648 section 4. Others are an error.
    Standard,
    /// `-` and `_`, RFC 4648 section 5. Others are an error.
    UrlSafe,
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

impl Cbor {
    /// A reader of base64 in this alphabet.
    pub fn new(alphabet: Alphabet) -> Self {
        Self { alphabet }
    }

    fn bytes(self, data: &str) -> Result<Vec<u8>, base64::DecodeError> {
        let without_breaks: String;
        let text = if data.bytes().any(|byte| byte.is_ascii_whitespace()) {
            without_breaks = data.split_ascii_whitespace().collect();
            &without_breaks
        } else {
            data
        };
        match self.alphabet {
            Alphabet::UrlSafe => URL_SAFE.decode(text),
            Alphabet::Recognized if text.contains(['-', '_']) => URL_SAFE.decode(text),
            Alphabet::Standard | Alphabet::Recognized => STANDARD.decode(text),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Deserializer<T> for Cbor {
    type Error = BoxError;

    fn deserialize(&self, data: &str) -> Result<T, BoxError> {
        let bytes = self.bytes(data)?;
        let mut rest = &*bytes;
        let value = ciborium::from_reader(&mut rest)?;
        if rest.is_empty() { Ok(value) } else { Err("bytes follow the value".into()) }
    }

    fn path(&self, data: &str) -> Option<String> {
        let bytes = self.bytes(data).ok()?;
        ciborium::from_reader::<PathOf<T>, _>(&*bytes).ok()?.into_path()
    }
}
