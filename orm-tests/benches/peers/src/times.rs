use crate::Result;
use crate::process::Sample;

/// What the runs took, by workload and contender.
#[derive(Default)]
pub struct Times(Vec<Entry>);

/// The runs of one workload in one way.
pub struct Entry {
    key: String,
    /// The contender's name, and the way after a comma.
    pub variant: String,
    samples: Vec<Sample>,
}

/// Milliseconds: the median on the clock, a tenth part of the runs was not slower, and the median of processor time.
pub struct Spent {
    pub median: f64,
    pub p10: f64,
    pub cpu: f64,
}

impl Times {
    /// Keeps the order in which contenders run, whether a run counts or not.
    pub fn add(&mut self, key: &str, variant: &str, sample: Option<Sample>) {
        let at = self.0.iter().position(|entry| entry.is(key, variant)).unwrap_or_else(|| {
            self.0.push(Entry { key: key.to_owned(), variant: variant.to_owned(), samples: Vec::new() });
            self.0.len() - 1
        });
        self.0[at].samples.extend(sample);
    }

    /// Whether a contender ran `few` times and needs longer than `long` milliseconds.
    pub fn is_enough(&self, key: &str, variant: &str, few: usize, long: f64) -> bool {
        self.0.iter().find(|entry| entry.is(key, variant)).is_some_and(|entry| {
            entry.samples.len() >= few && entry.samples.iter().all(|sample| sample.wall > long)
        })
    }

    /// The ways of a workload, beginning with the raw driver, which the others are compared with.
    ///
    /// # Errors
    ///
    /// Where two of them have read something different.
    pub fn of(&self, key: &str) -> Result<Vec<&Entry>> {
        let entries: Vec<&Entry> =
            self.0.iter().filter(|entry| entry.key == key && !entry.samples.is_empty()).collect();
        if let Some(first) = entries.first() {
            entries.iter().try_for_each(|entry| entry.same_as(first))?;
        }
        Ok(entries)
    }
}

impl Entry {
    /// The contender without the way.
    pub fn contender(&self) -> &str {
        self.variant.split(',').next().unwrap_or_default()
    }

    pub fn spent(&self) -> Spent {
        let [p10, median] = quantiles(self.samples.iter().map(|sample| sample.wall).collect());
        let [_, cpu] = quantiles(self.samples.iter().map(|sample| sample.cpu).collect());
        Spent { median, p10, cpu }
    }

    fn is(&self, key: &str, variant: &str) -> bool {
        self.key == key && self.variant == variant
    }

    fn same_as(&self, first: &Entry) -> Result<()> {
        let expected = first.samples[0].checksum;
        match self.samples.iter().find(|sample| sample.checksum != expected) {
            Some(sample) => Err(format!(
                "{}: `{}` has read {}, and `{}` {expected}",
                self.key, self.variant, sample.checksum, first.variant
            )
            .into()),
            None => Ok(()),
        }
    }
}

/// The tenth part and the median.
fn quantiles(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times[times.len() / 10], times[times.len() / 2]]
}
