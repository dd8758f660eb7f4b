//! JSON, the format of nearly every event stream.

/// Reads data as JSON, through `serde_json`. What a session does unless told otherwise.
///
/// The type is always there, as the default of types that are generic over a deserializer; that it reads anything needs
/// the feature `json`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

#[cfg(feature = "json")]
#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> super::Deserializer<T> for Json {
    type Error = serde_json::Error;

    #[inline]
    fn deserialize(&self, data: &str) -> Result<T, Self::Error> {
        serde_json::from_str(data)
    }

    fn path(&self, data: &str) -> Option<String> {
        path::<T>(data)
    }
}

/// Where reading a `T` fails. What it reads may borrow from the data.
#[cfg(feature = "json")]
pub(crate) fn path<'de, T: serde::Deserialize<'de>>(data: &'de str) -> Option<String> {
    use serde::Deserialize as _;
    let mut deserializer = serde_json::Deserializer::from_str(data);
    super::path::PathOf::<T>::deserialize(&mut deserializer).ok()?.into_path()
}
