//! Every way to list, and what to make of what the programs say.

/// The listings whose services come in an order that does not depend on the namespace, but for
/// addresses that are far apart.
pub const EVERYWHERE: [&str; 13] = [
    "-L",
    "-L -n",
    "-L -n --stats",
    "-L -n --stats --exact",
    "-L -n --rate",
    "-L -n --rate --exact",
    "-L -n --thresholds",
    "-L --persistent-conn",
    "-L --tun-info",
    "-L --timeout",
    "-L --daemon",
    "-S",
    "-S -n",
];

/// The listings in the kernel's order, which differs between namespaces, and of connections.
pub const HERE: [&str; 4] = [
    "-L -n --nosort",
    "-L --nosort --stats",
    "-L -n -c",
    "-L -c --persistent-conn",
];

/// The same listings with services in the order of their text.
///
/// `ipvsadm` sorts by the difference of addresses in 32 bits: of addresses that are more than half
/// of the space apart the order depends on the kernel's, which is another one in each namespace.
pub fn blocks(text: &str) -> String {
    let mut listings: Vec<Vec<String>> = vec![vec![]];
    for line in text.lines() {
        let continues = line.starts_with("  ->") || line.starts_with("-a ");
        let begins = line.starts_with("IP Virtual") || line.starts_with("Timeout");
        match (listings.last_mut(), continues, begins) {
            (Some(listing), true, _) if !listing.is_empty() => {
                let last = listing.len() - 1;
                listing[last].push('\n');
                listing[last].push_str(line);
            }
            (Some(listing), _, false) => listing.push(line.to_owned()),
            _ => listings.push(vec![line.to_owned()]),
        }
    }
    for listing in &mut listings {
        listing.sort();
    }
    listings.concat().join("\n")
}

/// Pairs of messages that differ by more than the number of their line, each as a line of text.
pub fn different_messages(real: &str, rival: &str) -> Vec<String> {
    let pairs = real.lines().zip(rival.lines());
    pairs
        .map(|(real, rival)| (real, without_number(rival)))
        .filter(|(real, rival)| real != rival)
        .map(|(real, rival)| format!("{real:?} is here {rival:?}\n"))
        .collect()
}

/// The drop-in says in which line of its input it found something.
fn without_number(message: &str) -> &str {
    let rest = message.strip_prefix("line ");
    rest.and_then(|rest| rest.split_once(": "))
        .map_or(message, |(_, rest)| rest)
}
