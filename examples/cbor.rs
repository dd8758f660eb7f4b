//! Measurements in CBOR, which travels as base64: half the size of the same in JSON, and every float as it was.
//!
//! `cargo run --example cbor` serves a few itself. `cargo run --example cbor -- URL` reads a stream of yours.

use std::convert::Infallible;

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ciborium::cbor;
use futures::stream;
use sse_typed::{Cbor, RequestBuilderExt, SseEvents};

/// The events have no names: `kind` in their data tells what they are, in CBOR as it does in JSON.
#[derive(SseEvents)]
#[sse(tag = "kind")]
enum Measurement {
    Spectrum {
        sensor: String,
        bins: Vec<f32>,
    },
    Fault {
        sensor: String,
        code: u8,
    },
    #[sse(done)]
    Shutdown,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => sse_typed_examples::serve(Router::new().route("/", get(laboratory))).await?,
    };
    let session = reqwest::Client::new().get(url).sse().deserializer(Cbor::default()).connect().await?;
    let mut measurements = session.incoming::<Measurement>();
    while let Some(event) = measurements.try_next().await? {
        match event.data {
            Measurement::Spectrum { sensor, bins } => {
                let peak = bins.iter().copied().fold(f32::MIN, f32::max);
                println!("{sensor}: {} bins, {peak} at most", bins.len());
            }
            Measurement::Fault { sensor, code } => println!("{sensor}: fault {code:#04x}"),
            Measurement::Shutdown => println!("all off"),
        }
    }
    println!("{} bytes", measurements.stats().bytes);
    Ok(())
}

async fn laboratory() -> Result<Sse<impl futures::Stream<Item = Result<Event, Infallible>>>, String> {
    let bins: Vec<f32> = (0..256_u16).map(|bin| (f32::from(bin) / 40.0).sin()).collect();
    let measurements = [
        cbor!({ "kind" => "spectrum", "sensor" => "north", "bins" => bins }),
        cbor!({ "kind" => "fault", "sensor" => "south", "code" => 0x2a }),
        cbor!({ "kind" => "shutdown" }),
    ];
    let events = measurements.into_iter().map(|value| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&value.map_err(|error| error.to_string())?, &mut bytes)
            .map_err(|error| error.to_string())?;
        Ok(Ok(Event::default().data(BASE64_STANDARD.encode(bytes))))
    });
    Ok(Sse::new(stream::iter(events.collect::<Result<Vec<_>, String>>()?)))
}
