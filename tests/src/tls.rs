//! TLS in front of a server: what passes is the same, in another envelope.
//!
//! Knows nothing of `sse-typed`, nor of HTTP but the two names that ALPN has for it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::ClientBuilder;
use tokio::io::{AsyncWriteExt as _, copy, copy_bidirectional, split};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::listening::Listening;
use crate::server::lock;

/// ALPN's name of HTTP/1.1.
pub const HTTP_1: &str = "http/1.1";
/// ALPN's name of HTTP/2.
pub const HTTP_2: &str = "h2";

/// A host that clients made here find on loopback, though its name does not say so.
pub const HOST: &str = "feed.test";

/// A certificate for 127.0.0.1 and for [`HOST`], and its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// One that nobody knows yet.
    ///
    /// # Panics
    /// Never.
    pub fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1", HOST].map(str::to_owned)).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
        Self { certificate: cert.der().clone(), key }
    }

    /// A client that trusts this certificate and no other.
    ///
    /// # Panics
    /// Never.
    pub fn trusted(&self) -> ClientBuilder {
        let certificate = reqwest::Certificate::from_der(&self.certificate).expect("a certificate");
        ClientBuilder::new().no_proxy().tls_certs_only([certificate])
    }

    fn acceptor(&self, protocol: &str) -> TlsAcceptor {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("its protocols")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .expect("its key");
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

/// How a connection ends that the server closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// With `close_notify`: nobody but the server has ended it.
    Said,
    /// Without: anybody may have cut it.
    Unsaid,
}

/// TLS in front of a server on loopback. What does not begin as TLS does passes as it is.
pub struct Tls {
    listening: Listening,
    state: Arc<State>,
}

struct State {
    server: SocketAddr,
    protocol: &'static str,
    farewell: Farewell,
    acceptor: Mutex<TlsAcceptor>,
    attempts: watch::Sender<usize>,
    cut: watch::Sender<usize>,
}

impl Tls {
    /// In front of this server, for this protocol.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub async fn before(server: SocketAddr, identity: &Identity, protocol: &'static str, farewell: Farewell) -> Self {
        let state = Arc::new(State {
            server,
            protocol,
            farewell,
            acceptor: Mutex::new(identity.acceptor(protocol)),
            attempts: watch::Sender::new(0),
            cut: watch::Sender::new(0),
        });
        let passing = state.clone();
        Self { listening: Listening::new(move |socket| pass(socket, passing.clone())).await, state }
    }

    /// Shows this certificate from now on.
    pub fn show(&self, identity: &Identity) {
        *lock(&self.state.acceptor) = identity.acceptor(self.state.protocol);
    }

    /// Ends all connections that there are.
    pub fn cut(&self) {
        self.state.cut.send_replace(self.attempts());
    }

    /// How many connections there have been, those that the client did not want included.
    pub fn attempts(&self) -> usize {
        *self.state.attempts.borrow()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address())
    }
}

async fn pass(mut near: TcpStream, state: Arc<State>) {
    /// RFC 8446 section 5.1: the type of a record of the handshake.
    const HANDSHAKE: u8 = 22;

    let _ = near.set_nodelay(true);
    let mut number = 0;
    state.attempts.send_modify(|attempts| {
        *attempts += 1;
        number = *attempts;
    });
    let mut first = [0];
    if near.peek(&mut first).await.is_err() {
        return;
    }
    let Ok(mut far) = TcpStream::connect(state.server).await else { return };
    let _ = far.set_nodelay(true);
    if first != [HANDSHAKE] {
        let _ = copy_bidirectional(&mut near, &mut far).await;
        return;
    }
    let acceptor = lock(&state.acceptor).clone();
    let Ok(near) = acceptor.accept(near).await else { return };
    let (mut from_client, mut to_client) = split(near);
    let (mut from_server, mut to_server) = far.split();
    let mut cut = state.cut.subscribe();
    tokio::select! {
        // The client has left: so does the server's other side, with all that this drops.
        _ = copy(&mut from_client, &mut to_server) => return,
        _ = copy(&mut from_server, &mut to_client) => {}
        _ = cut.wait_for(|cut| *cut >= number) => {}
    }
    let _ = match state.farewell {
        Farewell::Said => to_client.shutdown().await,
        Farewell::Unsaid => from_client.unsplit(to_client).get_mut().0.shutdown().await,
    };
}
