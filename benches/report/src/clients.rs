//! The clients, each as its user would write it: a request, a `match` on the name, `from_str`.

use std::future::Future;

use eventsource_client::Client as _;
use futures::StreamExt as _;
use launchdarkly_sdk_transport::HyperTransport;
use reqwest_sse::EventSource as _;
use sse_typed::{Reconnect, RequestBuilderExt as _};

use crate::messages::{Decode, Message};
use crate::peers::Sink as _;

/// A client that reads so many events of type `M` from a URL, and then goes.
pub trait Client {
    const NAME: &'static str;

    fn run<M: Message>(url: String, events: usize) -> impl Future<Output = usize>;
}

/// Runs `$run` for each client, a bare drain and ours first, as the type `$Client`.
#[macro_export]
macro_rules! for_each_client {
    ($Client:ident => $run:expr) => {
        [
            {
                type $Client = $crate::clients::Drain;
                $run
            },
            {
                type $Client = $crate::clients::Ours;
                $run
            },
            {
                type $Client = $crate::clients::ReqwestEventsource;
                $run
            },
            {
                type $Client = $crate::clients::SseReqwestClient;
                $run
            },
            {
                type $Client = $crate::clients::Sseer;
                $run
            },
            {
                type $Client = $crate::clients::EventsourceClient;
                $run
            },
            {
                type $Client = $crate::clients::ReqwestSse;
                $run
            },
        ]
    };
}

/// Nothing but the bytes.
pub struct Drain;

impl Client for Drain {
    const NAME: &'static str = "reqwest's `chunk()`, nothing read";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let mut response = reqwest::get(url).await.expect("a response");
        while response.chunk().await.expect("a whole body").is_some() {}
        events
    }
}

pub struct Ours;

impl Client for Ours {
    const NAME: &'static str = "sse-typed";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let request = reqwest::Client::new().get(url).sse().reconnect(Reconnect::never());
        let mut stream = request.connect().await.expect("a stream").incoming::<M>();
        let mut seen = 0;
        while seen < events {
            let Some(event) = stream.try_next().await.expect("all is well-formed") else { break };
            std::hint::black_box(event);
            seen += 1;
        }
        seen
    }
}

/// Ours, read ahead by a task of its own.
pub struct OursAhead;

impl Client for OursAhead {
    const NAME: &'static str = "sse-typed, `read_ahead`";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let request = reqwest::Client::new().get(url).sse().reconnect(Reconnect::never());
        let mut stream = request.connect().await.expect("a stream").incoming::<M>().read_ahead(256);
        let mut seen = 0;
        while seen < events {
            let Some(event) = stream.try_next().await.expect("all is well-formed") else { break };
            std::hint::black_box(event);
            seen += 1;
        }
        seen
    }
}

pub struct ReqwestEventsource;

impl Client for ReqwestEventsource {
    const NAME: &'static str = "reqwest-eventsource";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let mut stream = reqwest_eventsource::EventSource::get(url);
        let mut decode = Decode::<M>::default();
        while decode.events < events {
            match stream.next().await {
                Some(Ok(reqwest_eventsource::Event::Message(message))) => decode.event(&message.event, &message.data),
                Some(Ok(reqwest_eventsource::Event::Open)) => {}
                Some(Err(_)) | None => break,
            }
        }
        decode.events
    }
}

pub struct SseReqwestClient;

impl Client for SseReqwestClient {
    const NAME: &'static str = "sse-reqwest-client";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let mut stream = sse_reqwest_client::EventSource::new(reqwest::Client::new().get(url));
        let mut decode = Decode::<M>::default();
        while decode.events < events {
            match stream.next().await {
                Some(Ok(sse_reqwest_client::SseEvent::Message(message))) => {
                    decode.event(&message.event, &message.data);
                }
                Some(Ok(sse_reqwest_client::SseEvent::Open)) => {}
                _ => break,
            }
        }
        decode.events
    }
}

pub struct Sseer;

impl Client for Sseer {
    const NAME: &'static str = "sseer";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let request = reqwest::Client::new().get(url);
        let mut stream = std::pin::pin!(sseer::reqwest::EventSource::new(request).expect("a request"));
        let mut decode = Decode::<M>::default();
        while decode.events < events {
            match stream.next().await {
                Some(Ok(sseer::reqwest::StreamEvent::Event(event))) => decode.event(&event.event, &event.data),
                Some(Ok(sseer::reqwest::StreamEvent::Open)) => {}
                Some(Err(_)) | None => break,
            }
        }
        decode.events
    }
}

pub struct EventsourceClient;

impl Client for EventsourceClient {
    const NAME: &'static str = "eventsource-client";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let transport = HyperTransport::builder().build_http().expect("a transport");
        let client = eventsource_client::ClientBuilder::for_url(&url).expect("a URL").build_with_transport(transport);
        let mut stream = client.stream();
        let mut decode = Decode::<M>::default();
        while decode.events < events {
            match stream.next().await {
                Some(Ok(eventsource_client::SSE::Event(event))) => decode.event(&event.event_type, &event.data),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
        decode.events
    }
}

pub struct ReqwestSse;

impl Client for ReqwestSse {
    const NAME: &'static str = "reqwest-sse";

    async fn run<M: Message>(url: String, events: usize) -> usize {
        let response = reqwest::get(url).await.expect("a response");
        let mut stream = response.events().await.expect("an event stream");
        let mut decode = Decode::<M>::default();
        while decode.events < events {
            match stream.next().await {
                Some(Ok(event)) => decode.event(&event.event_type, &event.data),
                Some(Err(_)) | None => break,
            }
        }
        decode.events
    }
}
