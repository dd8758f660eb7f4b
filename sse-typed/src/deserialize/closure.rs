//! A closure that reads every payload type of an enum.

use std::fmt;

use serde::de::DeserializeOwned;

use super::Deserializer;
use super::path::PathOf;
use crate::error::BoxError;

/// A closure as a [`Deserializer`] of every type: it turns the text into whatever deserializer of serde's fits, and
/// hands that to the [`Target`].
///
/// `deserialize_with` makes one in a box, so that the session has a type one can write down; [`Closure::new`] keeps the
/// closure's own type. The closure is called a second time with data that it could not read, to find out where.
///
/// ```
/// # #[cfg(feature = "json")] {
/// use sse_typed::{Closure, Deserializer};
///
/// // Each payload arrives hex-encoded.
/// let unseal = |data: &str| -> Result<Vec<u8>, std::num::ParseIntError> {
///     (0..data.len()).step_by(2).map(|at| u8::from_str_radix(data.get(at..at + 2).unwrap_or(""), 16)).collect()
/// };
/// let sealed_json = Closure::new(move |data, target| {
///     target.fill(&mut serde_json::Deserializer::from_slice(&unseal(data)?))
/// });
/// let numbers: Vec<u8> = sealed_json.deserialize("5b312c325d")?;
/// assert_eq!(numbers, [1, 2]);
/// # }
/// # Ok::<(), sse_typed::BoxError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Closure<F = Box<dyn Fn(&str, Target<'_>) -> Result<Filled, BoxError> + Send + Sync>>(F);

impl<F> Closure<F>
where
    F: Fn(&str, Target<'_>) -> Result<Filled, BoxError>,
{
    /// A deserializer that is this closure.
    pub fn new(f: F) -> Self {
        Self(f)
    }
}

impl<F> fmt::Debug for Closure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closure").finish_non_exhaustive()
    }
}

/// The value that a [`Closure`] is asked for, of a type it need not know.
pub struct Target<'a>(&'a mut dyn Slot);

/// Shows that a [`Target`] was filled, as only [`Target::fill`] returns one.
#[derive(Debug)]
pub struct Filled(());

impl Target<'_> {
    /// Fills the target from a deserializer of serde's, such as `&mut serde_json::Deserializer::from_str(data)`.
    ///
    /// What follows the value in the data is not looked at. To refuse it, ask the deserializer for its end:
    ///
    /// ```
    /// # #[cfg(feature = "json")] {
    /// use sse_typed::{Closure, Deserializer};
    ///
    /// let json = Closure::new(|data, target| {
    ///     let mut deserializer = serde_json::Deserializer::from_str(data);
    ///     let filled = target.fill(&mut deserializer)?;
    ///     deserializer.end()?;
    ///     Ok(filled)
    /// });
    /// let number: Result<u8, _> = json.deserialize("1 and more");
    /// assert!(number.is_err());
    /// # }
    /// ```
    ///
    /// # Errors
    /// When what the deserializer finds is not of the wanted type.
    pub fn fill<'de>(self, deserializer: impl serde::Deserializer<'de>) -> Result<Filled, BoxError> {
        self.0.fill(&mut <dyn erased_serde::Deserializer<'_>>::erase(deserializer))?;
        Ok(Filled(()))
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
    }
}

trait Slot {
    fn fill(&mut self, deserializer: &mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error>;
}

impl<T: DeserializeOwned> Slot for Option<T> {
    fn fill(&mut self, deserializer: &mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error> {
        *self = Some(T::deserialize(deserializer)?);
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<T, F> Deserializer<T> for Closure<F>
where
    T: DeserializeOwned,
    F: Fn(&str, Target<'_>) -> Result<Filled, BoxError>,
{
    type Error = BoxError;

    fn deserialize(&self, data: &str) -> Result<T, BoxError> {
        let mut slot = None;
        let Filled(()) = (self.0)(data, Target(&mut slot))?;
        // Another target can have been filled, by a closure that keeps one: `Filled` does not say which.
        slot.ok_or_else(|| "the closure did not fill its target".into())
    }

    fn path(&self, data: &str) -> Option<String> {
        let mut slot = None::<PathOf<T>>;
        // What the closure says of it has been said the first time.
        drop((self.0)(data, Target(&mut slot)));
        slot?.into_path()
    }
}
