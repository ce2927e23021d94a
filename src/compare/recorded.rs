//! The paired procedure over recorded series, look by look.
//!
//! It has no memory: it goes through all looks from the first again, with the pairs that there were then. A series'
//! verdict is that of the look at which it was decided, so further pairs never change one.

mod decide;
mod look;
mod sample;

use crate::domain::comparison::Tier;
use crate::domain::recorded::{Finding, Looks, RecordedSeries, SeriesFinding};
use crate::domain::verdict::Verdict;

use super::judge::Judgement;
use super::looks::share;
use look::{Level, Look, Standing};
pub(super) use sample::MOST_DROPPED;

/// Of the claims about series that decide nothing, so many may be false.
const FALSE_DISCOVERIES: f64 = 0.1;

/// Judges recorded series by all looks that their pairs allow.
///
/// At each look a series is a `regression` where it is worse by its limit or more and the chance of any such claim among
/// the primary series, when nothing changed, is at most the look's share of the error; `improvement` is the mirror;
/// `unchanged` where the bound of its interval excludes the limit. It ends when all primary series are decided, when one
/// of them is worse, or with the last look. What decides nothing is judged at that end.
pub fn judge_recorded(series: &[RecordedSeries], looks: &Looks) -> Finding {
    let recorded = series.iter().map(|one| one.pairs.len()).max().unwrap_or(0);
    let recorded = u16::try_from(recorded).unwrap_or(u16::MAX);
    let numbered = series.iter().enumerate();
    let (primary, others): (Vec<_>, Vec<_>) = numbered.partition(|(_, one)| one.primary && one.limit.is_some());
    let mut replay = Replay { looks, found: vec![None; series.len()], taken: Vec::new() };
    for (index, pairs) in looks.at.iter().enumerate().take_while(|(_, pairs)| **pairs <= recorded) {
        let level = replay.level(index);
        let look = Look::of_family(&primary, *pairs, level, looks.seed);
        if let Some(standing) = replay.take(&look, *pairs, series) {
            let level = Level { claim: FALSE_DISCOVERIES, ..level };
            replay.tell(&look, &standing);
            replay.tell(&Look::of_others(&others, *pairs, level), &standing);
            return replay.finding(*pairs, true);
        }
    }
    let level = replay.level(replay.taken.len());
    replay.tell(&Look::untested(&primary, recorded, level), &Standing::UnderWay);
    replay.tell(&Look::untested(&others, recorded, level), &Standing::UnderWay);
    replay.finding(recorded, false)
}

/// What was found up to a look.
struct Replay<'a> {
    looks: &'a Looks,
    found: Vec<Option<SeriesFinding>>,
    taken: Vec<u16>,
}

impl Replay<'_> {
    /// How sure the claims of a look have to be.
    fn level(&self, look: usize) -> Level {
        let looks = self.looks.at.len().max(1);
        let share = share(look.min(looks - 1), looks) * self.looks.error;
        Level { claim: share, bound: share }
    }

    /// Takes a look at the primary series; how the comparison stands if it ends with it.
    fn take(&mut self, look: &Look<'_>, pairs: u16, series: &[RecordedSeries]) -> Option<Standing> {
        self.taken.push(pairs);
        for member in look.members.iter().filter(|member| self.found[member.index].is_none()).collect::<Vec<_>>() {
            self.found[member.index] = look.decided(member);
        }
        let primary = || look.members.iter().map(|member| (member.index, self.found[member.index].as_ref()));
        let worse = primary().find(|(_, found)| found.is_some_and(|found| found.tier == Some(Tier::Fail)));
        if self.taken.len() == self.looks.at.len() || primary().all(|(_, found)| found.is_some()) {
            Some(Standing::Last)
        } else {
            worse.map(|(index, _)| Standing::EndedBy(series[index].name.clone()))
        }
    }

    /// Tells what a look says of all that is not decided yet.
    fn tell(&mut self, look: &Look<'_>, standing: &Standing) {
        for member in &look.members {
            self.found[member.index].get_or_insert_with(|| look.told(member, standing));
        }
    }

    fn finding(self, pairs: u16, is_decided: bool) -> Finding {
        let series = self.found.into_iter().flatten().collect();
        Finding { series, pairs, looks: self.taken, is_decided }
    }
}

impl From<Judgement> for SeriesFinding {
    fn from(judgement: Judgement) -> Self {
        let Judgement { verdict, reason } = judgement;
        let tier = (verdict == Verdict::Regression).then_some(Tier::Fail);
        Self { verdict, reason, tier, estimate: None }
    }
}
