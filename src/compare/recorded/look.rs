//! One look at the first pairs of several series that are judged together.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::compare::looks::fewest_pairs;
use crate::compare::stats::{Adjusted, Family, Power, Untied, benjamini_hochberg, both_tails};
use crate::domain::comparison::Estimate;
use crate::domain::recorded::{RecordedSeries, SeriesFinding};
use crate::domain::verdict::Verdict;

use super::decide::{Bars, Decision, decide};
use super::sample::{Observed, Sample, Size};

/// How sure the claims of a look have to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// The chance of any false claim of change, in each direction.
    pub(super) claim: f64,
    /// The chance that a series which is said to be within its limit is not.
    pub(super) bound: f64,
}

/// Why a comparison stands where it does.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Standing {
    /// The last look was taken.
    Last,
    /// It ended before, as this series is worse.
    EndedBy(String),
    /// There will be further looks.
    UnderWay,
}

/// A series at a look.
pub(super) struct Member<'a> {
    /// Its place among all series.
    pub(super) index: usize,
    observed: Observed<'a>,
    /// Adjusted for all that are judged together; none where nothing was tested.
    chances: Option<Adjusted>,
    /// How large the change is, once it was asked.
    size: OnceCell<Size>,
}

/// A look.
pub(super) struct Look<'a> {
    pairs: usize,
    level: Level,
    /// By how many series the error is shared.
    judged: usize,
    /// The distributions from which intervals take their bounds, by number of pairs.
    nulls: BTreeMap<usize, Untied>,
    /// The series, in their order.
    pub(super) members: Vec<Member<'a>>,
}

