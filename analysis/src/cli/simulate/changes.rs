//! Changes on the way: `@5000 rs2 weight 0`.

use analysis::simulate::{
    Change, Moment, Plan, PlannedChange, PlannedServer, Presence, parse_span,
};
use anyhow::{Context, bail};
use director_setup::Weight;

use super::lists;

const FORM: &str = "write '@5000 rs2 weight 0', '@5000 rs2 remove' or '@2s rs3 add 4'";

/// Takes a change into the plan; a server that is added under a new name joins it.
pub fn add(plan: &mut Plan, text: &str) -> anyhow::Result<()> {
    let wrong = || format!("{text:?} is no change: {FORM}");
    let words: Vec<_> = text.split_whitespace().collect();
    let (when, server, change) = match words[..] {
        [when, server, "weight", weight] => (when, server, Change::Weight(of(weight, text)?)),
        [when, server, "remove"] => (when, server, Change::Remove),
        [when, server, "add", weight] => (when, server, Change::Add(of(weight, text)?)),
        [when, server, "add"] => (when, server, Change::Add(Weight::ONE)),
        _ => bail!(wrong()),
    };
    let when = moment(when).with_context(wrong)?;
    let server = match (place(plan, server), change) {
        (Some(place), _) => place,
        (None, Change::Add(weight)) => newcomer(plan, server, weight)?,
        (None, _) => bail!("{text:?}: {}", unknown(plan, server)),
    };
    plan.changes.push(PlannedChange {
        when,
        server,
        change,
    });
    Ok(())
}

fn of(weight: &str, text: &str) -> anyhow::Result<Weight> {
    lists::weight(weight).with_context(|| text.to_owned())
}

/// `@5000`: after so many connections; `@2s`: so long after the start.
fn moment(text: &str) -> anyhow::Result<Moment> {
    let text = text.strip_prefix('@').context("the moment starts with @")?;
    Ok(match text.parse() {
        Ok(connections) => Moment::Connections(connections),
        Err(_) => Moment::Time(parse_span(text)?),
    })
}

/// Where the server of this name stands in the plan.
pub fn place(plan: &Plan, name: &str) -> Option<usize> {
    plan.servers.iter().position(|server| server.name == name)
}

/// What to say about a name that the plan does not have.
pub fn unknown(plan: &Plan, name: &str) -> String {
    let last = plan.servers.len();
    format!("there is no real server {name}: they are called rs1 to rs{last}")
}

fn newcomer(plan: &mut Plan, name: &str, weight: Weight) -> anyhow::Result<usize> {
    let place = plan.servers.len();
    let number = u16::try_from(place).context("too many real servers")?;
    plan.servers.push(PlannedServer {
        name: name.to_owned(),
        presence: Presence::Later,
        ..PlannedServer::numbered(number, weight)
    });
    Ok(place)
}
