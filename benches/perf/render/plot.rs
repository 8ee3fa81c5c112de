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

const WIDTH: f64 = 820.0;
/// For the names.
const LEFT: f64 = 330.0;
/// For the numbers.
const RIGHT: f64 = 80.0;
const ROW: f64 = 22.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 34.0;

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

    fn x(&self, value: f64) -> f64 {
        let share = if self.is_logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic {
            let powers = (0..).map(|power| self.low * 10_f64.powi(power));
            return powers.take_while(|tick| *tick <= self.high).collect();
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
    let scale = Scale::of(dots, mark);
    let bottom = TOP + ROW * dots.len() as f64;
    let height = bottom + BOTTOM;
    let mut svg = String::new();
    // Nothing fails that is written to a string.
    let _ = write!(
        svg,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        escape(title)
    );
    for tick in scale.ticks() {
        let x = scale.x(tick);
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
        (LEFT + WIDTH - RIGHT) / 2.0,
        bottom + 29.0,
        escape(unit)
    );
    if let Some(mark) = mark {
        let x = scale.x(mark);
        let _ = write!(
            svg,
            "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"
        );
    }
    for (index, dot) in dots.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        let (low, x, high) = (scale.x(dot.low), scale.x(dot.median), scale.x(dot.high));
        let class = dot.class.as_str();
        let _ = write!(
            svg,
            "<g class=\"{class}\"><text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
             <line class=\"interval\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            LEFT - 10.0,
            y + 4.0,
            escape(&dot.name),
            WIDTH - 4.0,
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
        for values in [vec![1.0], vec![1.0, 7.0], vec![0.02, 5000.0], vec![-3.0, 40.0]] {
            let dots: Vec<Dot> = values.iter().copied().map(dot).collect();
            let scale = Scale::of(&dots, Some(1.0));
            let xs: Vec<f64> = values.iter().map(|value| scale.x(*value)).collect();
            assert!(xs.is_sorted(), "{values:?}: {xs:?}");
            assert!(xs.iter().all(|x| (LEFT..=WIDTH - RIGHT).contains(x)), "{values:?}: {xs:?}");
            let ticks = scale.ticks().len();
            assert!((2..12).contains(&ticks), "{values:?}: {ticks} ticks");
        }
    }

    #[test]
    fn names_are_escaped() {
        let svg = dots("t", "ns", &[dot(1.0)], None);
        assert!(svg.contains("a&lt;b") && !svg.contains("a<b"), "{svg}");
    }
}
