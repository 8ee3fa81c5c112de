//! Every shape of function takes the attribute without a warning.

#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(
    dead_code,
    unreachable_pub,
    unsafe_code,
    missing_docs,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::manual_async_fn,
    clippy::elidable_lifetime_names,
    clippy::extra_unused_type_parameters,
    clippy::boxed_local,
    reason = "shapes, not deeds"
)]

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;

use timelocker::profile_operation;

type Outcome<T> = Result<T, io::Error>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

mod functions {
    use super::{Debug, Display, Outcome, io, profile_operation};

    #[profile_operation]
    pub fn unit() {}

    #[profile_operation("with a name")]
    pub fn named() -> u32 {
        7
    }

    #[profile_operation(name = "with a key")]
    pub fn keyed(left: u32, right: u32) -> u32 {
        left + right
    }

    #[profile_operation]
    pub fn early_return(number: u32) -> u32 {
        if number > 3 {
            return 0;
        }
        number
    }

    #[profile_operation]
    pub fn early_return_of_unit(number: u32) {
        if number > 3 {
            return;
        }
        named();
    }

    #[profile_operation]
    pub fn question_mark(text: &str) -> Result<u32, std::num::ParseIntError> {
        let number: u32 = text.parse()?;
        Ok(number)
    }

    #[profile_operation]
    pub fn question_mark_on_option(text: &str) -> Option<char> {
        let first = text.chars().next()?;
        Some(first)
    }

    #[profile_operation]
    pub fn aliased() -> Outcome<()> {
        Err(io::ErrorKind::Other.into())
    }

    #[profile_operation]
    pub fn borrows(text: &str) -> &str {
        text.trim()
    }

    #[profile_operation]
    pub fn lifetimes<'a, 'b: 'a>(left: &'a str, right: &'b str) -> &'a str {
        if left.is_empty() { right } else { left }
    }

    #[profile_operation]
    pub fn mutable_borrow(numbers: &mut [u32]) -> Option<&mut u32> {
        numbers.first_mut()
    }

    #[profile_operation]
    pub fn mutable_argument(mut number: u32) -> u32 {
        number += 1;
        number
    }

    #[profile_operation]
    pub fn patterns((left, mut right): (u32, u32), [first, ..]: [u32; 3], _: &str) -> u32 {
        right += first;
        left + right
    }

    #[profile_operation]
    pub fn generic<T, const N: usize>(value: &T) -> [T; N]
    where
        T: Clone + Default + Copy,
    {
        [*value; N]
    }

    #[profile_operation]
    pub fn impl_argument(value: impl Display) -> String {
        value.to_string()
    }

    #[profile_operation]
    pub fn impl_return(end: u32) -> impl Iterator<Item = u32> + use<> {
        (0..end).filter(|number| number % 2 == 0)
    }

    #[profile_operation]
    pub fn impl_within(text: &str) -> Result<impl Iterator<Item = char> + '_, String> {
        if text.is_empty() {
            return Err(String::from("empty"));
        }
        Ok(text.chars())
    }

    #[profile_operation]
    pub fn boxed_trait(number: u32) -> Box<dyn Debug> {
        if number > 1 {
            return Box::new(number);
        }
        Box::new("small")
    }

    #[profile_operation]
    pub fn returns_closure(add: u32) -> impl Fn(u32) -> u32 {
        move |number| number + add
    }

    #[profile_operation]
    pub fn takes_closure<F: FnOnce() -> u32>(call: F) -> u32 {
        call()
    }

    #[profile_operation]
    pub fn consumes(text: String) -> usize {
        drop(text);
        0
    }

    #[profile_operation]
    pub fn never() -> ! {
        panic!("never returns")
    }

    #[profile_operation]
    pub unsafe fn not_safe(pointer: *const u32) -> u32 {
        // SAFETY: the caller's business.
        unsafe { *pointer }
    }

    #[profile_operation]
    pub extern "C" fn foreign(number: i32) -> i32 {
        number
    }

    #[profile_operation]
    #[inline]
    #[must_use]
    pub fn attributes() -> u32 {
        #![allow(unused_variables)]
        let unused = 1;
        2
    }

    #[profile_operation("names do not meet")]
    pub fn same_names(guard: u32, result: u32, call: u32) -> u32 {
        let operation = guard + result;
        operation + call
    }

    #[profile_operation("raw")]
    pub fn r#match(r#type: u32) -> u32 {
        r#type
    }

    #[profile_operation(files = 1, bytes = data.len())]
    pub fn figures(data: &[u8]) -> Outcome<usize> {
        Ok(data.len())
    }

    #[profile_operation(files = count)]
    pub fn argument_used_in_the_attribute_alone(count: u64) {}

    #[profile_operation(bytes = |result| result.as_ref().ok().map(Vec::len))]
    pub fn figures_of_the_result(length: usize) -> Outcome<Vec<u8>> {
        Ok(vec![0; length])
    }

    #[profile_operation(errors = off)]
    pub fn errors_off() -> Outcome<()> {
        Err(io::ErrorKind::Other.into())
    }

    #[profile_operation("other path", crate = ::timelocker)]
    pub fn other_crate_path() {}

    #[profile_operation]
    #[track_caller]
    pub fn tracks_its_caller(numbers: &[u32]) -> u32 {
        *numbers.first().expect("not empty")
    }

    #[profile_operation]
    pub fn items_inside(number: u32) -> u32 {
        use std::cmp::max;
        const LEAST: u32 = 3;
        #[profile_operation("inside")]
        fn inside(number: u32) -> u32 {
            max(number, LEAST)
        }
        inside(number)
    }

    #[profile_operation]
    pub fn mutable_impl_argument(reader: &mut impl io::Read) -> io::Result<u64> {
        let mut byte = [0];
        let mut sum = 0;
        while reader.read(&mut byte)? > 0 {
            sum += u64::from(byte[0]);
        }
        Ok(sum)
    }

    #[profile_operation]
    pub fn higher_ranked<F>(call: F) -> String
    where
        F: for<'a> Fn(&'a str) -> &'a str,
    {
        call(" text ").to_owned()
    }

    #[profile_operation]
    pub fn borrows_mutably_for_long<'a>(
        numbers: &'a mut Vec<u32>,
        more: &'a [u32],
    ) -> impl Iterator<Item = &'a mut u32> + 'a {
        numbers.extend(more);
        numbers.iter_mut()
    }

    #[profile_operation]
    pub fn breaks_out(numbers: &[u32]) -> Option<u32> {
        let found = 'search: {
            for &number in numbers {
                if number > 3 {
                    break 'search number;
                }
            }
            return None;
        };
        Some(found)
    }
}