impl<'a> Look<'a> {
    /// At the first so many pairs of these series, as they are.
    pub(super) fn untested(series: &[(usize, &'a RecordedSeries)], pairs: u16, level: Level) -> Self {
        let pairs = usize::from(pairs);
        let member = |(index, series): &(usize, &'a RecordedSeries)| Member {
            index: *index,
            observed: Observed::of(series, pairs),
            chances: None,
            size: OnceCell::new(),
        };
        let members: Vec<_> = series.iter().map(member).collect();
        let mut nulls = BTreeMap::new();
        for sample in members.iter().filter_map(Member::sample) {
            nulls.entry(sample.usable()).or_insert_with(|| Untied::of(sample.usable()));
        }
        Self { pairs, level, judged: series.len(), nulls, members }
    }

    /// With chances for a family of series: any false claim among them is one too many.
    pub(super) fn of_family(series: &[(usize, &'a RecordedSeries)], pairs: u16, level: Level, seed: u64) -> Self {
        let mut look = Self::untested(series, pairs, level);
        let samples = || look.members.iter().enumerate().filter_map(|(place, member)| Some((place, member.sample()?)));
        // The error is shared between what is ranked and what is counted by the number of series; one that is the same
        // on both sides can claim nothing and needs no share.
        let (counted, ranked): (Vec<_>, Vec<_>) =
            samples().filter(|(_, sample)| !sample.is_same()).partition(|(_, sample)| sample.chances().is_some());
        let all = (counted.len() + ranked.len()) as f64;
        let ranks: Vec<_> = ranked.iter().map(|(_, sample)| sample.ranks()).collect();
        let by_ranks = Family::of(&ranks).adjusted(seed);
        let shared = |chance: f64, among: usize| (chance * all / among as f64).min(1.0);
        let of_ranked = ranked.iter().zip(by_ranks).map(|((place, _), chances)| {
            let among = ranked.len();
            (*place, Adjusted { worse: shared(chances.worse, among), better: shared(chances.better, among) })
        });
        let of_counted = counted.iter().filter_map(|(place, sample)| {
            let (worse, better) = sample.chances()?;
            Some((*place, Adjusted { worse: shared(worse, 1), better: shared(better, 1) }))
        });
        let chances: Vec<_> = of_ranked.chain(of_counted).collect();
        for (place, chances) in chances {
            look.members[place].chances = Some(chances);
        }
        look
    }

    /// With chances for series that decide nothing: some of the claims may be false.
    pub(super) fn of_others(series: &[(usize, &'a RecordedSeries)], pairs: u16, level: Level) -> Self {
        let mut look = Self::untested(series, pairs, level);
        let is_judged = |sample: &&Sample<'_>| sample.series.limit.is_some() && !sample.is_same();
        let places: Vec<usize> = (0..look.members.len())
            .filter(|place| look.members[*place].sample().as_ref().is_some_and(is_judged))
            .collect();
        let raw = places.iter().filter_map(|place| {
            let sample = look.members[*place].sample()?;
            Some(sample.chances().unwrap_or_else(|| both_tails(&sample.ranks())))
        });
        let (worse, better): (Vec<f64>, Vec<f64>) = raw.unzip();
        let adjusted = benjamini_hochberg(&worse).into_iter().zip(benjamini_hochberg(&better));
        for (place, (worse, better)) in places.into_iter().zip(adjusted) {
            look.members[place].chances = Some(Adjusted { worse, better });
        }
        look.judged = 1;
        look
    }

    /// What is found of a series; none while that may change.
    pub(super) fn decided(&self, member: &Member<'a>) -> Option<SeriesFinding> {
        match (&member.observed, self.decision(member)) {
            (Observed::Never(judgement), _) => Some(judgement.clone().into()),
            (Observed::NotYet(_), _) | (_, Decision::Within(_) | Decision::Open) => None,
            (Observed::Sample(sample), Decision::Made(verdict, tier)) => {
                let estimate = Some(self.estimate(member, sample, verdict));
                Some(SeriesFinding { verdict, reason: None, tier, estimate })
            }
        }
    }

    /// What is found of a series, whether or not that may change.
    pub(super) fn told(&self, member: &Member<'a>, standing: &Standing) -> SeriesFinding {
        if let Some(decided) = self.decided(member) {
            return decided;
        }
        let sample = match (&member.observed, standing) {
            (Observed::Sample(sample), _) => sample,
            (Observed::Never(judgement) | Observed::NotYet(judgement), _) => return judgement.clone().into(),
        };
        let (verdict, reason) = match (self.decision(member), standing) {
            _ if sample.series.limit.is_none() => {
                // The honest one of the nine: whether it changed is not said.
                (Verdict::Inconclusive, Some("no limit: reported, never judged".to_owned()))
            }
            (_, Standing::UnderWay) => {
                (Verdict::Inconclusive, Some(format!("undecided after {} pairs, under way", self.pairs)))
            }
            (Decision::Within(reason), _) => (Verdict::Unchanged, Some(reason.to_owned())),
            (_, Standing::EndedBy(name)) => {
                (Verdict::Inconclusive, Some(format!("undecided when the comparison ended early, as {name} is worse")))
            }
            (_, Standing::Last) => (Verdict::Inconclusive, self.doubt(sample, self.size(member, sample))),
        };
        let estimate = Some(self.estimate(member, sample, verdict));
        SeriesFinding { verdict, reason, tier: None, estimate }
    }

    fn decision(&self, member: &Member<'a>) -> Decision {
        let decide = |sample: &Sample<'_>| {
            // What is the same on both sides was not tested, and needs no test.
            let chances = member.chances.unwrap_or(Adjusted { worse: 1.0, better: 1.0 });
            Some(decide(sample, self.size(member, sample), Bars::of(sample)?, chances, self.level.claim))
        };
        member.sample().and_then(decide).unwrap_or(Decision::Open)
    }

    fn size(&self, member: &Member<'a>, sample: &Sample<'_>) -> Size {
        *member.size.get_or_init(|| sample.size(&self.nulls[&sample.usable()], self.level.bound))
    }

    fn power(&self, sample: &Sample<'_>) -> Option<Power> {
        Some(Power {
            spread: sample.spread()?,
            claim: self.level.claim / self.judged as f64,
            bound: self.level.bound,
            limit: Bars::of(sample).map_or(0.0, |bars| bars.limit),
        })
    }

    fn estimate(&self, member: &Member<'a>, sample: &Sample<'_>, verdict: Verdict) -> Estimate {
        let size = self.size(member, sample);
        let bounds = [size.lower, size.upper].map(|bound| bound.map(|bound| sample.effect(bound)));
        let effect = sample.effect(size.centre);
        let [lower, upper] = if sample.effect(1.0) > 0.0 { bounds } else { [bounds[1], bounds[0]] };
        let power = self.power(sample);
        let shows_anything = sample.usable() >= usize::from(fewest_pairs(self.judged, self.level.claim));
        let is_undecided = verdict == Verdict::Inconclusive && sample.series.limit.is_some();
        Estimate {
            effect,
            is_relative: sample.is_relative(),
            lower,
            upper,
            confidence: 1.0 - 2.0 * self.level.bound,
            pairs: sample.usable() as u16,
            p: member.chances.map(|chances| match size.centre {
                worse if worse > 0.0 => chances.worse,
                better if better < 0.0 => chances.better,
                _ => chances.worse.max(chances.better),
            }),
            detectable: power
                .filter(|_| shows_anything)
                .map(|power| sample.effect(power.detectable(sample.usable())).abs()),
            pairs_needed: power.filter(|_| is_undecided).and_then(|power| self.needed(sample, power, size)),
        }
    }

    /// About how many pairs would decide a series that is undecided.
    fn needed(&self, sample: &Sample<'_>, power: Power, size: Size) -> Option<u32> {
        let fewest = u32::from(fewest_pairs(self.judged, self.level.claim));
        // Where it could have been decided by now, it was bad luck, and a few more will do.
        Some(power.needed(size.centre)?.max(fewest).max(sample.usable() as u32 + 2))
    }

    /// Why a series is undecided though nothing more will be measured, where the number of pairs that would decide it does
    /// not say so.
    fn doubt(&self, sample: &Sample<'_>, size: Size) -> Option<String> {
        let (usable, fewest) = (sample.usable(), fewest_pairs(self.judged, self.level.claim));
        if usable < usize::from(fewest) {
            let among = self.judged;
            let told =
                format!("{usable} pairs can show no change in one of {among} series: it takes {fewest} (--rounds)");
            return Some(told);
        }
        let needed = self.power(sample).and_then(|power| self.needed(sample, power, size));
        needed.is_none().then(|| {
            "noise hides whether it is beyond its limit, and more pairs would hardly decide it: it takes longer windows, a \
             quieter host or a wider limit"
                .to_owned()
        })
    }
}

impl<'a> Member<'a> {
    /// Its pairs, where they can be judged.
    fn sample(&self) -> Option<&Sample<'a>> {
        match &self.observed {
            Observed::Sample(sample) => Some(sample),
            Observed::Never(_) | Observed::NotYet(_) => None,
        }
    }
}
