//! The director of one virtual service, as far as it schedules: real servers, scheduler and
//! persistence, without packets and without a connection table.
//!
//! Whoever drives it keeps the connections and says when each becomes active, inactive, and is
//! forgotten; [`crate::replay`] does so from packets.

mod persistence;

use std::net::SocketAddr;
use std::time::Duration;

use director_setup::{Persistence, ServiceFlags};

use crate::model::{
    Activity, Arrival, ListChange, ListError, Model, ModelSettings, RealServers, ServerId,
    ServerSettings, Slot, for_scheduler,
};
use persistence::{TemplateId, Templates};

/// How a service schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorSettings {
    /// Scheduler, flags and kernel.
    pub model: ModelSettings,
    /// Whether and how long a client stays with its real server.
    pub persistence: Option<Persistence>,
}

impl From<ModelSettings> for DirectorSettings {
    /// Without persistence.
    fn from(model: ModelSettings) -> Self {
        Self {
            model,
            persistence: None,
        }
    }
}

/// There is no model of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no model of the scheduler {0}")]
pub struct NoModel(pub String);

/// A connection that the director has scheduled and that is not forgotten yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a connection counts until it is released"]
pub struct Connection {
    server: ServerId,
    activity: Activity,
    template: Option<TemplateId>,
}

impl Connection {
    /// A connection that came by no template, as it is scheduled and then counted.
    pub(crate) const fn without_template(server: ServerId, activity: Activity) -> Self {
        Self {
            server,
            activity,
            template: None,
        }
    }

    /// The real server that has it.
    pub const fn server(&self) -> ServerId {
        self.server
    }

    /// Whether it counts as active.
    pub const fn activity(&self) -> Activity {
        self.activity
    }

    /// Whether it came by a template of persistence: then the kernel never takes its source for a
    /// new connection (`is_new_conn_expected` in `ip_vs_core.c`, Linux 6.1).
    pub const fn is_persistent(&self) -> bool {
        self.template.is_some()
    }
}

/// A virtual service at work.
pub struct Director {
    servers: RealServers,
    model: Box<dyn Model>,
    templates: Option<Templates>,
    one_packet: bool,
}

impl Director {
    /// A service without real servers.
    pub fn new(settings: &DirectorSettings) -> Result<Self, NoModel> {
        let scheduler = &settings.model.scheduler;
        Ok(Self {
            servers: RealServers::new(settings.model.kernel),
            model: for_scheduler(&settings.model).ok_or_else(|| NoModel(scheduler.to_string()))?,
            templates: settings.persistence.as_ref().map(Templates::new),
            one_packet: settings.model.flags.contains(ServiceFlags::ONE_PACKET),
        })
    }

    /// Its real servers.
    pub const fn servers(&self) -> &RealServers {
        &self.servers
    }

    /// Whether every datagram is scheduled for itself.
    pub const fn schedules_single_packets(&self) -> bool {
        self.one_packet
    }

    /// Adds a real server.
    pub fn add(&mut self, server: SocketAddr, settings: ServerSettings) -> Result<(), ListError> {
        let change = self.servers.add(server, settings)?;
        self.list_changed(change);
        Ok(())
    }

    /// Gives a real server another weight or other thresholds.
    pub fn edit(&mut self, server: SocketAddr, settings: ServerSettings) -> Result<(), ListError> {
        let change = self.servers.edit(server, settings)?;
        self.list_changed(change);
        Ok(())
    }

    /// Removes a real server; its connections go on counting if it comes back.
    pub fn remove(&mut self, server: SocketAddr) -> Result<(), ListError> {
        let change = self.servers.remove(server)?;
        self.list_changed(change);
        Ok(())
    }

    fn list_changed(&mut self, change: ListChange) {
        self.model.list_changed(&self.servers, change);
    }

    /// Schedules a new connection, which counts as inactive at first, as in the kernel; `None`
    /// refuses it (`ip_vs_schedule` and `ip_vs_sched_persist` in `ip_vs_core.c`, Linux 6.1).
    pub fn schedule(&mut self, arrival: &Arrival) -> Option<Connection> {
        self.schedule_as(arrival, Activity::Inactive)
    }

    /// The same where the first packet at once gives the connection a state that counts as this:
    /// nothing is scheduled between, so that the models need not hear of both.
    pub(crate) fn schedule_as(
        &mut self,
        arrival: &Arrival,
        activity: Activity,
    ) -> Option<Connection> {
        self.expire_templates(arrival.at);
        let (server, template) = if self.templates.is_some() {
            let (server, template) = self.schedule_persistently(arrival)?;
            (server, Some(template))
        } else {
            (self.pick(arrival)?, None)
        };
        Some(self.bind(server, activity, template))
    }

    /// Takes over a connection that somebody else gave to a server: the kernel, where its choice
    /// was a matter of chance. Neither the scheduler nor persistence is asked.
    pub fn adopt(&mut self, server: ServerId) -> Connection {
        self.bind(server, Activity::Inactive, None)
    }

    fn bind(
        &mut self,
        server: ServerId,
        activity: Activity,
        template: Option<TemplateId>,
    ) -> Connection {
        self.servers.bind(server, activity);
        self.load_changed(server);
        Connection {
            server,
            activity,
            template,
        }
    }

    fn pick(&mut self, arrival: &Arrival) -> Option<ServerId> {
        let slot: Slot = self.model.pick(&self.servers, arrival)?;
        Some(self.servers.at(slot).id)
    }

    fn schedule_persistently(&mut self, arrival: &Arrival) -> Option<(ServerId, TemplateId)> {
        let servers = &self.servers;
        let is_listed = |server| servers.slot_of(server).is_some();
        let client = arrival.client.ip();
        let known = self
            .templates
            .as_mut()
            .and_then(|templates| templates.find(client, is_listed));
        let (server, template) = if let Some(known) = known {
            known
        } else {
            let server = self.pick(arrival)?;
            let template = self.templates.as_mut()?.add(client, server);
            self.servers.bind_template(server);
            self.load_changed(server);
            (server, template)
        };
        self.templates.as_mut()?.take(template, arrival.at);
        Some((server, template))
    }

    /// The connection's state now counts as this.
    pub fn set_activity(&mut self, connection: &mut Connection, to: Activity) {
        if connection.activity != to {
            connection.activity = to;
            self.servers.change(connection.server, to);
            self.load_changed(connection.server);
        }
    }

    /// The connection's entry is gone.
    pub fn release(&mut self, connection: Connection, now: Duration) {
        self.expire_templates(now);
        self.servers.unbind(connection.server, connection.activity);
        self.load_changed(connection.server);
        if let (Some(templates), Some(template)) = (&mut self.templates, connection.template) {
            templates.leave(template);
        }
    }

    fn expire_templates(&mut self, now: Duration) {
        while let Some(server) = self
            .templates
            .as_mut()
            .and_then(|templates| templates.expire_one(now))
        {
            self.servers.unbind_template(server);
            self.load_changed(server);
        }
    }

    fn load_changed(&mut self, server: ServerId) {
        if let Some(slot) = self.servers.slot_of(server) {
            self.model.load_changed(&self.servers, slot);
        }
    }
}

#[cfg(test)]
mod tests;
