//! Against published data, and against what scipy 1.17 and pymannkendall 1.4 say of it.

use super::super::changes;
use super::super::drift::{inflation, score, slope, trend};

/// The yearly flow of the Nile at Aswan, 1871 to 1970 (Cobb, Biometrika 65, 1978), in which everybody finds that it fell
/// between 1898 and 1899.
pub(super) const NILE: [f64; 100] = [
    1120.0, 1160.0, 963.0, 1210.0, 1160.0, 1160.0, 813.0, 1230.0, 1370.0, 1140.0, 995.0, 935.0, 1110.0, 994.0, 1020.0,
    960.0, 1180.0, 799.0, 958.0, 1140.0, 1100.0, 1210.0, 1150.0, 1250.0, 1260.0, 1220.0, 1030.0, 1100.0, 774.0, 840.0,
    874.0, 694.0, 940.0, 833.0, 701.0, 916.0, 692.0, 1020.0, 1050.0, 969.0, 831.0, 726.0, 456.0, 824.0, 702.0, 1120.0,
    1100.0, 832.0, 764.0, 821.0, 768.0, 845.0, 864.0, 862.0, 698.0, 845.0, 744.0, 796.0, 1040.0, 759.0, 781.0, 865.0,
    845.0, 944.0, 984.0, 897.0, 822.0, 1010.0, 771.0, 676.0, 649.0, 846.0, 812.0, 742.0, 801.0, 1040.0, 860.0, 874.0,
    848.0, 890.0, 744.0, 749.0, 838.0, 1050.0, 918.0, 986.0, 797.0, 923.0, 975.0, 815.0, 1020.0, 906.0, 901.0, 1170.0,
    912.0, 746.0, 919.0, 718.0, 714.0, 740.0,
];

#[track_caller]
fn close(ours: f64, reference: f64, error: f64) {
    assert!((ours / reference - 1.0).abs() <= error, "{ours} is not {reference}");
}

#[test]
fn the_nile_fell_once_in_1899() {
    let found = changes(&NILE, 0.03, 1);
    let [step] = found.points.as_slice() else { panic!("{found:?}") };
    assert_eq!((step.at, step.p), (28, 0.0005));
    // Of the mean logarithms, as scipy has them: -22.8 %; the year 1913 is cut.
    close(step.magnitude.unwrap(), -0.228_247_649, 0.02);
    assert_eq!(found.drift, None);
}

#[test]
fn theil_sen_and_mann_kendall_are_scipys_and_pymannkendalls() {
    let values = &NILE[..60];
    close(slope(values).unwrap(), -6.298_936_170_212_766, 1e-12);
    assert_eq!(score(values), (-711.0, 24571.0));
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let slope = slope(&logs).unwrap();
    close(slope, -0.006_538_814_748_795_92, 1e-12);
    // Without the autocorrelation of the years it would be 5.9e-6.
    close(trend(&logs, slope).unwrap(), 6.276_762_549_756e-4, 1e-6);
    close(inflation(60, 0.3), 1.836_734_693_877_551, 1e-12);
    close(inflation(60, 0.9), 16.005_391_030_899_744, 1e-12);
}
