//! How a scheduled connection is remembered: no larger than it has to be.

use crate::director::Connection;
use crate::model::{Activity, ServerId};

/// Stands for a connection in the queues of a run.
pub(super) trait Ticket: Copy {
    fn of(connection: Connection) -> Self;

    /// The connection again, in its latest activity, which is given for those that do not know.
    fn connection(self, activity: Activity) -> Connection;

    fn server(self) -> ServerId;
}

/// Without persistence two connections of one real server are alike.
impl Ticket for ServerId {
    fn of(connection: Connection) -> Self {
        connection.server()
    }

    fn connection(self, activity: Activity) -> Connection {
        Connection::without_template(self, activity)
    }

    fn server(self) -> ServerId {
        self
    }
}

/// With persistence each holds a template.
impl Ticket for Connection {
    fn of(connection: Connection) -> Self {
        connection
    }

    fn connection(self, _: Activity) -> Connection {
        self
    }

    fn server(self) -> ServerId {
        Self::server(&self)
    }
}
