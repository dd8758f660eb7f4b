//! The report's sections, one module each. A section measures, and returns Markdown and how its targets fared.

use crate::measure::Effort;
use crate::table::Target;

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
