//! One enum, read from JSON, from CBOR and through a closure.
//!
//! `cargo run --example quickstart` serves the streams itself, on loopback, and ends with the last of them.

use std::convert::Infallible;

use axum::Router;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::stream;
use serde::{Deserialize, Serialize};
use sse_typed::{Cbor, Deserializer, Error, RequestBuilderExt, Session, SseEvents};

#[derive(Debug, Deserialize, Serialize)]
struct Customer {
    id: u32,
    name: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Product {
    id: u32,
    prices: Vec<u32>,
}

#[derive(Debug, SseEvents)]
enum Msg {
    Customer(Customer), // event: customer
    Product(Product),   // event: product
    #[sse(done)]
    Goodbye, // event: goodbye, and the stream ends
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new()
        .route("/json", shop(|payload| serde_json::to_string(&payload).unwrap_or_default()))
        .route("/cbor", shop(|payload| BASE64_STANDARD.encode(cbor(&payload))))
        .route("/sealed", shop(|payload| BASE64_STANDARD.encode(payload.to_string())));
    let server = sse_typed_examples::serve(app).await?;
    let client = reqwest::Client::new();

    println!("JSON");
    print(client.get(format!("{server}/json")).sse().connect().await?).await?;

    println!("CBOR");
    print(client.get(format!("{server}/cbor")).sse().deserializer(Cbor::default()).connect().await?).await?;

    println!("through a closure");
    let sealed = client.get(format!("{server}/sealed")).sse().deserialize_with(|data, target| {
        target.fill(&mut serde_json::Deserializer::from_slice(&BASE64_STANDARD.decode(data)?))
    });
    print(sealed.connect().await?).await?;
    Ok(())
}

async fn print<D: Deserializer<Customer> + Deserializer<Product>>(session: Session<D>) -> Result<(), Error> {
    let mut events = session.incoming::<Msg>();
    while let Some(event) = events.try_next().await? {
        match event.data {
            Msg::Customer(customer) => println!("  customer {}: {}", customer.id, customer.name),
            Msg::Product(product) => println!("  product {}: {:?}", product.id, product.prices),
            Msg::Goodbye => println!("  goodbye"),
        }
    }
    Ok(())
}

/// A stream of two events and a goodbye, whose payloads `write` turns into text.
fn shop(write: fn(serde_json::Value) -> String) -> axum::routing::MethodRouter {
    get(move || async move {
        let event = |name: &str, payload| Ok::<_, Infallible>(Event::default().event(name).data(write(payload)));
        Sse::new(stream::iter([
            event("customer", serde_json::json!({ "id": 1, "name": "Ada" })),
            event("product", serde_json::json!({ "id": 7, "prices": [420, 399] })),
            event("goodbye", serde_json::Value::Null),
        ]))
    })
}

fn cbor(payload: &serde_json::Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A `Vec` takes all that is written to it.
    let _ = ciborium::into_writer(payload, &mut bytes);
    bytes
}
