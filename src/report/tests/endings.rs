//! The terminal: master sets, and jobs that measured nothing to the end.

use insta::assert_snapshot;

use crate::domain::ids::JobId;
use crate::domain::job::JobKind;
use crate::domain::verdict::Outcome;

use super::super::{Body, Failure, ReportModel, text};
use super::fixture::{NARROW, WIDE, build_failure, master, unchanged};

#[test]
fn a_master_set() {
    assert_snapshot!(text(&master(), WIDE), @r#"
    MEASURED: the master set of aaaaaaaaaaaa is stored, 2 valid rounds
    demo, benchmark http, aaaaaaaaaaaa (main)

      series                               median  spread  rounds
      http_latency_mean{endpoint="/buy"}  4.16 ms   ±1.5%  4.1 ms, 4.22 ms
      http_latency_mean{endpoint="/"}      528 us   ±1.5%  520 us, 536 us

      note round 3 is left out: the generator fell behind in 4 of 10 slices

      load      200/s achieved of 200/s planned (100.0%), 9 of 6000 requests failed
      this run  run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       12, new-master, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark test --dirty                                    compare the work tree with it
                loadmark runs show 00000001-0000-0000-0000-000000001234  see every series of this run
    "#);
}

#[test]
fn a_master_set_that_was_stored_already() {
    let mut model = master();
    model.job = Some((JobId(13), JobKind::NewMaster));
    assert_snapshot!(text(&model, NARROW), @r#"
    MEASURED: the master set of aaaaaaaaaaaa is stored since 2026-03-04 05:06:07 UTC, run 00000001, 2 valid rounds: not measured again
    demo, benchmark http, aaaaaaaaaaaa (main)

      series                               median  spread  rounds
      http_latency_mean{endpoint="/buy"}  4.16 ms   ±1.5%  4.1 ms, 4.22 ms
      http_latency_mean{endpoint="/"}      528 us   ±1.5%  520 us, 536 us

      note round 3 is left out: the generator fell behind in 4 of 10 slices

      load      200/s achieved of 200/s planned (100.0%), 9 of 6000 requests failed
      that run  run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
      machine   class ci-small
      job       13, new-master, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark test --dirty                                                              compare the work tree with it
                loadmark master aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --benchmark http --force  measure it all the same
                loadmark runs show 00000001-0000-0000-0000-000000001234                            see every series of this run
    "#);
}

#[test]
fn the_service_does_not_build() {
    assert_snapshot!(text(&build_failure(), WIDE), @r#"
    SERVICE FAILED (BUILD): the image of service `shop` does not build
    demo, benchmark http, bbbbbbbbbbbb (slow-buy)

      | #9 [build 4/4] RUN make
      | #9 1.203 src/main.c:12: error: `x` undeclared
      the whole log: /data/logs/12/build.log

      job       12, experiment, took 4 min 12 s

      next      loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  try again, once it is mended
    "#);
}

#[test]
fn our_own_failure() {
    let failure = Failure { reason: "Postgres is not reachable".to_owned(), ..Failure::default() };
    let model = ReportModel { outcome: Outcome::InfrastructureFailed, body: Body::Failure(failure), ..unchanged() };
    assert_snapshot!(text(&model, WIDE), @r#"
    INFRASTRUCTURE FAILED: Postgres is not reachable
    demo, benchmark http, bbbbbbbbbbbb (slow-buy)

      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark jobs retry 12  try again
    "#);
}

#[test]
fn a_configuration_that_is_refused_offers_no_retry() {
    let reason = "there is no compose file `compose.yaml`".to_owned();
    let failure = Failure { reason, is_configuration: true, ..Failure::default() };
    let model = ReportModel { outcome: Outcome::InfrastructureFailed, body: Body::Failure(failure), ..unchanged() };
    assert_snapshot!(text(&model, WIDE), @r"
    CONFIGURATION REFUSED: there is no compose file `compose.yaml`
    demo, benchmark http, bbbbbbbbbbbb (slow-buy)

      job       12, experiment, took 4 min 12 s
      logs      /data/logs/12

      next      loadmark check                                                           check it, once it is mended
                loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http  then try again
    ");
}
