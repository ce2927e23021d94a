//! The pictures: how power grows with the effect, false alarms with the number of series, and pairs with the effect.

use plotters::prelude::*;
use thiserror::Error;

use super::shares::{hits, plants, rules, sets, share, trial};
use crate::domain::evaluation::{Evaluation, Plant, PlantKind, RoundSet, Rule, Subject, Trial};

/// A picture, as SVG.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// Its name, without an ending.
    pub name: &'static str,
    /// The file's text.
    pub svg: String,
}

/// A picture could not be drawn.
#[derive(Debug, Error)]
#[error("failed to draw the picture `{name}`: {reason}; this is a bug of Loadmark's")]
pub struct PictureError {
    name: &'static str,
    reason: String,
}

/// Width and height.
const SIZE: (u32, u32) = (800, 440);
/// Colours that colour-blind people tell apart: M. Okabe and K. Ito 2008, ours first.
const COLOURS: [RGBColor; 9] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
    RGBColor(0, 0, 0),
    RGBColor(150, 110, 60),
];

/// What is drawn.
struct Chart {
    name: &'static str,
    title: String,
    across: &'static str,
    up: &'static str,
    /// The highest value.
    top: f64,
    lines: Vec<Line>,
}

struct Line {
    label: String,
    points: Vec<(f64, f64)>,
}

/// All pictures whose sets were tried.
///
/// # Errors
/// The drawing library refuses something.
pub fn evaluation_pictures(evaluation: &Evaluation) -> Result<Vec<Picture>, PictureError> {
    let charts = [power(evaluation), pairs(evaluation), many_series(evaluation)];
    charts.into_iter().flatten().map(|chart| draw(&chart)).collect()
}

/// By rule, on the quietest set.
fn power(evaluation: &Evaluation) -> Option<Chart> {
    let sets = sets(evaluation, Subject::Power);
    let set = *sets.first()?;
    let line = |rule: Rule| Line {
        label: rule.to_string(),
        points: over_effects(evaluation, set, rule, |trial| {
            // Where nothing is planted there is nothing to find: false alarms have a picture of their own.
            (trial.plant != Plant::NOTHING).then(|| 100.0 * share(hits(trial), trial.tally.jobs))
        }),
    };
    Some(Chart {
        name: "power",
        title: format!("Jobs in which a rule said worse, by the change in one series ({})", set.name),
        across: "planted change, %",
        up: "jobs, %",
        top: 100.0,
        lines: rules(evaluation, set).into_iter().map(line).collect(),
    })
}

/// Ours, by set.
fn pairs(evaluation: &Evaluation) -> Option<Chart> {
    let sets = sets(evaluation, Subject::Power);
    let line = |set: &&RoundSet| Line {
        label: set.name.clone(),
        points: over_effects(evaluation, set, Rule::Loadmark, |trial| trial.tally.mean_pairs()),
    };
    (!sets.is_empty()).then(|| Chart {
        name: "pairs",
        title: "Pairs until a verdict".to_owned(),
        across: "planted change, %",
        up: "pairs, on average",
        top: 32.0,
        lines: sets.iter().map(line).collect(),
    })
}

fn many_series(evaluation: &Evaluation) -> Option<Chart> {
    let sets = sets(evaluation, Subject::ManySeries);
    let first = *sets.first()?;
    let point = |set: &RoundSet, rule: Rule| {
        let trial = trial(evaluation, set, Plant::NOTHING, rule)?;
        Some((set.series.len() as f64, 100.0 * share(trial.tally.alarms, trial.tally.jobs)))
    };
    let line =
        |rule: Rule| Line { label: rule.to_string(), points: sets.iter().filter_map(|set| point(set, rule)).collect() };
    Some(Chart {
        name: "false-alarms",
        title: "Jobs of unchanged code with a false alarm, by the number of series".to_owned(),
        across: "primary series",
        up: "jobs, %",
        top: 100.0,
        lines: rules(evaluation, first).into_iter().map(line).collect(),
    })
}

fn over_effects(
    evaluation: &Evaluation,
    set: &RoundSet,
    rule: Rule,
    value: impl Fn(&Trial) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let plants = plants(evaluation, set).into_iter();
    let plants = plants.filter(|plant| matches!(plant.kind, PlantKind::Nothing | PlantKind::OneSeries));
    let trials = plants.filter_map(|plant| trial(evaluation, set, plant, rule));
    trials.filter_map(|trial| Some((trial.plant.effect * 100.0, value(trial)?))).collect()
}

fn draw(chart: &Chart) -> Result<Picture, PictureError> {
    let mut svg = String::new();
    paint(chart, &mut svg).map_err(|error| PictureError { name: chart.name, reason: error.to_string() })?;
    if !svg.ends_with('\n') {
        svg.push('\n');
    }
    Ok(Picture { name: chart.name, svg })
}

fn paint(chart: &Chart, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let across = chart.lines.iter().flat_map(|line| &line.points).map(|point| point.0).fold(1.0, f64::max);
    let mut plane = ChartBuilder::on(&area)
        .caption(&chart.title, ("sans-serif", 17))
        .margin(10)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..across, 0.0..chart.top)?;
    plane
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc(chart.across)
        .y_desc(chart.up)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .label_style(("sans-serif", 13))
        .draw()?;
    for (index, line) in chart.lines.iter().enumerate() {
        let style = COLOURS[index % COLOURS.len()].stroke_width(if index == 0 { 4 } else { 2 });
        plane
            .draw_series(LineSeries::new(line.points.iter().copied(), style))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    plane
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", 13))
        .draw()?;
    area.present()?;
    Ok(())
}
