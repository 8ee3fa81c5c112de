//! A report as one page that needs nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use timelocker_benches::figures::{Better, Compared, Figure, Measured};
use timelocker_benches::statistics::Summary;

use super::plot::{Class, Dot, dots, escape};
use super::rows::{self, Table};
use super::text::noise_line;
use crate::instructions::Instructions;
use crate::report::Report;

const STYLE: &str = include_str!("style.css");

/// Contestants that are ours; all others are peers.
const OURS: [&str; 11] = [
    "carried_state",
    "carried_state_batch",
    "whole_path",
    "unordered_1",
    "unordered_2",
    "ordered_1",
    "ordered_2",
    "reporter",
    "timelocker, off",
    "timelocker, on",
    "timelocker, on, Result",
];

/// The page.
pub(crate) fn page(report: &Report) -> String {
    let mut html = String::new();
    let title = format!("TimeLocker {}: performance", report.version);
    // Nothing fails that is written to a string.
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    header(&mut html, report);
    comparison(&mut html, report);
    twice(&mut html, report);
    recommendations(&mut html, report);
    let required = rows::required(report);
    if !required.rows.is_empty() {
        let _ = writeln!(html, "<h2>Required</h2>");
        table(&mut html, &rows::brief(report));
        margins(&mut html, report);
        let _ = writeln!(html, "<details><summary>Each figure with its interval</summary>");
        table(&mut html, &required);
        let _ = writeln!(html, "</details>");
    }
    if let Some(headline) = rows::headline(report) {
        let _ = writeln!(html, "<h2>Beside the Python original</h2>");
        table(&mut html, &headline);
    }
    sections(&mut html, report);
    plots(&mut html, report);
    match &report.instructions {
        Instructions::Counted(_) => {
            if let Some(counts) = rows::instructions(report) {
                let _ = writeln!(html, "<h2>Instructions</h2>");
                table(&mut html, &counts);
            }
        }
        Instructions::NotCounted(why) => {
            let _ = writeln!(html, "<h2>Instructions</h2>\n<p>Not counted: {}.</p>", escape(why));
        }
    }
    let measured = rows::measured(report);
    if !measured.rows.is_empty() {
        let _ = writeln!(html, "<details><summary>All that was measured</summary>");
        table(&mut html, &measured);
        let _ = writeln!(html, "</details>");
    }
    html + "</body>\n</html>\n"
}

fn header(html: &mut String, report: &Report) {
    let commit = report.commit.as_deref().unwrap_or("not known");
    let quick = if report.is_quick { ", quick" } else { "" };
    let _ = writeln!(
        html,
        "<p class=\"facts\">{}{quick}, commit {}<br>{}, {}",
        report.day(),
        escape(commit),
        escape(&report.machine.to_string()),
        escape(&report.environment.rustc)
    );
    if let Some(noise) = &report.noise {
        let _ = writeln!(html, "<br>The machine was {}.", escape(&noise_line(noise)));
    }
    let _ = writeln!(html, "</p>");
}

fn comparison(html: &mut String, report: &Report) {
    let Some(comparison) = &report.comparison else { return };
    let _ = writeln!(html, "<h2>Beside the baseline</h2>\n<ul>");
    for change in comparison.regressions() {
        let change = escape(&change.to_string());
        let _ = writeln!(html, "<li class=\"bad\"><strong>Regression:</strong> {change}</li>");
    }
    for what in &comparison.not_compared {
        let _ = writeln!(html, "<li><strong>Not compared:</strong> {}</li>", escape(what));
    }
    let worse = comparison.regressions().count();
    let all = comparison.changes.len();
    let _ = writeln!(html, "<li>{all} figures compared, {worse} worse.</li>\n</ul>");
}

/// What came of measuring again.
fn twice(html: &mut String, report: &Report) {
    let Some(twice) = &report.twice else { return };
    let _ = writeln!(html, "<h2>Measured twice</h2>\n<ul>");
    for line in twice.lines() {
        let _ = writeln!(html, "<li>{}</li>", escape(&line));
    }
    let _ = writeln!(html, "</ul>");
}

fn recommendations(html: &mut String, report: &Report) {
    if report.recommendations.is_empty() {
        return;
    }
    let _ = writeln!(html, "<h2>Recommendations</h2>\n<ul>");
    for recommendation in &report.recommendations {
        let _ = writeln!(html, "<li>{}</li>", escape(recommendation));
    }
    let _ = writeln!(html, "</ul>");
}

/// By how much each figure is better than it must be: a plot for each benchmark.
fn margins(html: &mut String, report: &Report) {
    let margin = |compared: &Compared| {
        let required = compared.required?;
        let of = |value: f64| match compared.better {
            Better::Higher => value / required,
            Better::Lower => required / value,
        };
        let [one, median, other] =
            [compared.summary.low, compared.summary.median, compared.summary.high].map(of);
        let id = compared.id();
        let name = id.strip_prefix(&*compared.benchmark).unwrap_or(&id).trim_start_matches(": ");
        // What is next to nothing is better than it must be by no number that says anything.
        (median > 0.0 && median < 1e3).then(|| Dot {
            name: name.to_owned(),
            low: one.min(other).max(0.0),
            median,
            high: one.max(other).min(1e3),
            class: if compared.is_met() == Some(true) { Class::Good } else { Class::Bad },
        })
    };
    let mut groups: Vec<(&str, Vec<Dot>)> = Vec::new();
    for compared in report.required() {
        let Some(dot) = margin(compared) else { continue };
        match groups.iter_mut().find(|(benchmark, _)| *benchmark == compared.benchmark) {
            Some((_, dots)) => dots.push(dot),
            None => groups.push((&compared.benchmark, vec![dot])),
        }
    }
    let plots = groups.iter().map(|(benchmark, rows)| {
        let unit = "times as good as required (the line)";
        format!("<h3>{}</h3>{}", escape(benchmark), dots(benchmark, unit, rows, Some(1.0)))
    });
    figures(html, plots);
}