mod methods {
    use super::{HashMap, Outcome, Rc, profile_operation};

    #[derive(Default)]
    pub struct Store {
        pub entries: HashMap<String, u32>,
    }

    impl Store {
        #[profile_operation]
        pub fn new() -> Self {
            Self::default()
        }

        #[profile_operation]
        pub fn shared(&self) -> usize {
            self.entries.len()
        }

        #[profile_operation]
        pub fn exclusive(&mut self, name: &str) -> Outcome<&mut u32> {
            Ok(self.entries.entry(name.to_owned()).or_default())
        }

        #[profile_operation(files = self.entries.len())]
        pub fn into_entries(mut self) -> HashMap<String, u32> {
            self.entries.clear();
            self.entries
        }

        #[profile_operation]
        pub fn pinned(self: std::pin::Pin<&mut Self>) -> usize {
            self.entries.len()
        }

        #[profile_operation]
        pub fn boxed(self: Box<Self>) -> Self {
            *self
        }

        #[profile_operation]
        pub fn counted(self: Rc<Self>) -> usize {
            Rc::strong_count(&self)
        }

        #[profile_operation]
        pub fn iterate<'a>(&'a self) -> impl Iterator<Item = &'a str> + 'a {
            self.entries.keys().map(String::as_str)
        }
    }

    pub trait Sized2 {
        type Out;

        #[profile_operation]
        fn provided(&self) -> usize {
            size_of_val(self)
        }

        fn required(&self) -> Option<Self::Out>;
    }

    impl<T: Clone> Sized2 for Vec<T> {
        type Out = T;

        #[profile_operation]
        fn required(&self) -> Option<Self::Out> {
            self.first().cloned()
        }
    }
}

mod futures {
    use super::{BoxFuture, Debug, Future, Outcome, Pin, io, profile_operation};

    #[profile_operation]
    pub async fn unit() {}

    #[profile_operation("async with a name", files = 1_u64, bytes = |result| result.len())]
    pub async fn text(text: &str) -> &str {
        unit().await;
        text
    }

    #[profile_operation]
    pub async fn early_return(number: u32) -> Outcome<Box<dyn Debug + Send>> {
        if number == 0 {
            return Ok(Box::new(number));
        }
        if number == 1 {
            return Err(io::ErrorKind::Other.into());
        }
        let text = text("x").await;
        Ok(Box::new(text.to_owned()))
    }

    #[profile_operation]
    pub async fn early_return_of_unit(number: u32) {
        if number == 0 {
            return;
        }
        unit().await;
    }

    #[profile_operation]
    pub async fn generic<T: Default + Send>(_: &mut T) -> Result<T, String> {
        unit().await;
        Ok(T::default())
    }

    #[profile_operation]
    pub async fn impl_return(end: u32) -> impl Iterator<Item = u32> {
        unit().await;
        0..end
    }

    #[profile_operation]
    pub async fn never() -> ! {
        unit().await;
        panic!("never returns")
    }

    #[profile_operation]
    pub async unsafe fn not_safe() -> u32 {
        3
    }

