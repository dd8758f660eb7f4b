//! One enum, read from JSON, from CBOR and through a closure.
//!
//! `cargo run --example quickstart` serves the streams itself, on loopback, and ends with the last of them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use sse_typed::{Cbor, Deserializer, Error, RequestBuilderExt, Session, SseEvents};

#[derive(Debug, Deserialize)]
struct Customer {
    id: u32,
    name: String,
}

#[derive(Debug, Deserialize)]
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
    let server = sse_typed_examples::servers::shop().await?;
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
