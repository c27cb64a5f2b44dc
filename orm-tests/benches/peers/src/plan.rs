use crate::Result;

/// What is run, and how often.
pub struct Plan {
    pub table: bool,
    pub tasks: bool,
    pub growth: bool,
    pub serve: bool,
    pub rounds: usize,
    pub rounds_of_tasks: usize,
    pub authors: i64,
    pub numbers_of_tasks: Vec<i64>,
    /// The numbers of authors to grow through, with the rounds of each.
    pub sizes: Vec<(i64, usize)>,
}

impl Plan {
    /// The options of the command line.
    pub fn from_arguments(arguments: impl Iterator<Item = String>) -> Result<Plan> {
        let mut what = "all".to_owned();
        let (mut rounds, mut small) = (None, false);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--small" => small = true,
                "--rounds" => rounds = Some(arguments.next().ok_or("how many rounds?")?.parse()?),
                "all" | "table" | "tasks" | "growth" | "serve" => what = argument,
                _ => return Err(format!("`{argument}` is none of: all, table, tasks, growth, serve").into()),
            }
        }
        let rounds: usize = rounds.unwrap_or(if small { 1 } else { 11 }).max(1);
        let authors = if small { 64 } else { 1_000 };
        let with = |name: &str| what == "all" || what == name;
        Ok(Plan {
            table: with("table"),
            tasks: with("tasks"),
            growth: with("growth"),
            serve: what == "serve",
            rounds,
            rounds_of_tasks: rounds.min(5),
            authors,
            numbers_of_tasks: if small { vec![1, 64] } else { vec![1, 2, 4, 8, 16, 32, 64] },
            sizes: match small {
                true => vec![(authors, 1), (authors * 10, 1)],
                false => vec![(authors, rounds), (authors * 10, rounds.div_ceil(3)), (authors * 100, 1)],
            },
        })
    }
}
