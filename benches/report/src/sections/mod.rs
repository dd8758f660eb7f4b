//! The report's sections, one module each. A section measures, and returns Markdown and how its targets fared.

use crate::measure::Effort;
use crate::table::{Target, number};

pub mod allocations;
pub mod at_rest;
pub mod dispatch;
pub mod latency;
pub mod loopback;
pub mod parser;
pub mod typed;
pub mod weight;
pub mod worst;

/// What a section has to say.
#[derive(Default)]
pub struct Section {
    pub title: &'static str,
    /// How it was measured.
    pub about: &'static str,
    pub tables: Vec<(String, String)>,
    pub targets: Vec<Target>,
    /// Rows for the table in the project's README.
    pub summary: Vec<[String; 4]>,
}

impl Section {
    /// A row for the project's README: seconds that ours and the fastest other take, and how many times as long the other
    /// does. That is a median of ratios, and need not be the ratio of the two.
    fn summarize(&mut self, what: String, ours: f64, theirs: f64, name: &str, lead: f64) {
        let ns = |seconds: f64| format!("{} ns", number(seconds * 1e9));
        let lead = if lead < 1.5 { format!("{lead:.2}x") } else { format!("{lead:.1}x") };
        self.summary.push([what, ns(ours), ns(theirs), format!("{lead} ({name})")]);
    }
}

/// Measures a section.
pub type Run = fn(Mode) -> Section;

/// How thorough a run is.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    pub quick: bool,
}

impl Mode {
    pub fn effort(self) -> Effort {
        Effort::new(self.quick)
    }
}
