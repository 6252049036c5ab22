//! The admin plane on pingora's listener, and the ways it and the housekeeper reach the process.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pingora_core::apps::ServerApp;
use pingora_core::protocols::Stream;
use pingora_core::server::ShutdownWatch;

use crate::admin::PeerAddress;

/// Longest wait for a request head on the admin plane.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The admin plane as pingora sees it.
#[derive(Debug)]
pub(super) struct AdminPlane {
    pub(super) router: Router,
}

#[async_trait]
impl ServerApp for AdminPlane {
    async fn process_new(
        self: &Arc<Self>,
        session: Stream,
        shutdown: &ShutdownWatch,
    ) -> Option<Stream> {
        let peer = session
            .get_socket_digest()
            .and_then(|digest| digest.peer_addr()?.as_inet().map(std::net::SocketAddr::ip));
        let router = self.router.clone().layer(axum::Extension(PeerAddress(peer)));
        let service = TowerToHyperService::new(router);
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(64 * 1024)
                .serve_connection(TokioIo::new(session), service)
        );
        let mut shutdown = shutdown.clone();
        tokio::select! {
            // A client that breaks off is no event here.
            _ = connection.as_mut() => return None,
            _ = wait_for(&mut shutdown) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
        None
    }
}

/// pingora's watch guard cannot be held across an await by a task that moves between threads.
async fn wait_for(shutdown: &mut ShutdownWatch) -> Result<(), Infallible> {
    drop(shutdown.wait_for(|stopping| *stopping).await);
    Ok(())
}
