//! Measurements in CBOR, which travels as base64: half the size of the same in JSON, and every float as it was.
//!
//! `cargo run --example cbor` serves a few itself. `cargo run --example cbor -- URL` reads a stream of yours.

use sse_typed::{Cbor, RequestBuilderExt, SseEvents};
use sse_typed_examples::{argument_or, servers};

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
    let url = argument_or(servers::laboratory()).await?;
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
