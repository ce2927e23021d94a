//! What is known of each benchmark's noise on this class of machines.

use time::{Duration, OffsetDateTime};

use crate::app::postgres;
use crate::database::Database;
use crate::docker::Engine;
use crate::domain::calibration::Calibration;
use crate::domain::chain::error_chain;
use crate::domain::finding::{Finding, Level};
use crate::domain::machine::MachineClass;
use crate::domain::settings::{DatabaseSettings, Secret, Settings};
use crate::host;

/// Older ones tell of a host that may have changed.
const OLD: Duration = Duration::days(90);

/// A line a benchmark; nothing where there is no database to ask, of which others tell.
pub(super) async fn examine(settings: Option<&Settings>) -> Vec<Finding> {
    const CHECK: &str = "calibration";
    let Some(settings) = settings else { return Vec::new() };
    let Some((url, class)) = database_and_class(settings).await else { return Vec::new() };
    let known = match Database::read_calibrations(&url, &settings.project).await {
        Ok(known) => known,
        Err(error) => return vec![Finding::note(CHECK, format!("not told: failed to {}", error_chain(&error)))],
    };
    let now = OffsetDateTime::now_utc();
    settings.benchmarks.keys().map(|benchmark| of_benchmark(benchmark, &known, &class, now)).collect()
}

/// Of the engine's own database only one that runs; nothing is started.
async fn database_and_class(settings: &Settings) -> Option<(Secret, MachineClass)> {
    let engine = Engine::connect().await.ok()?;
    let machine = host::record(engine.version().await.ok()?).ok()?;
    let class = host::class(&machine, settings.machine_class.as_deref());
    let url = match &settings.database {
        DatabaseSettings::Url(url) => url.clone(),
        DatabaseSettings::Embedded { name } => postgres::address_if_up(&engine, name).await?,
    };
    Some((url, class))
}

/// `known` has the newest of each class, the newest first.
fn of_benchmark(benchmark: &str, known: &[Calibration], class: &MachineClass, now: OffsetDateTime) -> Finding {
    let check = format!("calibration {benchmark}");
    let remedy = format!("`loadmark calibrate --benchmark {benchmark}` measures the noise here, in a quiet hour");
    let of_benchmark = || known.iter().filter(|one| one.benchmark == benchmark);
    let Some(newest) = of_benchmark().find(|one| one.class == *class) else {
        let found = match of_benchmark().next() {
            None => "none: which limits can be held here is not known".to_owned(),
            Some(other) => format!("none of machine class {}; the newest is of {}", class.0, other.class.0),
        };
        return Finding::bad(&check, Level::Note, found, remedy);
    };
    let (decidable, primary) = newest.decidable();
    let found = format!(
        "{} pairs on {}: {decidable} of {primary} primary series can be decided at their limits",
        newest.pairs,
        newest.measured_at.date()
    );
    if now - newest.measured_at > OLD {
        return Finding::bad(&check, Level::Note, format!("{found}; more than {} days old", OLD.whole_days()), remedy);
    }
    Finding::ok(&check, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RunId;
    use crate::domain::run::MeasurementHash;

    fn calibration(class: &str, age: Duration) -> Calibration {
        Calibration {
            project: "shop".to_owned(),
            benchmark: "web".to_owned(),
            revision: "a".repeat(40).parse().unwrap(),
            run: RunId::random(),
            measurement_hash: MeasurementHash("h".to_owned()),
            class: MachineClass(class.to_owned()),
            measured_at: OffsetDateTime::UNIX_EPOCH - age,
            pairs: 12,
            arrangement: None,
            seconds_per_pair: None,
            window_seconds: 8.0,
            suggested_window: None,
            last_look: 32,
            series: Vec::new(),
        }
    }

    #[test]
    fn a_line_says_which_there_is_and_what_to_do_where_it_does_not_serve() {
        let ours = MachineClass("ours".to_owned());
        let line = |known: &[Calibration]| {
            let finding = of_benchmark("web", known, &ours, OffsetDateTime::UNIX_EPOCH);
            (finding.level, finding.found, finding.remedy.is_some())
        };
        let told = "12 pairs on 1969-12-31: 0 of 0 primary series can be decided at their limits";
        assert_eq!(line(&[calibration("ours", Duration::days(1))]), (Level::Ok, told.to_owned(), false));
        let (level, found, has_remedy) = line(&[calibration("ours", Duration::days(91))]);
        assert_eq!((level, has_remedy), (Level::Note, true));
        assert!(found.ends_with("more than 90 days old"), "{found}");
        let other = line(&[calibration("other", Duration::days(1))]);
        assert_eq!(other.1, "none of machine class ours; the newest is of other");
        assert_eq!(line(&[]).0, Level::Note);
    }
}
