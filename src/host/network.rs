//! What a container's network namespace counted: `net/dev`, `net/snmp` and `net/netstat` of a process in it.

use crate::domain::usage::{
    Metric, NETWORK_RECEIVE_BYTES, NETWORK_RECEIVE_DROPPED, NETWORK_RECEIVE_ERRORS, NETWORK_RECEIVE_PACKETS,
    NETWORK_TRANSMIT_BYTES, NETWORK_TRANSMIT_DROPPED, NETWORK_TRANSMIT_ERRORS, NETWORK_TRANSMIT_PACKETS, Reading,
    TCP_LISTEN_DROPS, TCP_RETRANSMITS,
};

/// The columns of `net/dev` that are told.
const COLUMNS: [(usize, &Metric); 8] = [
    (0, &NETWORK_RECEIVE_BYTES),
    (1, &NETWORK_RECEIVE_PACKETS),
    (2, &NETWORK_RECEIVE_ERRORS),
    (3, &NETWORK_RECEIVE_DROPPED),
    (8, &NETWORK_TRANSMIT_BYTES),
    (9, &NETWORK_TRANSMIT_PACKETS),
    (10, &NETWORK_TRANSMIT_ERRORS),
    (11, &NETWORK_TRANSMIT_DROPPED),
];

/// `net/dev`, the loopback interface left out.
pub(super) fn interfaces(dev: &str) -> Vec<Reading> {
    let mut readings = Vec::new();
    // Two lines of headings.
    for line in dev.lines().skip(2) {
        let Some((interface, counts)) = line.split_once(':') else { continue };
        let interface = interface.trim();
        if interface == "lo" {
            continue;
        }
        let counts: Vec<Option<f64>> = counts.split_whitespace().map(|count| count.parse().ok()).collect();
        let read = COLUMNS.iter().filter_map(|(column, metric)| {
            let value = counts.get(*column).copied().flatten()?;
            Some(metric.with([("interface", interface.to_owned())], value))
        });
        readings.extend(read);
    }
    readings
}

/// `net/snmp` and `net/netstat`.
pub(super) fn tcp(snmp: &str, netstat: &str) -> Vec<Reading> {
    let found = [
        TCP_RETRANSMITS.of(field(snmp, "Tcp", "RetransSegs")),
        TCP_LISTEN_DROPS.of(field(netstat, "TcpExt", "ListenDrops")),
    ];
    found.into_iter().flatten().collect()
}

/// A field of a protocol, which has a line of names and below it one of values.
fn field(text: &str, protocol: &str, name: &str) -> Option<f64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':')).filter(|(of, _)| *of == protocol);
    let (names, values) = (lines.next()?.1, lines.next()?.1);
    let column = names.split_whitespace().position(|column| column == name)?;
    values.split_whitespace().nth(column)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEV: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     999       9    0    0    0     0          0         0      999       9    0    0    0     0       0          0
  eth0:     736       8    1    2    0     0          0         0     4242      17    3    4    0     0       0          0
";
    const SNMP: &str = "\
Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens RetransSegs InErrs
Tcp: 1 200 120000 -1 3 5 0
";
    const NETSTAT: &str = "\
TcpExt: SyncookiesSent ListenOverflows ListenDrops
TcpExt: 0 6 7
IpExt: InNoRoutes
IpExt: 0
";

    #[test]
    fn every_interface_but_loopback_is_told() {
        let readings = interfaces(DEV);
        let value = |metric: &Metric| {
            let found = readings.iter().find(|reading| reading.metric == metric).unwrap();
            assert_eq!(found.labels, [("interface", "eth0".to_owned())]);
            found.value
        };
        assert_eq!(readings.len(), 8);
        assert_eq!((value(&NETWORK_RECEIVE_BYTES), value(&NETWORK_RECEIVE_DROPPED)), (736.0, 2.0));
        assert_eq!((value(&NETWORK_TRANSMIT_BYTES), value(&NETWORK_TRANSMIT_PACKETS)), (4242.0, 17.0));
        assert_eq!((value(&NETWORK_TRANSMIT_ERRORS), value(&NETWORK_TRANSMIT_DROPPED)), (3.0, 4.0));
    }

    #[test]
    fn columns_are_found_by_their_names_and_absent_ones_have_no_reading() {
        let values: Vec<_> = tcp(SNMP, NETSTAT).iter().map(|reading| reading.value).collect();
        assert_eq!(values, [5.0, 7.0]);
        assert_eq!(tcp("Tcp: RtoMin\nTcp: 200\n", ""), []);
    }
}
