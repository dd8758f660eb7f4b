//! How the text of an event becomes a value.
//!
//! Knows nothing of events: one text in, one value out.

#[cfg(feature = "cbor")]
mod cbor;
mod closure;
pub(crate) mod json;
mod path;

use std::sync::Arc;

#[cfg(feature = "cbor")]
pub use self::cbor::{Alphabet, Cbor};
pub use self::closure::{Closure, Filled, Target};
pub use self::json::Json;
use crate::error::BoxError;

/// Reads the data of an event as a `T`.
///
/// Generic over the payload, so that a format outside serde fits as well: implement it for the types that the format
/// can read. For a format of serde's, a [`Closure`] is less to write.
///
/// ```
/// use sse_typed::Deserializer;
///
/// /// Numbers, separated by commas.
/// struct Csv;
///
/// impl Deserializer<Vec<f64>> for Csv {
///     type Error = std::num::ParseFloatError;
///
///     fn deserialize(&self, data: &str) -> Result<Vec<f64>, Self::Error> {
///         data.split(',').map(str::parse).collect()
///     }
/// }
/// # assert_eq!(Csv.deserialize("1,2.5"), Ok(vec![1.0, 2.5]));
/// ```
#[cfg_attr(
    not(feature = "json"),
    diagnostic::on_unimplemented(
        note = "`Json` reads nothing without the feature `json` of `sse-typed`, which is off"
    )
)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot read an event's data as `{T}`",
    label = "no `Deserializer<{T}>`",
    note = "for `Json`, `Cbor` and closures, `{T}` has to be `serde::de::DeserializeOwned`: put `#[derive(serde::Deserialize)]` on it",
    note = "a variant with `#[sse(text)]` or `#[sse(with = path)]` needs no deserializer"
)]
pub trait Deserializer<T> {
    /// Why data could not be read.
    type Error: Into<BoxError>;

    /// Reads `data`.
    ///
    /// # Errors
    /// When it is no `T`. The event is then an error of the stream; the next ones are not concerned.
    fn deserialize(&self, data: &str) -> Result<T, Self::Error>;

    /// Where in `data` reading fails, such as `items[3].price`. Asked only after it has failed; may read once more.
    fn path(&self, data: &str) -> Option<String> {
        let _ = data;
        None
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T, D: Deserializer<T> + ?Sized> Deserializer<T> for $pointer {
            type Error = D::Error;

            fn deserialize(&self, data: &str) -> Result<T, Self::Error> {
                (**self).deserialize(data)
            }

            fn path(&self, data: &str) -> Option<String> {
                (**self).path(data)
            }
        }
    )*};
}

through!(&D, Box<D>, Arc<D>);
