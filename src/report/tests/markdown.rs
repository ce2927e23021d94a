//! The comment of a pull request.

use insta::assert_snapshot;

use super::super::markdown;
use super::cases;
use super::fixture::{build_failure, master, regression, unchanged};

#[test]
fn a_regression() {
    assert_snapshot!(markdown(&regression()), @r#"
    ### Regression: 2 of 5 series are worse, most of all `http_latency_mean{endpoint="/buy"}` by +120% (limit +25% and 300 us); by medians of stored sets

    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |
    | `http_latency_mean{endpoint="/buy"}` | 4.1 ms (3, ±2.0%) | 9.02 ms (3, ±2.0%) | +120% | +25% and 300 us | regression |
    | `http_latency_mean{endpoint="/cart"}` | 1.24 ms (3, ±2.0%) | 1.71 ms (3, ±2.0%) | +38% | +25% and 300 us | regression |
    | `http_latency_mean{endpoint="/search"}` | 12.4 ms (3, ±2.0%) | 6.3 ms (3, ±2.0%) | -49% | -20% and 300 us | improvement |

    - candidate: 12 of 6000 requests failed (0.20%)

    <details><summary>2 unchanged, 1 without limit</summary>

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |
    | `process_memory` | 38.1 MiB (3, ±2.0%) | 39.1 MiB (3, ±2.0%) | +2.5% | none | not judged |
    | `http_latency_mean{endpoint="/"}` | 520 us (3, ±2.0%) | 530 us (3, ±2.0%) | +1.9% | +25% and 300 us | unchanged |
    | `http_latency_mean{endpoint="/health"}` | 200 us (3, ±2.0%) | 200 us (3, ±2.0%) | +0.0% | +25% and 300 us | unchanged |

    </details>

    <details><summary>How this was measured, and what to do next</summary>

    - method: medians over rounds
    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - master: run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
    - machine: class ci-small
    - job: 12, experiment, took 4 min 12 s
    - logs: /data/logs/12
    - measure again: `loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http`
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>
    "#);
}

#[test]
fn nothing_changed() {
    assert_snapshot!(markdown(&unchanged()), @r#"
    ### Unchanged: 2 series judged, all within their limits; by medians of stored sets

    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

    <details><summary>2 unchanged, 1 without limit</summary>

    | metric | master (n, ± noise) | this commit | change | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- |
    | `process_memory` | 38.1 MiB (3, ±2.0%) | 39.1 MiB (3, ±2.0%) | +2.5% | none | not judged |
    | `http_latency_mean{endpoint="/"}` | 520 us (3, ±2.0%) | 530 us (3, ±2.0%) | +1.9% | +25% and 300 us | unchanged |
    | `http_latency_mean{endpoint="/buy"}` | 4.1 ms (3, ±2.0%) | 4 ms (3, ±2.0%) | -2.4% | +25% and 300 us | unchanged |

    </details>

    <details><summary>How this was measured, and what to do next</summary>

    - method: medians over rounds
    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - master: run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 3 rounds, 2026-03-04 05:06:07 UTC
    - machine: class ci-small
    - job: 12, experiment, took 4 min 12 s
    - logs: /data/logs/12
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>
    "#);
}

#[test]
fn the_service_does_not_build() {
    assert_snapshot!(markdown(&build_failure()), @r#"
    ### Service failed (build): ``the image of service `shop` does not build``

    demo, benchmark http, bbbbbbbbbbbb (slow-buy)

    ```text
    #9 [build 4/4] RUN make
    #9 1.203 src/main.c:12: error: `x` undeclared
    ```

    The whole log: `/data/logs/12/build.log`

    <details><summary>How this was measured, and what to do next</summary>

    - job: 12, experiment, took 4 min 12 s
    - try again, once it is mended: `loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http`

    </details>
    "#);
}

#[test]
fn a_master_set() {
    assert_snapshot!(markdown(&master()), @r#"
    ### Measured: the master set of aaaaaaaaaaaa is stored, 2 valid rounds

    demo, benchmark http, aaaaaaaaaaaa (main)

    | metric | median | ± noise | rounds |
    | --- | ---: | ---: | ---: |
    | `http_latency_mean{endpoint="/"}` | 528 us | ±1.5% | 2 |
    | `http_latency_mean{endpoint="/buy"}` | 4.16 ms | ±1.5% | 2 |

    - round 3 is left out: the generator fell behind in 4 of 10 slices

    <details><summary>How this was measured, and what to do next</summary>

    - load: 200/s achieved of 200/s planned (100.0%), 9 of 6000 requests failed
    - this run: run 00000001, 3 rounds, 2026-03-04 05:06:07 UTC
    - machine: class ci-small
    - job: 12, new-master, took 4 min 12 s
    - logs: /data/logs/12
    - compare the work tree with it: `loadmark test --dirty`
    - see every series of this run: `loadmark runs show 00000001-0000-0000-0000-000000001234`

    </details>
    "#);
}

#[test]
fn a_regression_by_pairs() {
    assert_snapshot!(markdown(&cases::regression()), @r#"
    ### Regression: 1 of 3 series is worse: `http_latency_mean{endpoint="/buy"}` by +6.1% (limit +3%); by 16 pairs in turns

    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

    | metric | master (n, ± noise) | this commit | change [96.5%] | by | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- | --- |
    | `http_latency_mean{endpoint="/buy"}` | 4.1 ms (16, ±2.0%) | 4.35 ms (16, ±2.0%) | +6.1% [+4.8%, +7.3%] | 16 pairs | +3% | regression |
    | `http_latency_mean{endpoint="/search"}` | 9.3 ms (16, ±2.0%) | 12.1 ms (16, ±2.0%) | +30% [+22%, +39%] | 16 pairs | +3% | (regression, muted): muted until 2026-12-31: `the index is rebuilt, see #12` |
    | `http_latency_mean{endpoint="/cart"}` | 1.24 ms (16, ±2.0%) | 1.27 ms (16, ±2.0%) | +2.4% [+1.5%, +3.3%] | 16 pairs | +2% | warning: beyond the limit that warns, within the one that fails |

    In parentheses: secondary or muted, does not decide the outcome.

    <details><summary>1 unchanged, 1 without limit</summary>

    | metric | master (n, ± noise) | this commit | change [96.5%] | by | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- | --- |
    | `process_memory` | 38.1 MiB (3, ±2.0%) | 39.1 MiB (3, ±2.0%) | +2.5% | - | none | not judged |
    | `http_latency_mean{endpoint="/"}` | 520 us (10, ±2.0%) | 520 us (10, ±2.0%) | +0.3% [-0.4%, +1.1%] | 10 pairs | +3% | unchanged |

    </details>

    <details><summary>How this was measured, and what to do next</summary>

    - method: pairs of rounds
    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - pairs: 16 valid of 17 measured in turns, looked at after 10 and 16
    - master: run 00000001, 17 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 17 rounds, 2026-03-04 05:06:07 UTC
    - machine: class ci-small
    - job: 12, experiment, took 4 min 12 s
    - logs: /data/logs/12
    - measure again: `loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http`
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>
    "#);
}

#[test]
fn what_is_open() {
    assert_snapshot!(markdown(&cases::inconclusive()), @r#"
    ### Inconclusive: 1 of 2 series may have changed: `http_latency_mean{endpoint="/buy"}` by +2.1% (limit +3%); not decided by 32 pairs in turns

    demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa

    | metric | master (n, ± noise) | this commit | change [96.5%] | by | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- | --- |
    | `http_latency_mean{endpoint="/buy"}` | 4.1 ms (32, ±2.0%) | 4.2 ms (32, ±2.0%) | +2.1% [-1.8%, +6.4%] | 32 pairs | +3% | inconclusive: a change of 4.2% would have been seen four times in five; about 58 pairs would decide it: measure with `--rounds 58` |
    | `http_latency_mean{endpoint="/cart"}` | 2 ms (32, ±2.0%) | 2.1 ms (32, ±2.0%) | +5.0% [-20%, +40%] | 32 pairs | +3% | (inconclusive): a change of 31% would have been seen four times in five; it would take about 3400 pairs to decide it, and a job measures 100 at most: lengthen the load window, or widen the limit |

    In parentheses: secondary or muted, does not decide the outcome.

    <details><summary>1 unchanged</summary>

    | metric | master (n, ± noise) | this commit | change [96.5%] | by | limit | verdict |
    | --- | ---: | ---: | ---: | --- | --- | --- |
    | `http_latency_mean{endpoint="/"}` | 520 us (10, ±2.0%) | 520 us (10, ±2.0%) | +0.3% [-0.4%, +1.1%] | 10 pairs | +3% | unchanged |

    </details>

    <details><summary>How this was measured, and what to do next</summary>

    - method: pairs of rounds
    - load: 200/s achieved of 200/s planned (100.0%), 0 of 6000 requests failed
    - pairs: 32 valid of 33 measured in turns, looked at after 10, 16, 24 and 32
    - master: run 00000001, 33 rounds, 2026-03-04 05:06:07 UTC
    - this run: run 00000002, 33 rounds, 2026-03-04 05:06:07 UTC
    - machine: class ci-small
    - job: 12, experiment, took 4 min 12 s
    - logs: /data/logs/12
    - decide it in pairs of rounds: `loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http --compare paired --rounds 58`
    - see every series of this run: `loadmark runs show 00000002-0000-0000-0000-000000001234`

    </details>
    "#);
}
