//! The one comment of a pull request.

use crate::domain::github::PullNumber;
use crate::domain::job::JobState;
use crate::domain::notice::{Answer, DueNotice, HoldReason};
use crate::report::{self, CommentModel, Section, Standing};

use super::error::PublishError;
use super::gather::Desk;

/// Of earlier commits so many lines at most: each is a result that is read for it.
const MOST_EARLIER: usize = 12;

/// A comment as it is to be.
pub(super) struct Comment {
    pub(super) body: String,
    /// Whether it tells of a step that will pass soon.
    pub(super) is_passing: bool,
}

impl Desk<'_> {
    /// The comment as it is to be.
    pub(super) async fn comment(&self, due: &DueNotice, pull: PullNumber) -> Result<Comment, PublishError> {
        let jobs = self.database.newest_tests(self.project(), pull).await?;
        let head = self.publication.github.pull(pull).await?.head;
        let (of_head, of_others): (Vec<_>, Vec<_>) = jobs.iter().partition(|job| job.request.revision == head);
        let mut sections = Vec::new();
        for job in &of_head {
            sections.push(self.section(job).await?);
        }
        for (benchmark, hold) in self.database.holds(self.project(), Some(pull), &head).await? {
            if hold.reason == HoldReason::Unapproved && !of_head.iter().any(|job| job.request.benchmark == benchmark) {
                let standing = Standing::Held { reason: "nobody who may has approved this commit".to_owned() };
                sections.push(Section { benchmark, revision: head.clone(), standing, url: None });
            }
        }
        let mut earlier = Vec::new();
        for job in of_others.iter().take(MOST_EARLIER) {
            earlier.push(self.section(job).await?);
        }
        let is_passing = of_head.iter().any(|job| matches!(job.state, JobState::Running { .. }))
            && of_head.iter().all(|job| !matches!(job.state, JobState::Finished { .. }));
        let answers = due.answer.iter().map(answer).collect();
        let project = self.project().to_owned();
        let body = report::comment(&CommentModel { project, head, sections, earlier, answers, words: self.words() });
        Ok(Comment { body, is_passing })
    }
}

fn answer(answer: &Answer) -> report::Answer {
    match answer {
        Answer::Help => report::Answer::Help,
        Answer::Unknown(why) => report::Answer::Unknown(why.clone()),
        Answer::Refused(why) => report::Answer::Refused(why.clone()),
    }
}
