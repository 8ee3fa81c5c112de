//! Sampling shows functions that nobody annotated. In a process of its own: there is one sampler.

use std::hint::black_box;

use timelocker::performance::Sampler;

#[cfg(all(feature = "sampling", target_os = "linux", target_arch = "x86_64"))]
#[test]
fn functions_without_an_attribute_are_seen() {
    use timelocker::performance::Samples;

    #[inline(never)]
    fn nobody_annotated_this(rounds: u64) -> u64 {
        (0..rounds)
            .fold(1, |hash, round| black_box(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ round)
    }
    #[inline(never)]
    fn nor_its_caller(rounds: u64) -> u64 {
        black_box(nobody_annotated_this(rounds)) + 1
    }

    let sample = || -> Samples {
        let sampler = Sampler::start(997).expect("this system samples");
        let second = Sampler::start(997).expect_err("there is one");
        assert!(second.is_running() && !second.is_unsupported(), "{second}");
        // By the clock that the samples are taken by: so they will have been.
        let cpu = || {
            let stat = std::fs::read_to_string("/proc/self/stat").expect("of this process");
            let fields = stat.rsplit(") ").next().unwrap_or_default();
            let ticks =
                fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
            ticks.sum::<u64>()
        };
        let start = cpu();
        let elsewhere = std::thread::spawn(move || {
            while cpu() < start + 30 {
                black_box(nor_its_caller(1_000_000));
            }
        });
        elsewhere.join().expect("no panic");
        sampler.stop().expect("the samples")
    };

    // Twice: a sampler that was stopped leaves the way free for the next.
    for _ in 0..2 {
        let samples = sample();
        assert!(samples.count() >= 20, "{}", samples.count());
        let functions = samples.functions();
        let find = |name: &str| {
            let found = functions.iter().find(|function| function.name().ends_with(name));
            found.unwrap_or_else(|| panic!("no {name}:\n{}", samples.top(20)))
        };
        let (inner, outer) = (find("nobody_annotated_this"), find("nor_its_caller"));
        assert!(inner.total_samples() * 2 > samples.count(), "{}", samples.top(20));
        assert!(outer.total_samples() >= inner.total_samples() * 9 / 10, "{}", samples.top(20));
        assert!(samples.top(1).to_string().lines().count() == 2);

        let mut stacks = Vec::new();
        samples.write_collapsed_stacks(&mut stacks).expect("memory takes all");
        let stacks = String::from_utf8(stacks).expect("names are UTF-8");
        let path = stacks.lines().find(|line| line.contains("nobody_annotated_this"));
        let path = path.unwrap_or_else(|| panic!("{stacks}"));
        assert!(path.find("nor_its_caller") < path.find("nobody_annotated_this"), "{path}");
    }
}

#[cfg(not(feature = "sampling"))]
#[test]
fn a_build_that_cannot_says_so() {
    let error = black_box(Sampler::start(99)).expect_err("it was not built in");
    assert!(error.is_unsupported() && !error.is_running());
    assert!(error.to_string().contains("feature `sampling`"), "{error}");
}
