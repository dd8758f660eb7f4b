//! Where in the data reading fails. Asked only after it has failed, so it costs nothing until then.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

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

impl<'de, T: DeserializeOwned> serde::Deserialize<'de> for PathOf<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let error = serde_path_to_error::deserialize::<_, T>(deserializer).err();
        // A single dot is the value itself, which says nothing.
        let path = error.map(|error| error.path().to_string()).filter(|path| path != ".");
        Ok(Self { path, read: PhantomData })
    }
}
