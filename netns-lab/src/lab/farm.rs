//! The real servers: one web server in each of their namespaces.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use backend::{Counters, RealServer, UnusableName};
use socket2::{Domain, Socket, Type};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

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

/// The real servers of an experiment, and the thread that serves them if they have one of their own;
/// dropping it ends that thread.
pub struct Farm {
    servers: Vec<Arc<RealServer>>,
    thread: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// Open listeners, each with the real server that is to serve it.
pub struct Listeners(Vec<(Arc<RealServer>, TcpListener)>);

impl Farm {
    /// Opens a listener in each namespace. Until they are served, connections wait in the backlog.
    pub fn prepare(
        host: HostNetwork,
        hosts: &[Host],
        experiment: &Experiment,
    ) -> Result<(Self, Listeners), FarmError> {
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
        Ok((
            Self {
                servers,
                thread: None,
            },
            Listeners(listeners),
        ))
    }

    /// Serves on a thread of its own.
    pub fn serve(&mut self, listeners: Listeners) -> Result<(), FarmError> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(FarmError::Serve)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = async {
            tokio::select! {
                () = listeners.serve() => {}
                // The farm was dropped.
                _ = stopped => {}
            }
        };
        let thread = thread::Builder::new().name("real servers".to_owned());
        let thread = thread
            .spawn(move || runtime.block_on(serve))
            .map_err(FarmError::Serve)?;
        self.thread = Some((stop, thread));
        Ok(())
    }

    /// What a real server counted, by its place in the experiment.
    pub fn counters(&self, index: usize) -> Counters {
        self.servers[index].counters()
    }
}

impl Listeners {
    /// Serves until it is dropped.
    pub async fn serve(self) {
        let mut tasks = JoinSet::new();
        for (server, listener) in self.0 {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => drop(tasks.spawn(server.serve(listener))),
                Err(error) => tracing::error!(%error, "{} cannot serve", server.name()),
            }
        }
        while tasks.join_next().await.is_some() {}
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        let Some((stop, thread)) = self.thread.take() else {
            return;
        };
        drop(stop);
        if thread.join().is_err() {
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
