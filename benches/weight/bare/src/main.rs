//! Reads JSON from a response with nothing but reqwest and serde_json.

use serde::Deserialize;

#[derive(Deserialize)]
struct Customer {
    name: String,
}

#[derive(Deserialize)]
struct Product {
    price: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let mut response = reqwest::Client::new().get(url).send().await?;
    while let Some(chunk) = response.chunk().await? {
        if let Ok(customer) = serde_json::from_slice::<Customer>(&chunk) {
            println!("{}", customer.name);
        } else {
            println!("{}", serde_json::from_slice::<Product>(&chunk)?.price);
        }
    }
    Ok(())
}
