//! Functions that are seldom written, and what the attribute must not change about them.

#![deny(warnings, unused, clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::missing_const_for_fn,
    clippy::must_use_candidate,
    clippy::unused_async,
    reason = "shapes, not deeds"
)]
#![cfg(feature = "performance")]

use std::num::ParseIntError;
use std::panic::{Location, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use timelocker::{performance, profile_operation};

type Fallible<T, E = String> = Result<T, E>;

/// Lints look at the braces of a body on one line.
#[rustfmt::skip]
mod on_one_line {
    use super::profile_operation;

    #[profile_operation]
    pub async fn later() -> u32 { 3 }

    #[profile_operation]
    pub async fn never_later() -> ! { panic!("never returns") }

    #[profile_operation]
    pub fn never() -> ! { panic!("never returns") }

    #[profile_operation]
    pub fn closure() -> impl Fn() -> u32 { || 3 }

    #[profile_operation]
    #[track_caller]
    pub fn tracked() -> u32 { 3 }

    #[profile_operation]
    pub async fn items() -> u32 { use std::cmp::max; const LEAST: u32 = 3; max(1, LEAST) }

    #[profile_operation(files = 1)]
    pub fn items_of_never() -> ! { fn stop() -> ! { panic!("never returns") } stop() }

    #[profile_operation(files = 1)]
    #[track_caller]
    pub fn items_of_tracked() -> u32 { use std::cmp::max; const LEAST: u32 = 3; max(1, LEAST) }
}

mod arguments {
    use super::{Fallible, profile_operation};

    pub struct Wrapped(pub u32);

    #[profile_operation]
    pub fn attributes(
        #[allow(unused_variables)] unused: u32,
        #[cfg(any())] missing: Missing,
    ) -> u32 {
        1
    }

    #[profile_operation]
    pub fn patterns(
        Wrapped(first): Wrapped,
        &mut ref mut second: &mut u32,
        (third, [fourth, .., fifth]): (u32, [u32; 4]),
        sixth @ 0..=u8::MAX: u8,
    ) -> u32 {
        *second += 1;
        first + third + fourth + fifth + u32::from(sixth)
    }

    #[profile_operation]
    pub async fn patterns_later(Wrapped(first): Wrapped, (mut second, _): (u32, u32)) -> u32 {
        second += 1;
        std::future::ready(()).await;
        first + second
    }

    #[profile_operation]
    pub async fn impl_later(
        call: impl Fn() -> u32,
        mut numbers: impl Iterator<Item = u32>,
    ) -> Option<u32> {
        std::future::ready(()).await;
        let first = numbers.next()?;
        Some(call() + first)
    }

    #[profile_operation]
    pub fn constants<const N: usize, const KEEP: bool, T>(values: [T; N]) -> Fallible<[T; N], ()>
    where
        [T; N]: Sized,
        T: Copy,
    {
        if KEEP { Ok(values) } else { Err(()) }
    }

    #[profile_operation]
    pub fn dynamic(call: &mut dyn FnMut(&str) -> Fallible<()>) -> Fallible<Box<dyn Fn() -> u32>> {
        call("x")?;
        Ok(Box::new(|| 3))
    }

    #[profile_operation]
    pub fn closure_of_results() -> impl Fn(u32) -> Fallible<u32> {
        |number| {
            if number == 0 {
                Err(String::new())
            } else {
                Ok("3".parse::<u32>().map_err(|_| String::new())?)
            }
        }
    }

    #[profile_operation]
    pub unsafe extern "C" fn foreign(pointer: *const u32) -> u32 {
        // SAFETY: the caller's business.
        unsafe { *pointer }
    }

    #[profile_operation]
    pub extern "C-unwind" fn unwinding(number: u32) -> u32 {
        number
    }
}

mod methods {
    use super::{Fallible, Pin, profile_operation};

    #[derive(Clone, Copy)]
    pub struct Store(pub u32);

    impl Store {
        #[profile_operation]
        pub fn changed(mut self) -> Self {
            self.0 += 1;
            self
        }

        #[profile_operation]
        pub fn pinned(self: Pin<&mut Self>, by: u32) -> &mut u32 {
            let store = self.get_mut();
            store.0 += by;
            &mut store.0
        }
    }

    /// Futures without `async_trait`.
    pub trait Load {
        async fn load<T: Send + Clone>(&self, value: T) -> Fallible<T>;

        fn size(&self) -> impl Future<Output = Fallible<u32>> + Send;

        #[profile_operation]
        async fn provided(&self) -> u32
        where
            Self: Sized,
        {
            3
        }

        #[profile_operation]
        fn same(self) -> Self
        where
            Self: Sized,
        {
            self
        }

        #[profile_operation]
        fn without_self(number: u32) -> u32
        where
            Self: Sized,
        {
            number
        }
    }

    impl Load for Store {
        #[profile_operation("unusual: load")]
        async fn load<T: Send + Clone>(&self, value: T) -> Fallible<T> {
            std::future::ready(()).await;
            Ok(value)
        }

        #[profile_operation("unusual: size")]
        fn size(&self) -> impl Future<Output = Fallible<u32>> + Send {
            let size = self.0;
            async move { if size == 0 { Err(String::from("empty")) } else { Ok(size) } }
        }
    }

    #[async_trait::async_trait]
    pub trait Save: Sync {
        async fn save<T: Send + Clone + 'static>(
            &self,
            value: T,
            size: impl Fn() -> u32 + Send + Sync + 'static,
        ) -> Fallible<u32>
        where
            Self: Sized;

        async fn without_self(number: u32) -> u32
        where
            Self: Sized;
    }

    #[async_trait::async_trait]
    impl Save for Store {
        #[profile_operation("unusual: save", bytes = |saved| saved.as_ref().ok().copied())]
        async fn save<T: Send + Clone + 'static>(
            &self,
            value: T,
            size: impl Fn() -> u32 + Send + Sync + 'static,
        ) -> Fallible<u32> {
            if size() == 0 {
                return Err("empty".to_owned());
            }
            std::future::ready(value).await;
            Ok(size())
        }

        #[profile_operation]
        async fn without_self(number: u32) -> u32 {
            number
        }
    }
}

