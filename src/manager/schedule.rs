//! By the clock: a nightly master set, or a weekly look at how far the branch is from a fixed revision, measured whenever nothing
//! else waits.

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::job::{JobKind, JobRequest};
use crate::domain::order::{Order, Ordered, Priority, Terms};
use crate::domain::procedure::CompareMethod;
use crate::domain::revision::Revision;
use crate::domain::rules::Schedule;

use super::desk::Desk;
use super::error::ManagerError;
use super::orders::Wish;

impl Desk<'_> {
    /// Orders what has become due. Of times that were missed only the last counts, and of those before a schedule was
    /// first seen none does.
    /// One's failure keeps no other from being done; the first is told.
    pub(super) async fn keep_schedule(&self, now: OffsetDateTime) -> Result<(), ManagerError> {
        let mut result = Ok(());
        for schedule in &self.project.settings.schedule {
            result = result.and(self.keep(schedule, now).await);
        }
        result
    }

    async fn keep(&self, schedule: &Schedule, now: OffsetDateTime) -> Result<(), ManagerError> {
        let against = schedule.against.as_ref().map(|base| format!(" against {base}")).unwrap_or_default();
        let source = format!("schedule of {}: {} {}{against}", self.name(), schedule.benchmark, schedule.cron);
        let seen = self.database.seen_upto(&source).await?;
        let seen = seen.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
        let due = seen.map(|seen| newest_due(&schedule.cron, seen, now));
        if let Some(Some(at)) = due {
            self.order_scheduled(schedule, &written(at)).await?;
        }
        // Noted after it is ordered: ordered twice it is one job, as its time is its key.
        if due != Some(None) {
            self.database.saw_upto(&source, &written(due.flatten().unwrap_or(now))).await?;
        }
        Ok(())
    }

    async fn order_scheduled(&self, schedule: &Schedule, at: &str) -> Result<(), ManagerError> {
        let branch = &self.project.settings.default_branch;
        let tip = self.github().branch_tip(branch).await?;
        let ordered = match &schedule.against {
            None => self.order_scheduled_master(schedule, &tip, at).await?,
            Some(name) => match self.named(name, branch).await {
                Ok(Some(base)) => self.order_scheduled_test(schedule, &tip, &base, at).await?,
                Err(error) if !error.is_gone() => return Err(error.into()),
                Ok(None) | Err(_) => {
                    let why = "the schedule names no branch, and no commit in the default branch's history";
                    tracing::error!(project = self.name(), against = name, at, "{why}: nothing is measured");
                    return Ok(());
                }
            },
        };
        tracing::info!(project = self.name(), job = %ordered.job(), at, "a scheduled job is ordered");
        Ok(())
    }

    async fn order_scheduled_master(
        &self,
        schedule: &Schedule,
        tip: &Revision,
        at: &str,
    ) -> Result<Ordered, ManagerError> {
        let branch = &self.project.settings.default_branch;
        let request = JobRequest::new(JobKind::NewMaster, self.name(), &schedule.benchmark, tip, branch);
        // A set is stored since the merge; the clock asks for another.
        let request = JobRequest { force: true, ..request };
        let ask = format!("at-{at}");
        let terms = Terms { served: true, priority: Priority::Scheduled, ask, asked_by: "schedule".to_owned() };
        Ok(self.queue.order(&Order { request, terms, after: None }).await?)
    }

    async fn order_scheduled_test(
        &self,
        schedule: &Schedule,
        tip: &Revision,
        base: &Revision,
        at: &str,
    ) -> Result<Ordered, ManagerError> {
        // Two schedules of one time may name different revisions.
        let ask = format!("at-{at}-against-{base}");
        let wish = Wish {
            pull: None,
            head: tip,
            base,
            is_base_named: true,
            asked_as: self.project.settings.default_branch.clone(),
            rounds: None,
            compare: Some(CompareMethod::Paired),
            priority: Priority::Scheduled,
            ask: &ask,
            asked_by: "schedule",
        };
        self.order_test(&schedule.benchmark, wish).await
    }
}

/// The last time of a cron pattern after `seen`, up to `now`.
fn newest_due(cron: &str, seen: OffsetDateTime, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    // The configuration refused patterns that are none.
    let cron = parser.parse(cron).ok()?;
    let now = DateTime::<Utc>::from_timestamp(now.unix_timestamp(), 0)?;
    let last = cron.find_previous_occurrence(&now, true).ok()?;
    let last = OffsetDateTime::from_unix_timestamp(last.timestamp()).ok()?;
    (last > seen).then_some(last)
}

fn written(at: OffsetDateTime) -> String {
    // Only years beyond 9999 have no such form.
    at.format(&Rfc3339).unwrap_or_else(|_| at.unix_timestamp().to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn of_missed_times_the_last_one_counts_once() {
        let nightly = |seen, now| newest_due("30 2 * * *", seen, now);
        let (monday, tuesday) = (datetime!(2026-03-02 02:30 UTC), datetime!(2026-03-03 02:30 UTC));
        assert_eq!(nightly(monday, datetime!(2026-03-03 02:29:59 UTC)), None);
        assert_eq!(nightly(monday, datetime!(2026-03-03 02:30:00.5 UTC)), Some(tuesday));
        assert_eq!(nightly(tuesday, datetime!(2026-03-03 23:00 UTC)), None);
        assert_eq!(nightly(datetime!(2026-02-01 00:00 UTC), datetime!(2026-03-03 12:00 UTC)), Some(tuesday));
    }
}