    #[profile_operation]
    pub fn hand_written(text: &str) -> impl Future<Output = Outcome<usize>> + Send + '_ {
        async move {
            unit().await;
            Ok(text.len())
        }
    }

    #[profile_operation(bytes = text.len())]
    pub fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Outcome<usize>> + Send + '_>> {
        let length = text.len();
        Box::pin(async move {
            if length == 0 {
                return Ok(0);
            }
            unit().await;
            Ok(length)
        })
    }

    #[profile_operation]
    pub fn aliased(depth: u32) -> BoxFuture<'static, Outcome<u32>> {
        Box::pin(async move { if depth == 0 { Ok(0) } else { Ok(aliased(depth - 1).await? + 1) } })
    }

    #[async_trait::async_trait]
    pub trait Backend {
        async fn read(&self, name: &str) -> Outcome<Vec<u8>>;

        #[profile_operation("backend: exists")]
        async fn exists(&self, name: &str) -> bool {
            self.read(name).await.is_ok()
        }
    }

    pub struct Memory(pub Vec<u8>);

    #[async_trait::async_trait]
    impl Backend for Memory {
        #[profile_operation("backend: read", bytes = |result| result.as_ref().ok().map(Vec::len))]
        async fn read(&self, name: &str) -> Outcome<Vec<u8>> {
            if name.is_empty() {
                return Err(io::ErrorKind::NotFound.into());
            }
            unit().await;
            Ok(self.0.clone())
        }
    }

    impl Memory {
        #[profile_operation]
        pub async fn grow(&mut self, by: usize) -> Outcome<&mut Vec<u8>> {
            unit().await;
            self.0.resize(self.0.len() + by, 0);
            Ok(&mut self.0)
        }
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}

#[test]
fn plain_shapes_behave_as_without_the_attribute() {
    timelocker::performance::enable();
    assert_eq!(functions::named(), 7);
    assert_eq!(functions::early_return(9), 0);
    assert_eq!(functions::question_mark("12"), Ok(12));
    assert_eq!(functions::question_mark_on_option(""), None);
    assert!(functions::aliased().is_err());
    assert_eq!(functions::lifetimes("", "right"), "right");
    let mut numbers = vec![1, 2];
    *functions::mutable_borrow(&mut numbers).expect("not empty") = 5;
    assert_eq!(numbers, [5, 2]);
    assert_eq!(functions::patterns((1, 2), [3, 4, 5], ""), 6);
    assert_eq!(functions::generic::<u8, 3>(&1), [1, 1, 1]);
    assert_eq!(functions::impl_return(5).sum::<u32>(), 6);
    assert_eq!(functions::impl_within("ab").map(Iterator::count), Ok(2));
    assert_eq!(functions::returns_closure(1)(2), 3);
    assert_eq!(functions::same_names(1, 2, 3), 6);
    assert_eq!(functions::r#match(4), 4);
    assert_eq!(functions::tracks_its_caller(&[3]), 3);
    assert_eq!(functions::items_inside(1), 3);
    assert_eq!(functions::mutable_impl_argument(&mut &[1_u8, 2][..]).ok(), Some(3));
    assert_eq!(functions::higher_ranked(str::trim), "text");
    functions::borrows_mutably_for_long(&mut vec![1], &[2]).for_each(|number| *number += 1);
    assert_eq!(functions::breaks_out(&[1, 4]), Some(4));
    // SAFETY: the pointer is of a live value.
    let number = unsafe { functions::not_safe(&raw const numbers[0]) };
    assert_eq!(number, 5);

    let mut store = methods::Store::new();
    *store.exclusive("a").expect("always") += 2;
    assert_eq!(store.iterate().collect::<Vec<_>>(), ["a"]);
    assert_eq!(Rc::new(methods::Store::new()).counted(), 1);
    assert_eq!(Pin::new(&mut store).pinned(), 1);
    assert_eq!(Box::new(store).boxed().shared(), 1);
}

#[test]
fn asynchronous_shapes_behave_as_without_the_attribute() {
    timelocker::performance::enable();
    assert_eq!(ready(is_send(futures::text("x"))), "x");
    assert!(ready(is_send(futures::early_return(1))).is_err());
    assert_eq!(ready(is_send(futures::generic(&mut 1_u8))), Ok(0));
    assert_eq!(ready(futures::impl_return(3)).count(), 3);
    assert_eq!(ready(futures::hand_written("abc")).ok(), Some(3));
    assert_eq!(ready(futures::boxed("abc")).ok(), Some(3));
    assert_eq!(ready(futures::aliased(4)).ok(), Some(4));
    let mut memory = futures::Memory(vec![1]);
    assert_eq!(ready(memory.grow(1)).map(|bytes| bytes.len()).ok(), Some(2));
    assert!(ready(futures::Backend::exists(&memory, "a")));
    assert!(!ready(futures::Backend::exists(&memory, "")));
}
