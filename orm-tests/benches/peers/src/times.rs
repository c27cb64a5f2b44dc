use crate::Result;
use crate::process::Sample;

/// What the runs took, by workload and contender.
#[derive(Default)]
pub struct Times(Vec<Entry>);

struct Entry {
    workload: String,
    variant: String,
    samples: Vec<Sample>,
}

impl Times {
    pub fn add(&mut self, workload: &str, variant: &str, sample: Sample) {
        let same = |entry: &&mut Entry| entry.workload == workload && entry.variant == variant;
        match self.0.iter_mut().find(same) {
            Some(entry) => entry.samples.push(sample),
            None => self.0.push(Entry {
                workload: workload.to_owned(),
                variant: variant.to_owned(),
                samples: vec![sample],
            }),
        }
    }

    /// Whether a contender ran `few` times and needs longer than `long` milliseconds.
    pub fn is_enough(&self, workload: &str, variant: &str, few: usize, long: f64) -> bool {
        let same = |entry: &&Entry| entry.workload == workload && entry.variant == variant;
        self.0.iter().find(same).is_some_and(|entry| {
            entry.samples.len() >= few && entry.samples.iter().all(|sample| sample.wall > long)
        })
    }

    /// Prints a table in Markdown. The first contender of a workload is what the others are compared with.
    ///
    /// # Errors
    ///
    /// Where two contenders have read something different.
    pub fn print(&mut self, title: &str) -> Result<()> {
        println!("\n{title}\n");
        println!("| workload | contender | median ms | p10 ms | ratio | CPU ms | CPU ratio |");
        println!("|---|---|---|---|---|---|---|");
        self.0.sort_by(|one, other| one.workload.cmp(&other.workload));
        for of_workload in self.0.chunk_by(|one, other| one.workload == other.workload) {
            let first = &of_workload[0];
            for (at, entry) in of_workload.iter().enumerate() {
                entry.same_as(first)?;
                let ([p10, wall], [_, cpu]) = (entry.wall(), entry.cpu());
                let name = if at == 0 { first.workload.as_str() } else { "" };
                println!(
                    "| {name} | {} | {wall:.2} | {p10:.2} | {:.2} | {cpu:.2} | {:.2} |",
                    entry.variant,
                    wall / first.wall()[1],
                    cpu / first.cpu()[1],
                );
            }
        }
        Ok(())
    }
}

impl Entry {
    fn wall(&self) -> [f64; 2] {
        quantiles(self.samples.iter().map(|sample| sample.wall).collect())
    }

    fn cpu(&self) -> [f64; 2] {
        quantiles(self.samples.iter().map(|sample| sample.cpu).collect())
    }

    fn same_as(&self, first: &Entry) -> Result<()> {
        let expected = first.samples[0].checksum;
        match self.samples.iter().find(|sample| sample.checksum != expected) {
            Some(sample) => Err(format!(
                "{}: `{}` has read {}, and `{}` {expected}",
                self.workload, self.variant, sample.checksum, first.variant
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
