//! Where in the data reading fails. Asked only after it has failed, so it costs nothing until then.

use std::marker::PhantomData;

use serde_path_to_error::Track;

/// Reads a `T` and keeps only the place at which that failed; reading this never fails by itself.
pub(super) struct PathOf<T> {
    path: Option<String>,
    read: PhantomData<T>,
}

impl<T> PathOf<T> {
    pub(super) fn into_path(self) -> Option<String> {
        self.path
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for PathOf<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut track = Track::new();
        let failed = T::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track)).is_err();
        Ok(Self { path: failed.then(|| place(track)).flatten(), read: PhantomData })
    }
}

/// The place in words. Knows no type, so that it is compiled once and not for each payload.
fn place(track: Track) -> Option<String> {
    // A single dot is the value itself, which says nothing.
    Some(track.path().to_string()).filter(|path| path != ".")
}