/// Names of the user's that the expansion must not meet.
mod shadowed {
    use timelocker::profile_operation;

    pub struct Option;
    pub struct Result;
    pub struct Some;
    mod core {}
    mod std {}

    /// Methods of every type there is.
    pub trait Everything {
        fn outcome(&self) -> u32 {
            3
        }
        fn is_on(&self) -> bool {
            false
        }
        fn count(&self) -> u32 {
            3
        }
        fn finish(&self) {}
    }

    impl<T> Everything for T {}

    #[profile_operation("shadowed: plain", files = 1)]
    pub fn plain() -> ::core::result::Result<u32, ()> {
        if 3.is_on() { Ok(1) } else { Err(()) }
    }

    #[profile_operation("shadowed: later", files = 1)]
    pub async fn later() -> ::core::result::Result<u32, ()> {
        Err(())
    }
}

macro_rules! function {
    ($(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),*) -> $output:ty $body:block) => {
        #[profile_operation]
        $(#[$attribute])*
        fn $name($($argument: $type),*) -> $output $body
    };
}

function! {
    #[inline]
    fn of_a_macro(number: u32) -> Fallible<u32> {
        let next = number.checked_add(1).ok_or_else(String::new)?;
        Ok(next)
    }
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// Calls, errors and panics of an operation.
fn counts(name: &str) -> (u64, u64, u64) {
    let report = performance::report();
    let operation = report.operation(name).unwrap_or_else(|| panic!("no operation {name}"));
    (operation.calls(), operation.errors(), operation.panics())
}

#[test]
fn they_behave_as_without_the_attribute() {
    use methods::{Load as _, Save as _, Store};

    performance::enable();
    let mut number = 1;
    let sum = arguments::patterns(arguments::Wrapped(1), &mut number, (2, [3, 0, 0, 4]), 5);
    assert_eq!((sum, number), (15, 2));
    assert_eq!(arguments::attributes(1), 1);
    assert_eq!(ready(arguments::impl_later(|| 1, std::iter::empty())), None);
    assert_eq!(arguments::constants::<2, true, u8>([1, 2]), Ok([1, 2]));
    assert!(arguments::closure_of_results()(0).is_err());
    assert_eq!(of_a_macro(3), Ok(4));
    assert_eq!(ready(Store(3).load("x")).as_deref(), Ok("x"));
    assert!(ready(Store(0).size()).is_err());
    assert_eq!(ready(Store(1).save("x", || 7)), Ok(7));
    assert!(ready(Store(1).save("x", || 0)).is_err());
    assert_eq!(*Pin::new(&mut Store(1)).pinned(2), 3);
    for (name, wanted) in
        [("unusual: load", (1, 0, 0)), ("unusual: size", (1, 1, 0)), ("unusual: save", (2, 1, 0))]
    {
        assert_eq!(counts(name), wanted, "{name}");
    }
    assert!(shadowed::plain().is_err() && ready(shadowed::later()).is_err());
    assert_eq!(counts("shadowed: plain"), (1, 1, 0));
    assert_eq!(counts("shadowed: later"), (1, 1, 0));
}

#[track_caller]
#[profile_operation("tracked: location")]
fn location() -> &'static Location<'static> {
    Location::caller()
}

#[profile_operation("tracked: result", bytes = |number| number.as_ref().ok().copied())]
#[track_caller]
fn tracked(number: u32) -> Fallible<u32> {
    let parsed: u32 =
        if number == 0 { "x" } else { "3" }.parse().map_err(|_| String::from("bad"))?;
    if number == 1 {
        return Err("one".to_owned());
    }
    for count in 0..10 {
        if count == number {
            return Ok(count);
        }
    }
    let own = || {
        if number > 20 {
            return 2;
        }
        3
    };
    assert_ne!(number, 77);
    Ok(parsed + own())
}

#[profile_operation("tracked: option")]
#[track_caller]
fn tracked_option(number: Option<u32>) -> Option<u32> {
    let number = number?;
    if number > 3 {
        return None;
    }
    Some(number)
}

#[profile_operation("tracked: unit")]
#[track_caller]
fn tracked_unit(number: u32) {
    if number > 3 {
        return;
    }
    drop(Box::new(number));
}

#[profile_operation("tracked: within")]
#[track_caller]
fn tracked_within<'a>(
    numbers: &'a mut Vec<u32>,
    more: &'a str,
) -> Result<impl Iterator<Item = &'a mut u32>, ParseIntError> {
    numbers.push(more.parse()?);
    Ok(numbers.iter_mut())
}

