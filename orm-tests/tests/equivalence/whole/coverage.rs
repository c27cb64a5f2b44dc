use super::question::Question;

/// What the cases reached, so that a generator that stopped generating is noticed.
#[derive(Default, Debug)]
pub struct Coverage {
    pub lists: usize,
    pub rows: usize,
    pub refused: usize,
    pub refused_behind: usize,
    pub joined: usize,
    pub distinct: usize,
    pub unique: usize,
    pub paged: usize,
    pub pages: usize,
    pub pages_behind: usize,
    pub batches: usize,
    pub late: usize,
    pub held: usize,
    pub filled: usize,
    pub among_rows: usize,
    pub written: usize,
}

impl Coverage {
    pub fn of(&mut self, question: &Question, rows: &[usize]) {
        self.lists += 1;
        self.rows += rows.len();
        self.joined += usize::from(!question.joins.is_empty());
        self.distinct += usize::from(question.distinct);
        self.unique += usize::from(question.unique);
        self.paged += usize::from(question.is_paged());
        self.written += usize::from(question.to_string().contains(" as SQL"));
        self.among_rows += usize::from(question.to_string().contains(" in rows of "));
    }

    /// Fails where the cases did not reach enough.
    pub fn check(&self, cases: usize) {
        let enough = |found: usize, percent: usize, what: &str| {
            assert!(found * 100 >= cases * percent, "{found} {what} in {cases} cases: {self:?}");
        };
        enough(self.lists, 250, "lists");
        enough(self.rows, 300, "rows");
        enough(self.joined, 120, "lists with joins of the query");
        enough(self.distinct, 50, "lists of distinct rows");
        enough(self.unique, 30, "lists of entities that are returned once");
        enough(self.paged, 50, "parts of lists");
        enough(self.refused, 1, "documented refusals");
        enough(self.pages, 80, "pages");
        enough(self.pages_behind, 50, "pages behind an entity");
        enough(self.batches, 6, "batches of streams");
        enough(self.late, 40, "loads afterwards");
        enough(self.among_rows, 20, "lists filtered by the rows of another query");
        enough(self.written, 40, "lists filtered or sorted by raw SQL");
        enough(self.filled, 20, "targets that joins of the query give");
        enough(self.held, 80, "lists in sessions that hold objects");
    }

    /// Whether a list was paged far enough.
    pub fn enough_pages(&self, at: u64, size: u64) -> bool {
        at / size >= 6
    }
}
