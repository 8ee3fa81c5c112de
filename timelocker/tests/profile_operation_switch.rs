//! Turning measuring on and off; in a process of its own, as the switch is for the whole process.

use std::num::NonZero;
use std::pin::pin;
use std::task::{Context, Waker};

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
        sampled_at_run_time();
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

#[profile_operation("sampled", sample = 4)]
fn sampled() {}

#[profile_operation("later")]
async fn later() {}

fn sampled_at_run_time() {
    let timed = |calls: u32| {
        performance::reset();
        performance::sample_calls(NonZero::new(calls).expect("not 0"));
        for _ in 0..100 {
            coarse();
            sampled();
            assert!(pin!(later()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
        let report = performance::report();
        ["coarse", "sampled", "later"].map(|name| {
            let operation = report.operation(name).expect("called");
            assert_eq!(operation.calls(), 100, "{name}");
            operation.timed_calls()
        })
    };
    assert_eq!(timed(1), [100, 25, 100]);
    assert_eq!(timed(50), [2, 2, 100]);
    // Not after the fiftieth call only.
    assert_eq!(timed(10), [10, 10, 100]);
    assert_eq!(timed(1), [100, 25, 100]);
}
