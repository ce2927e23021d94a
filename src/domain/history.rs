//! The history of a query: what its series were over the runs that measured them, broken where values stop being
//! comparable.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::change::Changes;
use super::comparison::SideSummary;
use super::ids::RunId;
use super::machine::MachineClass;
use super::revision::Revision;
use super::run::MeasurementHash;
use super::series::{SeriesInfo, SeriesKey};

/// Which stored measurements are meant; what is none is open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SeriesFilter {
    /// Of this project.
    pub project: String,
    /// Of this query.
    pub query: Option<String>,
    /// Of this benchmark.
    pub benchmark: Option<String>,
    /// Of series that have these labels, whatever others they have.
    pub labels: BTreeMap<String, String>,
    /// Of this stage, from 0.
    pub stage: Option<u16>,
    /// Of every complete run, not of master sets alone.
    pub all_runs: bool,
}

/// A series that is stored, of whatever runs.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredSeries {
    /// The benchmark's name.
    pub benchmark: String,
    /// Which series.
    pub key: SeriesKey,
    /// Unit, direction and definition.
    pub info: SeriesInfo,
}

/// What values have to agree in to stand in one line.
#[derive(Clone, PartialEq, Debug)]
pub struct Ground {
    /// How the numbers came about.
    pub measurement_hash: MeasurementHash,
    /// On which machines.
    pub class: MachineClass,
    /// What was asked, and in which unit it is counted.
    pub info: SeriesInfo,
}

/// What changed from one segment to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Break {
    /// The stack, the load or another part of what decides how numbers come about.
    MeasurementHash,
    /// The machines.
    MachineClass,
    /// The unit, or which way is good.
    Unit,
    /// What the query asks.
    Definition,
}

/// What one run measured of a series.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryPoint {
    /// The run.
    pub run: RunId,
    /// What it measured.
    pub revision: Revision,
    /// Whether it is a master set.
    pub is_master: bool,
    /// When it started.
    pub started_at: OffsetDateTime,
    /// The values of its valid rounds, and their median.
    pub side: SideSummary,
}

/// Which master sets of the past are meant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PastAsked<'a> {
    /// Of this project.
    pub project: &'a str,
    /// Of this benchmark.
    pub benchmark: &'a str,
    /// What decides how their numbers came about.
    pub hash: &'a MeasurementHash,
    /// The machines.
    pub class: &'a MachineClass,
    /// Of these revisions, the nearest first.
    pub revisions: &'a [Revision],
    /// So many rounds of each, its first ones.
    pub rounds: u16,
    /// So many at most, the nearest.
    pub most: u32,
}

/// A master set of the past, as far as candidates are held against it.
#[derive(Clone, PartialEq, Debug)]
pub struct PastRun {
    /// The run.
    pub run: RunId,
    /// What it measured.
    pub revision: Revision,
    /// Each of its series.
    pub medians: Vec<PastMedian>,
}

/// The median of a series over the valid rounds of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct PastMedian {
    /// Which series.
    pub key: SeriesKey,
    /// Unit, direction and definition.
    pub info: SeriesInfo,
    /// The median.
    pub median: f64,
}

/// Points that may be compared, the oldest first.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    /// What they agree in.
    pub ground: Ground,
    /// In what it differs from the segment before; empty for the first.
    pub breaks: Vec<Break>,
    /// At least one.
    pub points: Vec<HistoryPoint>,
    /// What they tell together; nothing until it was looked for.
    pub changes: Changes,
}

/// A series over runs.
#[derive(Clone, PartialEq, Debug)]
pub struct SeriesHistory {
    /// The benchmark's name.
    pub benchmark: String,
    /// Which series.
    pub key: SeriesKey,
    /// In the order of their first points.
    pub segments: Vec<Segment>,
}

impl Ground {
    fn breaks_from(&self, before: &Self) -> Vec<Break> {
        let (info, old) = (&self.info, &before.info);
        [
            (Break::MeasurementHash, self.measurement_hash != before.measurement_hash),
            (Break::MachineClass, self.class != before.class),
            (Break::Unit, (info.unit, info.direction) != (old.unit, old.direction)),
            (Break::Definition, info.definition != old.definition),
        ]
        .into_iter()
        .filter_map(|(what, differs)| differs.then_some(what))
        .collect()
    }
}

