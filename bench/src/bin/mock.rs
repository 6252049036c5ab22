//! `quotah-mock`: the scripted provider as a program. Prints its base URL on one line, then serves.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use quotah_bench::mock::{Identity, Keep, Mock, Options, Script, Transport, Version};

/// A mock AI provider: answers like OpenAI, Anthropic and Gemini; `x-mock-…` request headers say how.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Certificate and key, PEM files.
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"], conflicts_with = "tls_self_signed")]
    tls: Option<Vec<PathBuf>>,
    /// Speak TLS with a fresh certificate for localhost, and write it here.
    #[arg(long, value_name = "CERT")]
    tls_self_signed: Option<PathBuf>,
    /// Speak h2: by prior knowledge in clear text, by ALPN over TLS.
    #[arg(long)]
    h2: bool,
    /// Threads that serve.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(arguments.threads.max(1))
        .enable_all()
        .build()?;
    let options = Options {
        listen: arguments.listen,
        transport: transport(&arguments)?,
        version: if arguments.h2 {
            Version::Http2
        } else {
            Version::Http1
        },
        keep: Keep::Books,
    };
    runtime.block_on(async {
        let mock = Mock::start(options, Script::default()).await?;
        writeln!(std::io::stdout(), "{}", mock.url())?;
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}

fn transport(arguments: &Arguments) -> Result<Transport, Box<dyn std::error::Error>> {
    if let Some([cert, key]) = arguments.tls.as_deref() {
        let (cert, key) = (
            std::fs::read_to_string(cert)?,
            std::fs::read_to_string(key)?,
        );
        return Ok(Transport::Tls(Identity::from_pem(cert, key)));
    }
    let Some(path) = &arguments.tls_self_signed else {
        return Ok(Transport::Plain);
    };
    let identity = Identity::self_signed()?;
    std::fs::write(path, identity.cert_pem())?;
    Ok(Transport::Tls(identity))
}
