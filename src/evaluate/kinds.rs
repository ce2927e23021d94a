//! What a series measures, as far as its name tells: decides what is planted in it, and its usual limit.

use crate::domain::evaluation::PlantKind;

/// What a series measures.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    /// A mean or median latency.
    Latency,
    /// A high quantile of a latency.
    Tail,
    /// CPU time.
    Cpu,
    /// Memory.
    Memory,
    /// Events a second.
    Throughput,
    /// A share of requests.
    Share,
    /// Anything else.
    Other,
}

/// By the words in a name, the first that occurs in this order. A quantile of 0.9 or more is a tail.
const WORDS: [(&str, Kind); 12] = [
    ("tail", Kind::Tail),
    ("cpu", Kind::Cpu),
    ("memory", Kind::Memory),
    ("rss", Kind::Memory),
    ("ratio", Kind::Share),
    ("error", Kind::Share),
    ("throughput", Kind::Throughput),
    ("rate", Kind::Throughput),
    ("latency", Kind::Latency),
    ("response", Kind::Latency),
    ("duration", Kind::Latency),
    ("seconds", Kind::Latency),
];

impl Kind {
    /// Of a series with this name, such as `http_latency{endpoint="/buy",q="0.99"}`.
    pub(super) fn of(name: &str) -> Self {
        let query = name.split('{').next().unwrap_or(name);
        let by_word = WORDS.iter().find(|(word, _)| query.contains(word)).map_or(Self::Other, |(_, kind)| *kind);
        match (by_word, quantile(name)) {
            (Self::Latency, Some(q)) if q >= crate::domain::query::TAIL => Self::Tail,
            (kind, _) => kind,
        }
    }

    /// The limit that it has where none is given: 5 % for tails, 0.2 % for shares whose events nobody counted, 3 % for
    /// all else.
    pub(super) fn usual_limit(self) -> f64 {
        match self {
            Self::Tail => 0.05,
            Self::Share => 0.002,
            _ => 0.03,
        }
    }

    /// Whether this is where such a change is planted. Errors are in shares of counted events alone, whatever the name.
    pub(super) fn carries(self, plant: PlantKind) -> bool {
        match plant {
            PlantKind::Nothing | PlantKind::OneSeries | PlantKind::Errors => false,
            PlantKind::ServiceTime => self == Self::Latency,
            PlantKind::OneEndpoint => matches!(self, Self::Latency | Self::Tail),
            PlantKind::Tail => self == Self::Tail,
            PlantKind::Memory => self == Self::Memory,
            PlantKind::Cpu => self == Self::Cpu,
            PlantKind::Throughput => self == Self::Throughput,
        }
    }
}

fn quantile(name: &str) -> Option<f64> {
    label(name, "q")?.parse().ok()
}

/// The endpoint (or request, or route) of a series by its labels.
pub(super) fn endpoint(name: &str) -> Option<&str> {
    ["endpoint", "request", "route", "rpc", "handler"].into_iter().find_map(|of| label(name, of))
}

/// The value of a label in a series' name.
fn label<'a>(name: &'a str, of: &str) -> Option<&'a str> {
    let labels = name.split_once('{')?.1;
    let places = labels.match_indices(of).map(|(place, _)| place);
    places.into_iter().find_map(|place| {
        let starts = place == 0 || labels[..place].ends_with(',');
        let value = labels[place + of.len()..].strip_prefix("=\"")?;
        starts.then(|| value.split('"').next()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_measured() {
        for (name, kind) in [
            ("http_latency{endpoint=\"/buy\",q=\"0.5\"}", Kind::Latency),
            ("http_latency{endpoint=\"/buy\",q=\"0.99\"}", Kind::Tail),
            ("load_slice_tail{request=\"GET /search\"}", Kind::Tail),
            ("http_latency_mean{endpoint=\"/q\"}", Kind::Latency),
            ("container_cpu_seconds", Kind::Cpu),
            ("process_resident_memory", Kind::Memory),
            ("http_error_ratio{endpoint=\"/buy\"}", Kind::Share),
            ("http_throughput{endpoint=\"/buy\"}", Kind::Throughput),
            ("size", Kind::Other),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn endpoints_are_read_from_the_labels() {
        assert_eq!(endpoint("load_response{q=\"0.5\",request=\"GET /search\"}"), Some("GET /search"));
        assert_eq!(endpoint("http_latency{endpoint=\"/buy\",q=\"0.5\"}"), Some("/buy"));
        assert_eq!(endpoint("cpu"), None);
    }
}
