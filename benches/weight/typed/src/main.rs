//! Reads the same as events.

use serde::Deserialize;
use sse_typed::{RequestBuilderExt, SseEvents};

#[derive(Deserialize)]
struct Customer {
    name: String,
}

#[derive(Deserialize)]
struct Product {
    price: u32,
}

#[derive(SseEvents)]
enum Msg {
    Customer(Customer),
    Product(Product),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let mut events = reqwest::Client::new().get(url).sse().connect().await?.incoming::<Msg>();
    while let Some(event) = events.try_next().await? {
        match event.data {
            Msg::Customer(customer) => println!("{}", customer.name),
            Msg::Product(product) => println!("{}", product.price),
        }
    }
    Ok(())
}
