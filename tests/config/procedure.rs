//! What a benchmark says of how its candidates are compared.

use std::time::Duration;

use insta::assert_snapshot;
use loadmark::domain::procedure::{Arrangement, CompareMethod, PairSettings};
use loadmark::domain::units::Span;

use super::*;

const SERVICE: &str = "    service: shop\n";

fn with(line: &str) -> Folder {
    Folder::good().replace("config.yaml", SERVICE, &format!("{SERVICE}    {line}\n"))
}

fn pairs(line: &str) -> PairSettings {
    with(line).load().unwrap().benchmarks["shop"].pairs.clone()
}

#[test]
fn what_is_not_said_has_its_default() {
    let shop = Folder::good().load().unwrap().benchmarks.remove("shop").unwrap();
    assert_eq!((shop.compare, shop.pairs), (CompareMethod::Auto, PairSettings::default()));
    assert_eq!(pairs("pairs: {max: 6}"), PairSettings { min: 6, max: 6, ..PairSettings::default() });
    assert_eq!(pairs("pairs: {min: 40}"), PairSettings { min: 40, max: 40, ..PairSettings::default() });
}

#[test]
fn what_is_said_holds() {
    let folder = with("compare: paired").replace(
        "config.yaml",
        SERVICE,
        &format!("{SERVICE}    pairs: {{min: 4, max: 100, budget: 20m, arrangement: twins, seed: 7}}\n"),
    );
    let shop = folder.load().unwrap().benchmarks.remove("shop").unwrap();
    assert_eq!(shop.compare, CompareMethod::Paired);
    let budget = Some(Span(Duration::from_secs(1200)));
    assert_eq!(shop.pairs, PairSettings { min: 4, max: 100, budget, arrangement: Arrangement::Twins, seed: 7 });
}

#[test]
fn what_can_not_be() {
    assert_snapshot!(with("compare: pairs").message(), @r"
    config.yaml:8:14: unknown value `pairs`: expected one of `stored`, `paired`, `auto`
      |
    8 |     compare: pairs
      |              ^^^^^
    ");
    assert_snapshot!(with("pairs: {min: 3}").message(), @r"
    config.yaml:8:18: `pairs.min` is 3; expected a whole number from 4 to 100
      |
    8 |     pairs: {min: 3}
      |                  ^
    ");
    assert_snapshot!(with("pairs: {max: 101}").message(), @r"
    config.yaml:8:18: `pairs.max` is 101; expected a whole number from 4 to 100
      |
    8 |     pairs: {max: 101}
      |                  ^^^
    ");
    assert_snapshot!(with("pairs: {min: 20, max: 10}").message(), @r"
    config.yaml:8:18: `pairs.min` is 20; expected a whole number from 4 to 10
      |
    8 |     pairs: {min: 20, max: 10}
      |                  ^^
    ");
    assert_snapshot!(with("pairs: {budget: 0s}").message(), @r"
    config.yaml:8:21: `pairs.budget` is 0; expected more
      |
    8 |     pairs: {budget: 0s}
      |                     ^^
    ");
    assert_snapshot!(with("pairs: {budget: 20}").message(), @r"
    config.yaml:8:21: `20` has no unit: expected a duration with one of the units ns, us, ms, s, m, h, such as `10s`
      |
    8 |     pairs: {budget: 20}
      |                     ^^
    ");
    assert_snapshot!(with("pairs: {arrangement: twin}").message(), @r"
    config.yaml:8:26: unknown value `twin`: did you mean `twins`?
      |
    8 |     pairs: {arrangement: twin}
      |                          ^^^^
    ");
    assert_snapshot!(with("pairs: {rounds: 20}").message(), @r"
    config.yaml:8:13: unknown key `rounds`: expected one of `min`, `max`, `budget`, `arrangement`, `seed`
      |
    8 |     pairs: {rounds: 20}
      |             ^^^^^^
    ");
}
