//! The module's allocator: one free list per power of two, fresh memory from the end. Small (a tenth of the standard one),
//! quick, and the same on every runtime. Blocks keep their size class for life: a plane's tables grow by doubling, so
//! what one table leaves behind the next one takes.
//!
//! ```text
//! free[4]  -> 16 B -> 16 B          free[5]  -> 32 B          ...          free[20] -> 1 MB
//! top: where memory that was never used begins;  end: where memory ends (memory.grow moves it)
//! ```

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;

/// Smallest class: 16 bytes, which is also every block's least alignment.
const LEAST: u32 = 4;
const CLASSES: usize = 32;
const PAGE: usize = 65_536;

struct State {
    free: [*mut u8; CLASSES],
    top: usize,
    end: usize,
}

/// The free lists; Wasm without threads has one user of them.
pub struct Heap(UnsafeCell<State>);

// SAFETY: the module is built without threads (no shared memory), so nobody else is ever inside.
unsafe impl Sync for Heap {}

impl Heap {
    pub const fn new() -> Heap {
        Heap(UnsafeCell::new(State { free: [std::ptr::null_mut(); CLASSES], top: 0, end: 0 }))
    }
}

impl Default for Heap {
    fn default() -> Heap {
        Heap::new()
    }
}

/// The class of a layout: the power of two that holds both size and alignment.
fn class_of(layout: &Layout) -> u32 {
    let size = layout.size().max(layout.align()).max(1 << LEAST);
    usize::BITS - (size - 1).leading_zeros()
}

impl State {
    /// Memory never used before, aligned to its own size up to a page.
    fn carve(&mut self, class: u32) -> *mut u8 {
        let size = 1usize << class;
        let start = self.top.next_multiple_of(size.min(PAGE));
        if start + size > self.end {
            let wanted = (start + size - self.end).div_ceil(PAGE);
            match grow(wanted) {
                Some(at) if at == self.end => self.end += wanted * PAGE,
                Some(at) => {
                    // The first call, or somebody else grew memory in between: begin anew behind it.
                    self.top = at;
                    self.end = at + wanted * PAGE;
                    return self.carve(class);
                }
                None => return std::ptr::null_mut(),
            }
        }
        self.top = start + size;
        start as *mut u8
    }
}

// SAFETY: blocks come from `carve`, which never gives the same bytes twice, or from the free list of their own class, which
// only holds blocks that were given back; both are at least as large and as aligned as asked.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = &mut *self.0.get();
        let class = class_of(&layout);
        let block = state.free[class as usize];
        if block.is_null() {
            return state.carve(class);
        }
        state.free[class as usize] = *block.cast::<*mut u8>();
        block
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let state = &mut *self.0.get();
        let class = class_of(&layout) as usize;
        *block.cast::<*mut u8>() = state.free[class];
        state.free[class] = block;
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let wanted = Layout::from_size_align_unchecked(size, layout.align());
        if class_of(&wanted) == class_of(&layout) {
            return block;
        }
        let other = self.alloc(wanted);
        if !other.is_null() {
            std::ptr::copy_nonoverlapping(block, other, layout.size().min(size));
            self.dealloc(block, layout);
        }
        other
    }
}

/// Pages more; where they begin.
#[cfg(target_arch = "wasm32")]
fn grow(pages: usize) -> Option<usize> {
    let before = core::arch::wasm32::memory_grow(0, pages);
    (before != usize::MAX).then_some(before * PAGE)
}

/// For tests on the host: pages out of the system's allocator, never given back.
#[cfg(not(target_arch = "wasm32"))]
fn grow(pages: usize) -> Option<usize> {
    let layout = Layout::from_size_align(pages * PAGE, PAGE).ok()?;
    // SAFETY: the layout has a size.
    Some(unsafe { std::alloc::System.alloc(layout) } as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_apart_aligned_and_used_again() {
        let heap = Heap::new();
        let layouts = [(1, 1), (16, 8), (17, 16), (4096, 64), (100_000, 8), (3, 4)];
        let mut taken: Vec<(usize, usize)> = Vec::new();
        for (size, align) in layouts.into_iter().cycle().take(60) {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: the layout has a size, and blocks are given back with the layout they were asked with.
            let block = unsafe { heap.alloc(layout) } as usize;
            assert_eq!(block % align, 0);
            assert!(taken.iter().all(|(at, length)| block + size <= *at || at + length <= block));
            taken.push((block, size));
        }
        let layout = Layout::from_size_align(17, 16).unwrap();
        // SAFETY: as above.
        unsafe {
            let first = heap.alloc(layout);
            heap.dealloc(first, layout);
            assert_eq!(heap.alloc(layout), first);
            let grown = heap.realloc(first, layout, 30);
            assert_eq!(grown, first);
            *grown = 7;
            let moved = heap.realloc(grown, Layout::from_size_align(30, 16).unwrap(), 900);
            assert_eq!(*moved, 7);
        }
    }
}
