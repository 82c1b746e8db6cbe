//! The templates that keep a client with its real server.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use director_setup::{Netmask, Persistence};

use crate::model::ServerId;

/// A template that is still in use when its time is over gets this much more, and is renewed by as
/// much from then on (`expire_later` in `ip_vs_conn_expire` of `ip_vs_conn.c`, Linux 6.1).
const RESPITE: Duration = Duration::from_secs(60);

/// Which template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TemplateId(u64);

/// The templates of a service, by masked client address (`ip_vs_sched_persist` in `ip_vs_core.c`,
/// Linux 6.1, with the default sysctl `expire_quiescent_template` 0).
#[derive(Debug)]
pub(super) struct Templates {
    timeout: Duration,
    netmask: Netmask,
    by_client: HashMap<IpAddr, TemplateId>,
    all: HashMap<TemplateId, Template>,
    /// Every deadline ever set; the template itself says whether it still holds.
    deadlines: BinaryHeap<Reverse<(Duration, TemplateId)>>,
    next: u64,
}

#[derive(Debug)]
struct Template {
    client: IpAddr,
    server: ServerId,
    timeout: Duration,
    expires: Duration,
    /// Connections that came by it and are not forgotten yet.
    connections: u64,
}

impl Templates {
    pub(super) fn new(persistence: &Persistence) -> Self {
        Self {
            timeout: Duration::from_secs(persistence.timeout_seconds.into()),
            netmask: persistence.netmask,
            by_client: HashMap::new(),
            all: HashMap::new(),
            deadlines: BinaryHeap::new(),
            next: 0,
        }
    }

    /// The client's template; one whose server is not listed any more leads nowhere
    /// (`ip_vs_check_template`). Weight 0 and thresholds do not matter.
    pub(super) fn find(
        &mut self,
        client: IpAddr,
        is_listed: impl Fn(ServerId) -> bool,
    ) -> Option<(ServerId, TemplateId)> {
        let client = masked(client, self.netmask);
        let id = *self.by_client.get(&client)?;
        let server = self.all.get(&id)?.server;
        if is_listed(server) {
            return Some((server, id));
        }
        self.by_client.remove(&client);
        None
    }

    /// A template for a client that has none.
    pub(super) fn add(&mut self, client: IpAddr, server: ServerId) -> TemplateId {
        let client = masked(client, self.netmask);
        let id = TemplateId(self.next);
        self.next += 1;
        let template = Template {
            client,
            server,
            timeout: self.timeout,
            expires: Duration::MAX,
            connections: 0,
        };
        self.all.insert(id, template);
        self.by_client.insert(client, id);
        id
    }

    /// A connection comes by the template, which renews it.
    pub(super) fn take(&mut self, id: TemplateId, now: Duration) {
        if let Some(template) = self.all.get_mut(&id) {
            template.connections += 1;
            template.expires = now.saturating_add(template.timeout);
            self.deadlines.push(Reverse((template.expires, id)));
        }
    }

    /// A connection that came by the template is forgotten.
    pub(super) fn leave(&mut self, id: TemplateId) {
        if let Some(template) = self.all.get_mut(&id) {
            template.connections -= 1;
        }
    }

    /// Ends one template whose time is over and gives its server.
    pub(super) fn expire_one(&mut self, now: Duration) -> Option<ServerId> {
        while let Some(&Reverse((deadline, id))) = self.deadlines.peek() {
            if deadline > now {
                return None;
            }
            self.deadlines.pop();
            let Some(template) = self.all.get_mut(&id) else {
                continue;
            };
            if template.expires != deadline {
                continue;
            }
            if template.connections > 0 {
                template.timeout = RESPITE;
                template.expires = deadline.saturating_add(RESPITE);
                self.deadlines.push(Reverse((template.expires, id)));
                continue;
            }
            let Template { client, server, .. } = *template;
            self.all.remove(&id);
            if self.by_client.get(&client) == Some(&id) {
                self.by_client.remove(&client);
            }
            return Some(server);
        }
        None
    }
}

fn masked(client: IpAddr, netmask: Netmask) -> IpAddr {
    match (client, netmask) {
        (IpAddr::V4(client), Netmask::Ipv4(mask)) => {
            Ipv4Addr::from_bits(client.to_bits() & mask.to_bits()).into()
        }
        (IpAddr::V6(client), Netmask::Ipv6(length)) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(length.min(128)))
                .unwrap_or(0);
            Ipv6Addr::from_bits(client.to_bits() & mask).into()
        }
        // A client of the other family cannot come to this service.
        (client, _) => client,
    }
}
