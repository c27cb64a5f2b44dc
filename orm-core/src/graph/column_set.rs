//! A set of columns in one word.

/// Columns of a model, by their places. Those from the 64th on are in it together: it may have more than were added, and
/// never fewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColumnSet(u64);

impl ColumnSet {
    /// The place of all columns that have no bit of their own.
    const LAST: usize = 63;

    /// Adds a column.
    pub(crate) fn insert(&mut self, column: usize) {
        self.0 |= 1 << column.min(Self::LAST);
    }

    /// Adds the columns of another set.
    pub(crate) fn join(&mut self, other: ColumnSet) {
        self.0 |= other.0;
    }

    /// Calls a function with the columns in their order, of a model that has so many.
    pub(crate) fn each(self, columns: usize, mut work: impl FnMut(usize)) {
        let mut left = self.0 & !(1 << Self::LAST);
        while left != 0 {
            work(left.trailing_zeros() as usize);
            left &= left - 1;
        }
        if self.0 >> Self::LAST == 1 {
            (Self::LAST..columns).for_each(work);
        }
    }

    #[cfg(test)]
    pub(super) fn of(self, columns: usize) -> Vec<usize> {
        let mut all = Vec::new();
        self.each(columns, |column| all.push(column));
        all
    }
}

impl FromIterator<usize> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = usize>>(columns: I) -> ColumnSet {
        let mut set = ColumnSet::default();
        columns.into_iter().for_each(|column| set.insert(column));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::ColumnSet;

    #[test]
    fn a_set_has_its_columns_in_order() {
        let of = |columns: &[usize], all| columns.iter().copied().collect::<ColumnSet>().of(all);
        assert!(of(&[], 5).is_empty());
        assert_eq!(of(&[4, 0, 4, 2], 5), [0, 2, 4]);
        assert_eq!(of(&[62, 1], 63), [1, 62]);
        assert_eq!(
            of(&[65, 1], 67),
            [1, 63, 64, 65, 66],
            "those without a place of their own are in it together"
        );
        let mut set = ColumnSet::from_iter([3]);
        set.join([1, 3].into_iter().collect());
        assert_eq!(set.of(5), [1, 3]);
    }
}
