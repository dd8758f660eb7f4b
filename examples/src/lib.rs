//! What the example programs share: a server of their own, so that they run anywhere.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

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
