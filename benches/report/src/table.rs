//! Markdown.

use std::fmt::Write as _;

/// A table; the first column is text, the others are numbers.
#[derive(Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub fn to_markdown(&self) -> String {
        let mut text = format!("| {} |\n|---|{}\n", self.head.join(" | "), "--:|".repeat(self.head.len() - 1));
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }
}

/// What was to be reached, and what was.
#[derive(Clone, Debug)]
pub struct Target {
    pub what: String,
    pub goal: Goal,
    pub measured: f64,
    pub unit: &'static str,
}

/// On which side of the number the goal lies.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    pub fn at_least(what: impl Into<String>, goal: f64, measured: f64, unit: &'static str) -> Self {
        Self { what: what.into(), goal: Goal::AtLeast(goal), measured, unit }
    }

    pub fn at_most(what: impl Into<String>, goal: f64, measured: f64, unit: &'static str) -> Self {
        Self { what: what.into(), goal: Goal::AtMost(goal), measured, unit }
    }

    pub fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(goal) => self.measured >= goal,
            Goal::AtMost(goal) => self.measured <= goal,
        }
    }

    fn row(&self) -> [String; 4] {
        let unit = self.unit;
        let (goal, text) = match self.goal {
            Goal::AtLeast(goal) => (goal, format!("≥ {}{unit}", number(goal))),
            Goal::AtMost(goal) => (goal, format!("≤ {}{unit}", number(goal))),
        };
        let verdict = if self.is_met() {
            "met".to_owned()
        } else if goal == 0.0 {
            "**missed**".to_owned()
        } else {
            format!("**missed** by {:.0} %", (self.measured / goal - 1.0).abs() * 100.0)
        };
        [self.what.clone(), text, format!("{}{unit}", number(self.measured)), verdict]
    }
}

pub fn targets(targets: &[Target]) -> String {
    let mut table = Table::new(["target", "goal", "measured", ""]);
    for target in targets {
        table.row(target.row());
    }
    table.to_markdown()
}

/// Three digits that matter.
pub fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "–".into(),
        size if size >= 1e5 => format!("{:.0}", (value / 1e2).round() * 1e2),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}
