//! What the example programs share: servers of their own, so that they run anywhere.

pub mod recordings;
pub mod servers;

use std::convert::Infallible;
use std::future::ready;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::{StreamExt, stream};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The URL that the program was given as its first argument, or else the one of `server`, which otherwise never runs.
///
/// # Errors
/// When the server has none.
pub async fn argument_or(server: impl Future<Output = io::Result<String>>) -> io::Result<String> {
    match std::env::args().nth(1) {
        Some(url) => Ok(url),
        None => server.await,
    }
}

/// Serves `app` on a free loopback port in a task of its own, and returns the URL of its root.
///
/// # Errors
/// When no port can be had.
pub async fn serve(app: Router) -> io::Result<String> {
    let (address, _) = serve_at(app, ([127, 0, 0, 1], 0).into()).await?;
    Ok(format!("http://{address}"))
}

/// Serves `app` at this address, until the task is aborted.
///
/// # Errors
/// When the address cannot be had.
pub async fn serve_at(app: Router, address: SocketAddr) -> io::Result<(SocketAddr, AbortHandle)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((address, task.abort_handle()))
}

/// Serves this stream once, whatever the request, and returns its URL. The next request is told that there is no more,
/// with status 204.
///
/// # Errors
/// When no port can be had.
pub async fn replay(text: impl Into<String>) -> io::Result<String> {
    let text = Arc::new(Mutex::new(Some(text.into())));
    let answer = move || {
        let text = text.lock().unwrap_or_else(PoisonError::into_inner).take();
        ready(text.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |text| events(&text)))
    };
    serve(Router::new().fallback(any(answer))).await
}

/// A response that is this stream, in which events come one after another and not all at once.
pub fn events(text: &str) -> Response {
    let events: Vec<_> = text.split_inclusive("\n\n").map(str::to_owned).collect();
    let body = stream::iter(events).then(|event| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(event)
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

/// Shows a piece of a line at once, and not only when the line ends.
pub fn show(text: &str) {
    print!("{text}");
    // Whether somebody looks is not for an example to care about.
    let _ = io::stdout().flush();
}

/// The node at this path of a tree, which is made if it is not there.
pub fn node_at<'a>(tree: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('/').filter(|name| !name.is_empty()).fold(tree, |node, name| {
        if !node.is_object() {
            *node = Value::Object(Map::new());
        }
        &mut node[name]
    })
}
