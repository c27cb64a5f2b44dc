//! A picture as SVG text: shapes in the order of drawing, with colours for light and dark.

use std::fmt::{Display, Write};

/// Colours follow the reader's setting, and have enough contrast in both.
const STYLE: &str = "
text { font-family: system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 13px; fill: #1f2328 }
.code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 12px }
.title { font-size: 16px; font-weight: 600 }
.strong { font-weight: 600 }
.quiet { fill: #59636e; font-size: 12px }
.back { fill: #ffffff; stroke: #d1d9e0 }
.rule { stroke: #d1d9e0 }
.axis { stroke: #59636e }
.ours { fill: #0969da; stroke: #0969da }
.theirs { fill: #ffffff; stroke: #59636e; stroke-width: 1.5 }
.bar { fill: #b6bec7 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.quiet { fill: #9198a1 }
.back { fill: #0d1117; stroke: #3d444d }
.rule { stroke: #3d444d }
.axis { stroke: #9198a1 }
.ours { fill: #4493f8; stroke: #4493f8 }
.theirs { fill: #0d1117; stroke: #9198a1 }
.bar { fill: #59636e }
}";

pub struct Svg {
    width: f64,
    height: f64,
    shapes: String,
}

/// Which side of a text is at its position.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Svg {
        Svg { width, height, shapes: String::new() }
    }

    pub fn text(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.shape(format_args!(
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.shape(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    pub fn rectangle(&mut self, class: &str, at: (f64, f64), width: f64, height: f64) {
        let (x, y) = at;
        self.shape(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2"/>"#
        ));
    }

    pub fn circle(&mut self, class: &str, at: (f64, f64), radius: f64) {
        let (x, y) = at;
        self.shape(format_args!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"/>"#));
    }

    /// A closed line through points given from a centre.
    pub fn polygon(&mut self, class: &str, at: (f64, f64), corners: &[(f64, f64)]) {
        let points: Vec<String> =
            corners.iter().map(|(x, y)| format!("{:.1},{:.1}", at.0 + x, at.1 + y)).collect();
        self.shape(format_args!(r#"<polygon class="{class}" points="{}"/>"#, points.join(" ")));
    }

    /// The whole file; `title` is for readers who cannot see the picture.
    pub fn finish(self, title: &str) -> String {
        let Svg { width, height, shapes } = self;
        let title = escaped(title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}\n</style>\n<rect class=\"back\" \
             x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n{shapes}</svg>\n",
            width - 1.0,
            height - 1.0
        )
    }

    fn shape(&mut self, shape: impl Display) {
        writeln!(self.shapes, "{shape}").expect("a String takes everything");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
