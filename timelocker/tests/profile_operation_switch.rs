//! Turning measuring on and off; in a process of its own, as the switch is for the whole process.

use timelocker::performance::{self, Level};
use timelocker::profile_operation;

#[profile_operation("switched", files = { *evaluated += 1; 1_u32 })]
fn switched(evaluated: &mut u32) {
    let _ = evaluated;
}

#[profile_operation("coarse", level = coarse)]
fn coarse() {}

#[profile_operation("fine", level = fine)]
fn fine() {}

#[test]
fn what_is_off_is_not_measured() {
    let mut evaluated = 0;
    assert!(!performance::is_enabled());
    switched(&mut evaluated);
    assert!(performance::report().operations().is_empty());

    performance::enable();
    switched(&mut evaluated);
    performance::disable();
    switched(&mut evaluated);

    let report = performance::report();
    if cfg!(feature = "performance") {
        assert!(report.is_measurable());
        let operation = report.operation("switched").expect("called while on");
        assert_eq!((operation.calls(), operation.files()), (1, Some(1)));
        assert_eq!(evaluated, 1, "figures are evaluated only while measuring");
        assert!(report.to_string().contains("switched"));

        performance::reset();
        assert!(performance::report().operations().is_empty());
        assert_eq!(performance::report().to_string(), "no operation was measured");
        performance::enable();
        switched(&mut evaluated);
        assert_eq!(performance::report().operations()[0].calls(), 1);

        let calls = |level| {
            performance::reset();
            performance::enable_level(level);
            coarse();
            switched(&mut 0);
            fine();
            performance::report().operations().len()
        };
        assert_eq!([Level::Coarse, Level::Normal, Level::Fine].map(calls), [1, 2, 3]);
    } else {
        assert!(!report.is_measurable() && report.operations().is_empty());
        assert!(!performance::is_enabled());
        assert_eq!(evaluated, 0);
        assert_eq!(
            report.to_string(),
            "not measured: built without the feature `performance` of timelocker"
        );
    }
}
