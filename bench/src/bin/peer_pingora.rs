//! `quotah-peer-pingora`: a bare pingora-proxy pass-through, the framework's own way of doing it.

use std::net::SocketAddr;

use async_trait::async_trait;
use clap::Parser;
use pingora_core::server::Server;
use pingora_core::server::configuration::ServerConf;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_proxy::{ProxyHttp, Session, http_proxy_service};

/// A bare pingora-proxy pass-through.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// Where requests go.
    #[arg(long)]
    upstream: SocketAddr,
    /// Threads that serve.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() {
    let arguments = Arguments::parse();
    let conf = ServerConf {
        threads: arguments.threads.max(1),
        grace_period_seconds: Some(0),
        graceful_shutdown_timeout_seconds: Some(0),
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let pass_through = PassThrough {
        upstream: arguments.upstream,
    };
    let mut service = http_proxy_service(&server.configuration, pass_through);
    service.add_tcp(&arguments.listen.to_string());
    server.add_service(service);
    server.run_forever();
}

struct PassThrough {
    upstream: SocketAddr,
}

#[async_trait]
impl ProxyHttp for PassThrough {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(
        &self,
        _session: &mut Session,
        _ctx: &mut (),
    ) -> pingora_core::Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.upstream, false, String::new())))
    }
}
