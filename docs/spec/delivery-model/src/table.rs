//! A hash table of states. It stores indices into the list of packed states, which keeps it small.

const EMPTY: u32 = u32::MAX;

/// A set of states, found by their packed value.
pub struct Table {
    slots: Vec<u32>,
}

impl Table {
    /// A table of these states.
    pub fn new(states: &[u128]) -> Table {
        let mut table = Table { slots: vec![EMPTY; 1 << 20] };
        table.fill(states);
        table
    }

    /// Finds a state, or adds it. Returns its index, and whether it is new.
    pub fn insert(&mut self, states: &mut Vec<u128>, state: u128) -> (u32, bool) {
        let slot = self.slot_of(states, state);
        let known = self.slots[slot];
        if known != EMPTY {
            return (known, false);
        }
        let index = states.len() as u32;
        states.push(state);
        self.slots[slot] = index;
        if states.len() * 2 > self.slots.len() {
            self.slots = vec![EMPTY; self.slots.len() * 2];
            self.fill(states);
        }
        (index, true)
    }

    fn fill(&mut self, states: &[u128]) {
        for (index, state) in states.iter().enumerate() {
            let slot = self.slot_of(states, *state);
            self.slots[slot] = index as u32;
        }
    }

    fn slot_of(&self, states: &[u128], state: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(state) & mask;
        while self.slots[slot] != EMPTY && states[self.slots[slot] as usize] != state {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

fn hash(state: u128) -> usize {
    let mixed = (state as u64) ^ ((state >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (mixed ^ (mixed >> 29)) as usize
}