impl SeriesHistory {
    /// Adds the point that follows in time. Each machine class and each form of the query has its own line, so that two
    /// hosts that measure in turn don't break each other's, nor two forms of which runs were asked both; within a line
    /// another measurement hash begins a new segment, even one that was there before.
    pub fn push(&mut self, ground: Ground, point: HistoryPoint) {
        let same = |of: &Ground| of.class == ground.class && of.info == ground.info;
        let line = self.segments.iter().rposition(|segment| same(&segment.ground));
        if let Some(segment) = line.map(|index| &mut self.segments[index])
            && segment.ground == ground
        {
            return segment.points.push(point);
        }
        let same_class = || self.segments.iter().rposition(|segment| segment.ground.class == ground.class);
        let before = line.or_else(same_class).map(|index| &self.segments[index]).or(self.segments.last());
        let breaks = before.map(|before| ground.breaks_from(&before.ground)).unwrap_or_default();
        self.segments.push(Segment { ground, breaks, points: vec![point], changes: Changes::default() });
    }
}

impl Segment {
    /// Each point with its relative change to the one before; none for the first, and from 0.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = (&HistoryPoint, Option<f64>)> {
        self.points.iter().enumerate().map(|(index, point)| {
            let before = index.checked_sub(1).map(|before| self.points[before].side.median);
            let change = before.filter(|from| *from != 0.0).map(|from| (point.side.median - from) / from.abs());
            (point, change)
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::limit::{Direction, Unit};
    use super::super::series::Definition;
    use super::*;

    fn ground(hash: &str, class: &str, definition: u64) -> Ground {
        let definition = Definition(definition);
        Ground {
            measurement_hash: MeasurementHash(hash.to_owned()),
            class: MachineClass(class.to_owned()),
            info: SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition },
        }
    }

    /// The segments as their numbers of points, and what breaks them.
    fn segments(grounds: impl IntoIterator<Item = Ground>) -> Vec<(usize, Vec<Break>)> {
        let key = SeriesKey { query: "latency".to_owned(), labels: BTreeMap::new(), stage: 0 };
        let mut history = SeriesHistory { benchmark: "http".to_owned(), key, segments: Vec::new() };
        for ground in grounds {
            history.push(ground, point(1.0));
        }
        history.segments.into_iter().map(|segment| (segment.points.len(), segment.breaks)).collect()
    }

    fn point(median: f64) -> HistoryPoint {
        HistoryPoint {
            run: RunId(uuid::Uuid::nil()),
            revision: "a".repeat(40).parse().unwrap(),
            is_master: true,
            started_at: datetime!(2026-03-04 05:06:07 UTC),
            side: SideSummary { values: vec![median], median },
        }
    }

    #[test]
    fn values_of_other_ground_are_never_joined_even_if_it_was_there_before() {
        let (old, new) = (|| ground("a", "lab", 1), || ground("b", "lab", 1));
        let changed = vec![Break::MeasurementHash];
        assert_eq!(segments([old(), old(), new(), old()]), [(2, vec![]), (1, changed.clone()), (1, changed)]);
        let mut counted = ground("b", "lab", 2);
        counted.info.unit = Unit::Count;
        let all = vec![Break::MeasurementHash, Break::Unit, Break::Definition];
        assert_eq!(segments([old(), counted]), [(1, vec![]), (1, all)]);
    }

    #[test]
    fn two_forms_of_a_query_that_runs_were_asked_both_have_a_line_each() {
        let (old, new) = (|| ground("a", "lab", 1), || ground("a", "lab", 2));
        assert_eq!(segments([old(), new(), old(), new()]), [(2, vec![]), (2, vec![Break::Definition])]);
    }

    #[test]
    fn two_hosts_that_measure_in_turn_do_not_break_each_others_line() {
        let (lab, laptop) = (|| ground("a", "lab", 1), || ground("a", "laptop", 1));
        let found = segments([lab(), laptop(), lab(), laptop(), ground("b", "lab", 1)]);
        assert_eq!(found, [(2, vec![]), (2, vec![Break::MachineClass]), (1, vec![Break::MeasurementHash])]);
    }

    #[test]
    fn changes_are_from_the_point_before() {
        let points = [0.0, 2.0, 3.0, -3.0, -1.5].map(point).to_vec();
        let segment =
            Segment { ground: ground("a", "lab", 1), breaks: Vec::new(), points, changes: Changes::default() };
        let changes: Vec<_> = segment.changes().map(|(_, change)| change).collect();
        assert_eq!(changes, [None, None, Some(0.5), Some(-2.0), Some(0.5)]);
    }
}
