//! Jobs, plants, rules and their tallies on rounds whose truth is known.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::draw::Job;
use super::plan::RULES;
use super::plant::{fits, plant};
use super::rules::{Ruling, judge};
use super::set::{MOST_PAIRS, Recording, Set};
use super::simulation::{Shares, Simulation};
use super::tally::tally;
use crate::domain::evaluation::{Plant, PlantKind, Rule, Subject, Tally};
use crate::domain::limit::Direction;
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};
use crate::domain::verdict::Verdict;

const SIMULATION: Simulation = Simulation { count: 3, correlation: 0.5, sd: 0.026, limit: 0.03, shares: None };

fn job(simulation: Simulation, seed: u64) -> Job {
    simulation.draw(&mut StdRng::seed_from_u64(seed))
}

fn planted(simulation: Simulation, kind: PlantKind, effect: f64, seed: u64) -> Job {
    let mut job = job(simulation, seed);
    plant(&mut job, Plant { kind, effect }, &mut StdRng::seed_from_u64(seed));
    job
}

/// A recorded series whose values tell the pair and the side: 1001 and 2001 are of the second pair.
fn recorded(name: &str, pairs: usize) -> RecordedSeries {
    let pair = |index| RecordedPair {
        baseline: Some(1000.0 + index as f64),
        candidate: Some(2000.0 + index as f64),
        totals: None,
    };
    RecordedSeries {
        name: name.to_owned(),
        direction: Direction::Lower,
        scale: Scale::Ratio,
        limit: None,
        warn: None,
        improvement: None,
        primary: true,
        nullable: false,
        pairs: (0..pairs).map(pair).collect(),
    }
}

/// A recorded share that is always 0; its totals tell the pair and the side.
fn recorded_share(name: &str, pairs: usize) -> RecordedSeries {
    let pair = |index| {
        let total = 1600.0 + index as f64;
        RecordedPair::of(Some((0.0, Some(total))), Some((0.0, Some(total + 1000.0))))
    };
    RecordedSeries { scale: Scale::Difference, pairs: (0..pairs).map(pair).collect(), ..recorded(name, pairs) }
}

fn set_of(series: Vec<RecordedSeries>) -> Set {
    Set::recorded(&Recording { name: "shop".to_owned(), series, seconds_per_pair: None })
}

#[test]
fn whole_pairs_are_drawn_so_that_series_keep_their_dependence() {
    let recorded = [recorded("one", 7), recorded("other", 7)];
    let job = Job::resampled(&recorded, &mut StdRng::seed_from_u64(3));
    assert_eq!(job.series[0].pairs, job.series[1].pairs);
    assert_eq!(job.series[0].pairs.len(), usize::from(MOST_PAIRS));
    for pair in &job.series[0].pairs {
        assert_eq!((pair.baseline.unwrap() - pair.candidate.unwrap()).abs(), 1000.0);
    }
    let swapped = job.series[0].pairs.iter().filter(|pair| pair.baseline > pair.candidate).count();
    assert!((6..=26).contains(&swapped), "{swapped}");
    assert_eq!(job, Job::resampled(&recorded, &mut StdRng::seed_from_u64(3)));
}

#[test]
fn simulated_noise_is_as_asked_and_shared_by_half() {
    let mut random = StdRng::seed_from_u64(5);
    let (mut squares, mut products, mut count) = (0.0, 0.0, 0.0);
    for _ in 0..200 {
        let job = Simulation { sd: 0.1, ..SIMULATION }.draw(&mut random);
        let ratios = |index: usize| super::set::log_ratios(&job.series[index]);
        for (one, other) in ratios(0).iter().zip(ratios(1)) {
            (squares, products, count) = (squares + one * one, products + one * other, count + 1.0);
        }
    }
    assert!(((squares / count).sqrt() - 0.1).abs() < 0.003);
    assert!((products / squares - 0.5).abs() < 0.05);
}

#[test]
fn a_change_is_planted_where_its_name_says_and_for_the_worse() {
    let mut series = [recorded("http_latency{endpoint=\"/buy\",q=\"0.5\"}", 5), recorded("http_throughput", 5)];
    series[1].direction = Direction::Higher;
    let fresh = Job::resampled(&series, &mut StdRng::seed_from_u64(1));
    for (kind, carrier, factor) in [(PlantKind::ServiceTime, 0, 1.1), (PlantKind::Throughput, 1, 0.9)] {
        let mut job = fresh.clone();
        plant(&mut job, Plant { kind, effect: 0.1 }, &mut StdRng::seed_from_u64(1));
        assert_eq!(job.series[1 - carrier], fresh.series[1 - carrier]);
        assert_eq!((job.planted[carrier], job.planted[1 - carrier]), (true, false));
        for (before, after) in fresh.series[carrier].pairs.iter().zip(&job.series[carrier].pairs) {
            assert_eq!(after.baseline, before.baseline);
            assert!((after.candidate.unwrap() / before.candidate.unwrap() - factor).abs() < 1e-12);
        }
    }
}

