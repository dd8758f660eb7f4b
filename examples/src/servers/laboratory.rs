//! The server of `cbor`.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ciborium::cbor;
use futures::stream;

/// Three measurements in CBOR, as base64.
///
/// # Errors
/// When no port can be had, or a measurement not be written.
pub async fn laboratory() -> io::Result<String> {
    let bins: Vec<f32> = (0..256_u16).map(|bin| (f32::from(bin) / 40.0).sin()).collect();
    let measurements = [
        cbor!({ "kind" => "spectrum", "sensor" => "north", "bins" => bins }),
        cbor!({ "kind" => "fault", "sensor" => "south", "code" => 0x2a }),
        cbor!({ "kind" => "shutdown" }),
    ];
    let events = measurements.into_iter().map(|value| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&value.map_err(io::Error::other)?, &mut bytes).map_err(io::Error::other)?;
        Ok(Event::default().data(BASE64_STANDARD.encode(bytes)))
    });
    let events = events.collect::<io::Result<Vec<_>>>()?;
    let answer = async move || Sse::new(stream::iter(events.into_iter().map(Ok::<_, Infallible>)));
    crate::serve(Router::new().route("/", get(answer))).await
}