/// Plots beside each other, as many as there is room for.
fn figures(html: &mut String, plots: impl Iterator<Item = String>) {
    let _ = writeln!(html, "<div class=\"plots\">");
    for plot in plots {
        let _ = writeln!(html, "<figure>{plot}</figure>");
    }
    let _ = writeln!(html, "</div>");
}

fn sections(html: &mut String, report: &Report) {
    let Some(sections) = &report.sections else { return };
    let _ = writeln!(html, "<div class=\"plots\">\n<section>\n<h2>Pattern matching</h2>");
    let matching = &sections.pattern_matching;
    let loops = [
        ("ours", Some(matching.optimised_ms), Class::Ours),
        ("regex loop", Some(matching.regex_loop_ms), Class::Peer),
        ("legacy loop", Some(matching.legacy_ms), Class::Peer),
        ("Python, compiled", matching.python.as_ref().map(|p| p.optimised_ms), Class::Peer),
        ("Python, legacy", matching.python.as_ref().map(|p| p.legacy_ms), Class::Peer),
    ];
    section_plot(html, "Pattern matching", &loops);
    table(html, &rows::pattern_matching(matching));
    for (title, traversal) in sections.traversals() {
        let _ = writeln!(html, "</section>\n<section>\n<h2>{title}</h2>");
        let walks = [
            ("ours", Some(traversal.optimised_ms), Class::Ours),
            ("legacy loop", Some(traversal.legacy_ms), Class::Peer),
            ("Python, compiled", traversal.python.as_ref().map(|p| p.optimised_ms), Class::Peer),
            ("Python, legacy", traversal.python.as_ref().map(|p| p.legacy_ms), Class::Peer),
        ];
        section_plot(html, title, &walks);
        table(html, &rows::traversal(traversal));
    }
    let _ = writeln!(html, "</section>\n</div>");
    if let Some(why) = &sections.no_python {
        let _ = writeln!(html, "<p>Python's loops are missing: {}.</p>", escape(why));
    }
}

fn section_plot(html: &mut String, title: &str, times: &[(&str, Option<Summary>, Class)]) {
    let known = times.iter().filter_map(|&(name, summary, class)| {
        let Summary { low, median, high, .. } = summary?;
        Some(Dot { name: name.to_owned(), low, median, high, class })
    });
    let rows: Vec<Dot> = known.collect();
    let _ = writeln!(html, "<figure>{}</figure>", dots(title, "ms of CPU", &rows, None));
}

/// A plot for each benchmark and unit.
fn plots(html: &mut String, report: &Report) {
    let mut groups: BTreeMap<(&str, &str), Vec<&Measured>> = BTreeMap::new();
    for measured in report.measured() {
        let group = groups.entry((&measured.benchmark, &measured.unit)).or_default();
        group.push(measured);
    }
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(html, "<h2>Beside each other</h2>");
    let plots = groups.into_iter().map(|((benchmark, unit), mut group)| {
        group.sort_by(|one, other| one.summary.median.total_cmp(&other.summary.median));
        let rows: Vec<Dot> = group.iter().map(|measured| dot(measured)).collect();
        let about = report.figures.iter().find_map(|figure| match figure {
            Figure::About(about) if about.benchmark == benchmark => Some(escape(&about.text)),
            _ => None,
        });
        let about =
            about.map_or_else(String::new, |about| format!("<p class=\"facts\">{about}</p>"));
        format!("<h3>{}</h3>{about}{}", escape(benchmark), dots(benchmark, unit, &rows, None))
    });
    figures(html, plots);
}

fn dot(Measured { contestant, summary, .. }: &Measured) -> Dot {
    Dot {
        name: contestant.clone(),
        low: summary.low,
        median: summary.median,
        high: summary.high,
        class: if OURS.contains(&&**contestant) { Class::Ours } else { Class::Peer },
    }
}

/// What is between two stars is bad.
fn bold(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split("**").enumerate() {
        let is_bad = index % 2 == 1;
        html.push_str(if is_bad { "<strong class=\"bad\">" } else { "" });
        html.push_str(part);
        html.push_str(if is_bad { "</strong>" } else { "" });
    }
    html
}

/// Letters of a cell that is broken into lines.
const LONG: usize = 24;

fn table(html: &mut String, table: &Table) {
    let _ = write!(html, "<div class=\"scroll\"><table>");
    if table.head.iter().any(|name| !name.is_empty()) {
        let _ = write!(html, "<thead><tr>");
        for name in &table.head {
            let _ = write!(html, "<th>{}</th>", escape(name));
        }
        let _ = write!(html, "</tr></thead>");
    }
    let _ = write!(html, "<tbody>");
    for row in &table.rows {
        let _ = write!(html, "<tr>");
        for cell in row {
            let is_bad = cell == "NO";
            let class = match (is_bad, cell.chars().count() > LONG) {
                (true, true) => " class=\"bad long\"",
                (true, false) => " class=\"bad\"",
                (false, true) => " class=\"long\"",
                (false, false) => "",
            };
            let _ = write!(html, "<td{class}>{}</td>", bold(&escape(cell)));
        }
        let _ = write!(html, "</tr>");
    }
    let _ = writeln!(html, "</tbody></table></div>");
}
