//! Plots as SVG that is part of a page, and takes its colours from it.

use std::fmt::Write as _;

use super::rows::number;

/// A row of a plot: a point with the interval around it.
pub(super) struct Dot {
    pub(super) name: String,
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
    pub(super) class: Class,
}

/// What a row is, which the page gives a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Ours,
    Peer,
    Good,
    Bad,
}

impl Class {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "peer",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// As wide as a telephone, so that letters are not scaled down on one; a page has two in a row.
const WIDTH: f64 = 440.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 34.0;
/// What a letter of a name takes, rather too much than too little.
const LETTER: f64 = 7.2;
/// Names that take more are put above their rows.
const MOST_LEFT: f64 = 190.0;

/// Of a scale by powers of ten.
const MOST_TICKS: usize = 4;

/// Where names and rows go.
#[derive(Clone, Copy)]
struct Layout {
    /// Where the scale begins.
    left: f64,
    /// Where it ends: the numbers are beyond.
    right: f64,
    /// From row to row.
    row: f64,
    /// From the top of a row to its name, and to its point.
    name: f64,
    point: f64,
    is_above: bool,
}

impl Layout {
    fn of(dots: &[Dot]) -> Self {
        let most = |letters: fn(&Dot) -> usize| dots.iter().map(letters).max().unwrap_or(0) as f64;
        let left = most(|dot| dot.name.chars().count()) * LETTER + 14.0;
        let right = WIDTH - most(|dot| number(dot.median).len()) * LETTER - 16.0;
        if left > MOST_LEFT {
            Self { left: 8.0, right, row: 36.0, name: 13.0, point: 24.0, is_above: true }
        } else {
            Self { left, right, row: 22.0, name: 15.0, point: 11.0, is_above: false }
        }
    }
}

/// From here to there, by powers of ten where the values are far apart.
struct Scale {
    low: f64,
    high: f64,
    is_logarithmic: bool,
}

impl Scale {
    fn of(dots: &[Dot], mark: Option<f64>) -> Self {
        let values = || dots.iter().flat_map(|dot| [dot.low, dot.median, dot.high]).chain(mark);
        let high = values().fold(f64::MIN_POSITIVE, f64::max);
        let low = values().fold(f64::INFINITY, f64::min);
        if low > 0.0 && high / low > 8.0 {
            let low = 10_f64.powf(low.log10().floor());
            Self { low, high: high * 1.15, is_logarithmic: true }
        } else {
            Self { low: low.min(0.0), high: high * 1.08, is_logarithmic: false }
        }
    }

    fn x(&self, value: f64, [left, right]: [f64; 2]) -> f64 {
        let share = if self.is_logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        left + share.clamp(0.0, 1.0) * (right - left)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic {
            let powers = (0..).map(|power| self.low * 10_f64.powi(power));
            let powers: Vec<f64> = powers.take_while(|tick| *tick <= self.high).collect();
            // The large ones have long names.
            let step = powers.len().div_ceil(MOST_TICKS);
            return powers.into_iter().step_by(step).collect();
        }
        let rough = (self.high - self.low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|s| *s >= rough);
        let step = step.unwrap_or(rough);
        let ticks = (0..).map(|number| self.low + f64::from(number) * step);
        ticks.take_while(|tick| *tick <= self.high).collect()
    }
}

/// A point for each row; `mark` draws a line across all of them.
pub(super) fn dots(title: &str, unit: &str, dots: &[Dot], mark: Option<f64>) -> String {
    let (scale, layout) = (Scale::of(dots, mark), Layout::of(dots));
    let x = |value| scale.x(value, [layout.left, layout.right]);
    let bottom = TOP + layout.row * dots.len() as f64;
    let height = bottom + BOTTOM;
    let mut svg = String::new();
    // Nothing fails that is written to a string.
    let _ = write!(
        svg,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        escape(title)
    );
    for tick in scale.ticks() {
        let x = x(tick);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
            bottom + 14.0,
            number(tick)
        );
    }
    let _ = write!(
        svg,
        "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        (layout.left + layout.right) / 2.0,
        bottom + 29.0,
        escape(unit)
    );
    if let Some(mark) = mark {
        let x = x(mark);
        let _ = write!(
            svg,
            "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"
        );
    }
    for (index, dot) in dots.iter().enumerate() {
        let top = TOP + layout.row * index as f64;
        let (y, name) = (top + layout.point, top + layout.name);
        let (low, middle, high) = (x(dot.low), x(dot.median), x(dot.high));
        let class = dot.class.as_str();
        let at = if layout.is_above { ("above", 0.0) } else { ("name", layout.left - 10.0) };
        let _ = write!(
            svg,
            "<g class=\"{class}\"><text class=\"{}\" x=\"{:.1}\" y=\"{name:.1}\">{}</text>\
             <line class=\"interval\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <circle cx=\"{middle:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            at.0,
            at.1,
            escape(&dot.name),
            WIDTH - 2.0,
            y + 4.0,
            number(dot.median)
        );
    }
    svg + "</svg>"
}

/// Text in HTML and SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(median: f64) -> Dot {
        Dot { name: "a<b".to_owned(), low: median, median, high: median, class: Class::Ours }
    }

    #[test]
    fn scales_hold_all_values() {
        for values in
            [vec![1.0], vec![1.0, 7.0], vec![0.02, 5000.0], vec![10.0, 9e6], vec![-3.0, 40.0]]
        {
            let dots: Vec<Dot> = values.iter().copied().map(dot).collect();
            let scale = Scale::of(&dots, Some(1.0));
            let xs: Vec<f64> = values.iter().map(|value| scale.x(*value, [100.0, 300.0])).collect();
            assert!(xs.is_sorted(), "{values:?}: {xs:?}");
            assert!(xs.iter().all(|x| (100.0..=300.0).contains(x)), "{values:?}: {xs:?}");
            let ticks = scale.ticks().len();
            assert!((2..12).contains(&ticks), "{values:?}: {ticks} ticks");
        }
    }

    #[test]
    fn names_have_room() {
        for (letters, is_above) in [(1, false), (20, false), (30, true), (60, true)] {
            let layout = Layout::of(&[Dot { name: "n".repeat(letters), ..dot(1.0) }]);
            assert_eq!(layout.is_above, is_above, "{letters}");
            let room = if is_above { WIDTH } else { layout.left };
            assert!(letters as f64 * LETTER < room, "{letters} letters in {room}");
        }
    }

    #[test]
    fn names_are_escaped() {
        let svg = dots("t", "ns", &[dot(1.0)], None);
        assert!(svg.contains("a&lt;b") && !svg.contains("a<b"), "{svg}");
    }
}
