//! Where a run's time went: the steps of its rounds, in seconds.

use crate::domain::run::{StoredRound, StoredRun};

use super::figures::NONE;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};

/// One row a step and one column a round, or what is to be said of many rounds where they are too wide; nothing
/// without steps.
pub(super) fn phases(run: &StoredRun, style: Style) -> String {
    let steps = steps(&run.rounds);
    let titles: Vec<String> = run.rounds.iter().map(|round| format!("round {}", round.number)).collect();
    let columns = ["step"].into_iter().chain(titles.iter().map(String::as_str)).chain(["sum"]);
    let whole = table(columns, &run.rounds, &steps, |times| times.to_vec());
    if whole.width() <= style.width {
        return whole.render(style);
    }
    let columns = ["step", "shortest", "median", "longest", "sum"];
    table(columns, &run.rounds, &steps, range).render(style)
}

/// The names of the steps, in the order in which they first happened.
fn steps(rounds: &[StoredRound]) -> Vec<&str> {
    let mut names = Vec::new();
    for step in rounds.iter().flat_map(|round| &round.steps) {
        if !names.contains(&step.step.as_str()) {
            names.push(step.step.as_str());
        }
    }
    names
}

/// A row for each step and one for all of them; `cells` says what is shown of the rounds' times.
fn table<'a>(
    columns: impl IntoIterator<Item = &'a str>,
    rounds: &[StoredRound],
    steps: &[&str],
    cells: impl Fn(&[Option<f64>]) -> Vec<Option<f64>>,
) -> Table<'a> {
    let row = |name: &str, times: Vec<Option<f64>>| {
        let sum = times.iter().copied().flatten().sum();
        let figures = cells(&times).into_iter().chain([Some(sum)]).map(seconds);
        Row { cells: [name.to_owned()].into_iter().chain(figures).collect(), ink: Ink::Plain, remark: None }
    };
    let mut rows: Vec<Row> = steps
        .iter()
        .map(|name| row(name, rounds.iter().map(|round| time(round, |step| step == *name)).collect()))
        .collect();
    if !rows.is_empty() {
        rows.push(row("all", rounds.iter().map(|round| time(round, |_| true)).collect()));
    }
    let align = |(index, title)| (title, if index == 0 { Align::Left } else { Align::Right });
    Table { columns: columns.into_iter().enumerate().map(align).collect(), head: 1, rows }
}

/// How long those steps of a round took together: one may come once a stage. None: there was none.
fn time(round: &StoredRound, is_meant: impl Fn(&str) -> bool) -> Option<f64> {
    let times = round.steps.iter().filter(|step| is_meant(&step.step)).map(|step| step.seconds);
    times.reduce(|sum, seconds| sum + seconds)
}

fn range(times: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut known: Vec<f64> = times.iter().copied().flatten().collect();
    known.sort_by(f64::total_cmp);
    vec![known.first().copied(), known.get(known.len() / 2).copied(), known.last().copied()]
}

fn seconds(time: Option<f64>) -> String {
    time.map_or_else(|| NONE.to_owned(), |seconds| format!("{seconds:.2}"))
}