#[test]
fn shares_grow_by_failures() {
    let shares = Simulation { shares: Some(Shares { base: 0.002, events: 1600.0 }), limit: 0.002, ..SIMULATION };
    let job = planted(shares, PlantKind::Errors, 0.01, 9);
    let mean = |of: fn(&RecordedPair) -> Option<f64>| {
        job.series[0].pairs.iter().filter_map(of).sum::<f64>() / f64::from(MOST_PAIRS)
    };
    assert!((mean(|pair| pair.baseline) - 0.002).abs() < 0.001);
    assert!((mean(|pair| pair.candidate) - 0.012).abs() < 0.002);
}

#[test]
fn totals_are_drawn_and_exchanged_with_their_values() {
    let mut series = recorded_share("http_error_ratio", 7);
    series.pairs.iter_mut().for_each(|pair| pair.candidate = Some(0.5));
    let job = Job::resampled(&[series], &mut StdRng::seed_from_u64(3));
    for pair in &job.series[0].pairs {
        let (baseline, candidate) = pair.totals.unwrap();
        assert_eq!((baseline - candidate).abs(), 1000.0);
        assert_eq!(pair.candidate == Some(0.5), candidate > baseline);
    }
}

#[test]
fn recorded_shares_with_their_totals_are_kept_at_0_and_errors_are_planted_in_them_alone() {
    let achieved = RecordedSeries { direction: Direction::Higher, ..recorded_share("load_achieved_ratio", 8) };
    let zeros = vec![RecordedPair::of(Some((0.0, None)), Some((0.0, None))); 8];
    let uncounted = RecordedSeries { pairs: zeros, ..recorded("load_error_ratio", 8) };
    let hits = recorded("cache_hit_ratio", 8);
    assert!(!fits(&[hits.clone(), achieved.clone()], PlantKind::Errors));
    let set = set_of(vec![recorded_share("http_error_ratio", 8), achieved, hits, uncounted]);
    let names: Vec<&str> = set.about.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["http_error_ratio", "load_achieved_ratio", "cache_hit_ratio"]);
    assert_eq!((set.about.series[0].noise, set.about.series[0].limit), (0.0, 0.002));

    let fresh = set.draw(&mut StdRng::seed_from_u64(1));
    let mut job = fresh.clone();
    plant(&mut job, Plant { kind: PlantKind::Errors, effect: 0.005 }, &mut StdRng::seed_from_u64(1));
    assert_eq!(job.planted, [true, false, false]);
    assert_eq!(job.series[1..], fresh.series[1..]);
    let (mut events, mut all) = (0.0, 0.0);
    for pair in &job.series[0].pairs {
        let total = pair.totals.unwrap().1;
        let failed = pair.candidate.unwrap() * total;
        assert!((failed - failed.round()).abs() < 1e-6, "{failed} is no number of events");
        assert_eq!(pair.baseline, Some(0.0));
        (events, all) = (events + failed, all + total);
    }
    assert!((events / all - 0.005).abs() < 0.0015, "{events} of {all}");
}

#[test]
fn every_rule_takes_shares_that_are_0() {
    let set = set_of(vec![recorded_share("http_error_ratio", 8)]);
    let clean = set.draw(&mut StdRng::seed_from_u64(2));
    let mut failing = clean.clone();
    plant(&mut failing, Plant { kind: PlantKind::Errors, effect: 0.05 }, &mut StdRng::seed_from_u64(2));
    let rules = RULES.into_iter().filter(|rule| *rule != Rule::Randomisation);
    for rule in rules.chain([Rule::LoadmarkOnce(MOST_PAIRS)]) {
        assert_eq!(judge(rule, &clean).verdicts, [Verdict::Unchanged], "{rule}");
        assert_eq!(judge(rule, &failing).verdicts, [Verdict::Regression], "{rule}");
    }
    assert_eq!(judge(Rule::Randomisation, &clean).verdicts, [Verdict::Unchanged]);
}

#[test]
fn every_rule_sees_a_change_that_nobody_can_miss_and_in_which_direction() {
    for rule in RULES.into_iter().filter(|rule| *rule != Rule::Loadmark) {
        let worse = planted(SIMULATION, PlantKind::OneSeries, 1.0, 4);
        let place = worse.planted.iter().position(|planted| *planted).unwrap();
        assert_eq!(judge(rule, &worse).verdicts[place], Verdict::Regression, "{rule}");
        let mut better = worse.clone();
        better.series[place].direction = Direction::Higher;
        assert_eq!(judge(rule, &better).verdicts[place], Verdict::Improvement, "{rule}");
        let mut same = worse;
        for series in &mut same.series {
            series.pairs.iter_mut().for_each(|pair| pair.candidate = pair.baseline);
        }
        if !matches!(rule, Rule::ZScore | Rule::Iqr | Rule::WindowPoints) {
            assert_eq!(judge(rule, &same).verdicts[place], Verdict::Unchanged, "{rule}");
        }
    }
}

