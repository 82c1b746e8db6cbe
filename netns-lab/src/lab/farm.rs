//! The real servers: one web server in each of their namespaces, all on one thread.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use backend::{Counters, RealServer, UnusableName};
use socket2::{Domain, Socket, Type};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::experiment::{Answers, Experiment, Server};
use crate::namespace::{Host, HostNetwork, NamespaceError};

/// Connections that the kernel keeps until the server accepts them; `net.core.somaxconn` caps it.
const BACKLOG: i32 = 4096;

/// The real servers could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FarmError {
    /// A namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// A listener.
    #[error("{server} cannot listen")]
    Listen {
        /// The real server.
        server: String,
        /// Why not.
        source: io::Error,
    },
    /// A name that HTTP cannot carry.
    #[error(transparent)]
    Name(#[from] UnusableName),
    /// The thread that serves.
    #[error("cannot start serving")]
    Serve(#[source] io::Error),
}

/// The running real servers; dropping it stops them.
pub struct Farm {
    servers: Vec<Arc<RealServer>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Farm {
    /// Opens a listener in each namespace and serves them all.
    pub fn start(
        host: HostNetwork,
        hosts: &[Host],
        experiment: &Experiment,
    ) -> Result<Self, FarmError> {
        let mut servers = Vec::new();
        let mut listeners = Vec::new();
        for (server, place) in experiment.servers.iter().zip(hosts) {
            let real_server = RealServer::new(&server.name)?;
            if server.answers != Answers::Refuses {
                listeners.push((Arc::clone(&real_server), listen(host, place, server)?));
            }
            if server.answers == Answers::Never {
                real_server.set_answers(backend::Answers::Never);
            }
            servers.push(real_server);
        }
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(FarmError::Serve)?;
        let thread = thread::Builder::new()
            .name("real servers".to_owned())
            .spawn(move || serve(&runtime, listeners, stopped))
            .map_err(FarmError::Serve)?;
        Ok(Self {
            servers,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// What a real server counted, by its place in the experiment.
    pub fn counters(&self, index: usize) -> Counters {
        self.servers[index].counters()
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the real servers' thread panicked");
        }
    }
}

/// Listens on every address of the host: the VIP of direct routing is one of them.
fn listen(host: HostNetwork, place: &Host, server: &Server) -> Result<TcpListener, FarmError> {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, server.address.port());
    let open = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    place.namespace.run(host, |_inside| {
        open().map_err(|source| FarmError::Listen {
            server: server.name.clone(),
            source,
        })
    })
}

fn serve(
    runtime: &runtime::Runtime,
    listeners: Vec<(Arc<RealServer>, TcpListener)>,
    stopped: oneshot::Receiver<()>,
) {
    let tasks = LocalSet::new();
    tasks.block_on(runtime, async {
        for (server, listener) in listeners {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => drop(tokio::task::spawn_local(server.serve(listener))),
                Err(error) => tracing::error!(%error, "{} cannot serve", server.name()),
            }
        }
        // Ends when the farm is dropped.
        let _ = stopped.await;
    });
}
