//! The comment of a pull request.

use insta::assert_snapshot;

use super::super::markdown;
use super::fixture::{build_failure, master, regression, unchanged};

#[test]
fn a_regression() {
    assert_snapshot!(markdown(&regression()), @"");
}

#[test]
fn nothing_changed() {
    assert_snapshot!(markdown(&unchanged()), @"");
}

#[test]
fn the_service_does_not_build() {
    assert_snapshot!(markdown(&build_failure()), @"");
}

#[test]
fn a_master_set() {
    assert_snapshot!(markdown(&master()), @"");
}