#[test]
fn a_caller_is_tracked_through_the_attribute() {
    for is_on in [false, true] {
        if is_on {
            performance::enable_level(performance::Level::Normal);
        }
        let (location, line) = (location(), line!());
        assert_eq!((location.line(), location.file()), (line, file!()));
    }
    let (ok, err) = (&tracked, |number| assert!(tracked(number).is_err()));
    (0..=1).for_each(err);
    assert_eq!((ok(2), ok(3), ok(20), ok(21)), (Ok(2), Ok(3), Ok(6), Ok(5)));
    assert!(catch_unwind(|| tracked(77)).is_err());
    assert_eq!(counts("tracked: result"), (7, 2, 1));
    assert_eq!(
        performance::report().operation("tracked: result").and_then(performance::Operation::bytes),
        Some(16)
    );
    assert_eq!(
        (tracked_option(None), tracked_option(Some(4)), tracked_option(Some(1))),
        (None, None, Some(1))
    );
    assert_eq!(counts("tracked: option"), (3, 0, 0));
    tracked_unit(1);
    tracked_unit(4);
    assert_eq!(counts("tracked: unit"), (2, 0, 0));
    assert_eq!(tracked_within(&mut vec![1], "2").map(Iterator::count), Ok(2));
    assert!(tracked_within(&mut vec![1], "x").is_err());
    assert_eq!(counts("tracked: within"), (2, 1, 0));
}
