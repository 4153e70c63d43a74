//! Numbered slots in pages: a slot never moves, growth copies nothing, and a million of them waste at most a page.

const PAGE: usize = 1024;

/// Slots of one kind. `take` hands out numbers, freed ones first.
pub struct Arena<T> {
    pages: Vec<Box<[T]>>,
    free: Vec<u32>,
    used: u32,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena { pages: Vec::new(), free: Vec::new(), used: 0 }
    }
}

impl<T: Clone + Default> Arena<T> {
    #[inline]
    pub fn get(&self, at: u32) -> &T {
        &self.pages[at as usize / PAGE][at as usize % PAGE]
    }
    #[inline]
    pub fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.pages[at as usize / PAGE][at as usize % PAGE]
    }
    /// A slot, holding whatever its last owner left.
    pub fn take(&mut self) -> u32 {
        if let Some(at) = self.free.pop() {
            return at;
        }
        if self.used as usize == self.pages.len() * PAGE {
            self.pages.push(vec![T::default(); PAGE].into_boxed_slice());
        }
        self.used += 1;
        self.used - 1
    }
    pub fn give(&mut self, at: u32) {
        self.free.push(at);
    }
    /// Numbers handed out so far: every live slot is below.
    pub fn end(&self) -> u32 {
        self.used
    }
    /// Slots in use.
    pub fn live(&self) -> usize {
        self.used as usize - self.free.len()
    }
    /// Bytes of all pages and of the list of free slots.
    pub fn bytes(&self) -> usize {
        self.pages.len() * PAGE * std::mem::size_of::<T>() + self.free.capacity() * 4
    }
}
