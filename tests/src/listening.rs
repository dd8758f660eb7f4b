//! Sockets on loopback that wait for connections, and serve each in a task of its own.
//!
//! Knows nothing of what is served.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A socket that listens until this is dropped, and the connections with it.
pub(crate) struct Listening {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listening {
    /// Serves each connection as this says; it is asked for one after another, in the order in which they come.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub(crate) async fn new<F>(mut serve: impl FnMut(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            let mut tasks = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                tasks.spawn(serve(socket));
                while tasks.try_join_next().is_some() {}
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
