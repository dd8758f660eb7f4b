//! Server and client of one enum: what the one sends under a name, the other reads under it.
//!
//! `cargo run --example axum_backend` runs both. `cargo run --example axum_backend -- URL` reads from a server of yours.

use std::time::Duration;

use axum::extract::Path;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Error, Router};
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use sse_typed::{EventNames, RequestBuilderExt, SseEvents};

/// Untagged, as what an event is stands in its name: the data is the payload alone.
#[derive(Clone, Debug, Serialize, SseEvents)]
#[serde(untagged)]
#[sse(rename_all = "kebab-case")]
enum Order {
    Placed(Basket), // event: placed
    PaymentReceived {
        cents: u32,
    }, // event: payment-received
    Shipped {
        parcels: Vec<String>,
    }, // event: shipped
    #[sse(done)]
    Delivered, // event: delivered, and the stream ends
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Basket {
    number: u32,
    items: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => sse_typed_examples::serve(Router::new().route("/orders/{number}", get(orders))).await? + "/orders/7",
    };
    let mut events = reqwest::Client::new().get(url).sse().connect().await?.incoming::<Order>();
    while let Some(event) = events.try_next().await? {
        println!("{:<16} {:?}", event.event, event.data);
    }
    Ok(())
}

/// The server: what an event is called the enum tells, and serde what it holds.
async fn orders(Path(number): Path<u32>) -> Sse<impl Stream<Item = Result<Event, Error>>> {
    let story = [
        Order::Placed(Basket { number, items: vec!["tea".into(), "cup".into()] }),
        Order::PaymentReceived { cents: 1250 },
        Order::Shipped { parcels: vec!["1Z-999".into()] },
        Order::Delivered,
    ];
    let events = stream::iter(story).then(|order| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Event::default().event(order.event_name()).json_data(&order)
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