/// `scipy.stats.mannwhitneyu([3,4,5,6,9], [1,2,2,5,4], method="asymptotic")`.
#[test]
fn mann_whitney_is_that_of_scipy() {
    let (p, sign) = super::rules::mann_whitney(&[1.0, 2.0, 2.0, 5.0, 4.0], &[3.0, 4.0, 5.0, 6.0, 9.0]);
    assert!((p - 0.091_690_3).abs() < 1e-6 && sign > 0.0, "{p}");
}

/// `scipy.stats.ttest_ind(a, b, equal_var=False)` of the two samples gives p = 0.0428 and 0.0955.
#[test]
fn welch_is_that_of_scipy() {
    let baseline = [10.0, 11.0, 12.0, 9.0, 10.5, 11.5, 10.2, 9.8, 10.9, 11.1];
    for (shift, verdict) in [(0.7, Verdict::Regression), (0.5, Verdict::Unchanged)] {
        let mut job = job(SIMULATION, 1);
        let candidate = [10.1, 12.3, 10.7, 9.9, 13.0, 11.2, 10.0, 9.5, 12.2, 10.4];
        let pairs = baseline.iter().zip(candidate).map(|(baseline, candidate)| RecordedPair {
            baseline: Some(*baseline),
            candidate: Some(candidate + shift),
            totals: None,
        });
        job.series[0].pairs = pairs.collect();
        assert_eq!(judge(Rule::Welch, &job).verdicts[0], verdict, "{shift}");
    }
}

#[test]
fn jobs_are_counted_by_what_was_said_where_something_was_planted() {
    use Verdict::{Improvement, Inconclusive, Regression, Unchanged};
    let plant = Plant { kind: PlantKind::OneSeries, effect: 0.03 };
    let mut job = job(SIMULATION, 1);
    job.planted = vec![true, false, false];
    let count = |verdicts: [Verdict; 3], plant| tally(&job, plant, &Ruling { verdicts: verdicts.to_vec(), pairs: 12 });
    let one = Tally { jobs: 1, pairs: 12, ..Tally::default() };
    assert_eq!(count([Regression, Inconclusive, Unchanged], plant), Tally { detected: 1, ..one });
    assert_eq!(count([Unchanged, Regression, Unchanged], plant), Tally { alarms: 1, ..one });
    // What is overlooked beside something undecided is overlooked.
    let overlooked = Tally { wrong_unchanged: 1, inconclusive: 1, ..one };
    assert_eq!(count([Unchanged, Unchanged, Inconclusive], plant), overlooked);
    assert_eq!(count([Inconclusive, Unchanged, Unchanged], plant), Tally { inconclusive: 1, ..one });
    assert_eq!(count([Unchanged, Unchanged, Unchanged], plant), Tally { wrong_unchanged: 1, ..one });
    assert_eq!(
        count([Improvement, Inconclusive, Unchanged], plant),
        Tally { wrong_direction: 1, inconclusive: 1, ..one }
    );
    // Below the limit `unchanged` is right.
    let below = Plant { effect: 0.02, ..plant };
    assert_eq!(count([Unchanged, Unchanged, Unchanged], below), one);
}

#[test]
fn limits_are_the_usual_or_what_the_noise_allows_and_wild_tails_are_left_out() {
    let mut random = StdRng::seed_from_u64(6);
    let series = |name: &str, sd: f64, random: &mut StdRng| {
        let drawn = Simulation { count: 1, sd, ..SIMULATION }.draw(random);
        RecordedSeries { name: name.to_owned(), limit: None, ..drawn.series[0].clone() }
    };
    let recording = Recording {
        name: "shop".to_owned(),
        series: vec![
            series("http_latency{q=\"0.5\"}", 0.02, &mut random),
            series("http_latency{q=\"0.99\"}", 0.05, &mut random),
            series("load_latency{q=\"0.99\"}", 0.9, &mut random),
            series("http_latency_mean", 0.2, &mut random),
        ],
        seconds_per_pair: None,
    };
    let set = Set::recorded(&recording).about;
    let limits: Vec<(&str, f64)> = set.series.iter().map(|series| (series.name.as_str(), series.limit)).collect();
    assert_eq!(limits[..2], [("http_latency{q=\"0.5\"}", 0.03), ("http_latency{q=\"0.99\"}", 0.05)]);
    assert_eq!((limits.len(), limits[2].0), (3, "http_latency_mean"));
    assert!(limits[2].1 > 0.07, "{}", limits[2].1);
    assert_eq!((set.subject, set.recorded), (Subject::Recorded, Some(32)));

    // In proportion nothing is left out, and a limit is never narrower than the usual one.
    let set = Set::in_proportion(&recording).about;
    assert_eq!((set.subject, set.series.len(), set.recorded), (Subject::InProportion, 4, Some(32)));
    for (series, (limit, promised)) in set.series.iter().zip([(0.03, 0.026), (0.05, 0.06), (0.05, 0.06), (0.03, 0.026)])
    {
        let expected = (series.noise * f64::ln_1p(limit) / promised).exp_m1().max(limit);
        assert!((series.limit - expected).abs() < 1e-12, "{series:?}");
    }
    assert!(set.series[2].limit > 0.5 && set.series[3].limit > 0.15, "{:?}", set.series);
}
