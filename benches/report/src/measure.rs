//! How long things take, against each other.
//!
//! Contestants take turns, each in samples of some milliseconds, so that what disturbs the machine disturbs all of them;
//! a ratio is the median of the ratios of neighbouring samples. Time is the CPU time of the thread, so that being
//! interrupted does not count.

use std::sync::Mutex;
use std::time::Duration;

use cpu_time::ThreadTime;

/// Something to measure: runs once.
pub type Contestant<'a> = Box<dyn FnMut() + 'a>;

/// How much to spend.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How long a sample takes at least.
    pub sample: Duration,
    /// How many samples are taken of each contestant at most.
    pub samples: usize,
    /// How much time each contestant gets in all.
    pub budget: Duration,
}

impl Effort {
    pub fn new(quick: bool) -> Self {
        if quick {
            Self { sample: Duration::from_micros(500), samples: 5, budget: Duration::from_millis(40) }
        } else {
            Self { sample: Duration::from_millis(3), samples: 31, budget: Duration::from_millis(500) }
        }
    }
}

/// The samples of one contestant: seconds of CPU a run.
#[derive(Clone, Debug, Default)]
pub struct Samples(pub Vec<f64>);

impl Samples {
    pub fn median(&self) -> f64 {
        median(self.0.iter().copied())
    }

    /// How many times as long this takes as `other`.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(mine, others)| mine / others))
    }

    /// Half the distance between the quartiles, as a part of the median: how noisy it was.
    pub fn spread(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let quartile = |of_4: usize| sorted[(sorted.len() - 1) * of_4 / 4];
        if sorted.is_empty() { 0.0 } else { (quartile(3) - quartile(1)) / 2.0 / self.median() }
    }
}

/// The spread of all samples so far.
static NOISE: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// The usual spread of samples, over all races of this run.
pub fn noise() -> f64 {
    NOISE.lock().map_or(f64::NAN, |noise| median(noise.iter().copied()))
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// Measures the contestants in turns. The first one is measured in every round; one that has used up its time sits out
/// the later rounds, but each has at least one sample.
pub fn race(effort: Effort, contestants: &mut [Contestant<'_>]) -> Vec<Samples> {
    let mut runs = Vec::new();
    for contestant in &mut *contestants {
        let once = time(1, contestant);
        runs.push((effort.sample.as_secs_f64() / once.max(1e-9)).ceil().clamp(1.0, 1e6) as u32);
    }
    let mut samples = vec![Samples::default(); contestants.len()];
    let mut used = vec![0.0; contestants.len()];
    for round in 0..effort.samples {
        for (at, contestant) in contestants.iter_mut().enumerate() {
            if round > 0 && used[at] > effort.budget.as_secs_f64() {
                continue;
            }
            let seconds = time(runs[at], contestant);
            used[at] += seconds;
            samples[at].0.push(seconds / f64::from(runs[at]));
        }
    }
    if let Ok(mut noise) = NOISE.lock() {
        noise.extend(samples.iter().filter(|samples| samples.0.len() > 4).map(Samples::spread));
    }
    samples
}

fn time(runs: u32, contestant: &mut Contestant<'_>) -> f64 {
    let start = ThreadTime::now();
    for _ in 0..runs {
        contestant();
    }
    start.elapsed().as_secs_f64()
}
