/// A generator that is the same on every machine.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        // The numbers of one seed must not be those of the next one but for the first.
        Rng(mixed(mixed(seed).wrapping_add(0x9E37_79B9_7F4A_7C15)))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A step: an operation and the existing objects to which it applies.
#[derive(Debug, Clone, Copy)]
pub struct Op {
    pub kind: &'static str,
    pub a: usize,
    pub b: usize,
    pub c: usize,
}

/// The steps; what is listed twice is twice as likely.
pub const WEIGHTS: [&str; 75] = [
    "add author",
    "add author",
    "add book",
    "add book",
    "add book",
    "add note",
    "add note",
    "add tag",
    "edit",
    "edit",
    "edit",
    "edit",
    "append book",
    "append book",
    "append book",
    "assign book",
    "assign book",
    "assign book",
    "unassign book",
    "remove book",
    "remove book",
    "append note",
    "append note",
    "assign note",
    "assign note",
    "remove note",
    "remove note",
    "link",
    "link",
    "link",
    "link",
    "unlink",
    "unlink",
    "unlink",
    "delete",
    "delete",
    "flush",
    "flush",
    "commit",
    "commit",
    "rollback",
    "savepoint",
    "end savepoint",
    "end savepoint",
    "end savepoint",
    "expire",
    "expire all",
    "refresh",
    "expunge",
    "merge",
    "merge",
    "query",
    "query",
    "load",
    "load",
    "load",
    "load",
    "load",
    "load",
    "fail",
    "bulk update",
    "bulk update",
    "bulk update",
    "bulk delete",
    "bulk delete",
    "upsert",
    "upsert",
    "upsert",
    "switch",
    "switch",
    "switch",
    "rekey",
    "expunge all",
    "refuse",
    "unlink elsewhere",
];

pub const KINDS: [&str; 36] = [
    "add author",
    "add book",
    "add note",
    "add tag",
    "edit",
    "append book",
    "assign book",
    "unassign book",
    "remove book",
    "append note",
    "assign note",
    "remove note",
    "link",
    "unlink",
    "delete",
    "flush",
    "commit",
    "rollback",
    "savepoint",
    "end savepoint",
    "expire",
    "expire all",
    "refresh",
    "expunge",
    "merge",
    "query",
    "load",
    "fail",
    "bulk update",
    "bulk delete",
    "upsert",
    "switch",
    "rekey",
    "expunge all",
    "refuse",
    "unlink elsewhere",
];

impl Op {
    pub fn random(rng: &mut Rng) -> Op {
        let mut pick = |end: usize| usize::try_from(rng.next() >> 33).expect("31 bits") % end;
        Op { kind: WEIGHTS[pick(WEIGHTS.len())], a: pick(1000), b: pick(1000), c: pick(1000) }
    }
}
