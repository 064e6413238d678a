//! The queues of Rust's registry behind C calls: one function a queue operation, nothing else, so that the loops of main.cpp are
//! the same for all. Pointers come from the matching `_new`; a message is 64 bytes.
//!
//! Every push copies out of, every pop copies into memory of the caller, as the kernel's send and receive do.

use crossbeam_queue::ArrayQueue;
use ruvix_queue::{KernelQueue, QueueConfig};
use ruvix_types::MsgPriority;
use std::cell::UnsafeCell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Mutex;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Message([u64; 8]);

fn leak<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// On two lines of their own: the crate leaves it to the user to keep both ends apart.
#[repr(align(128))]
struct Apart<T>(T);

pub struct Lane {
    producer: Apart<rtrb::Producer<Message>>,
    consumer: Apart<rtrb::Consumer<Message>>,
}

fn lane(slots: usize) -> Lane {
    let (producer, consumer) = rtrb::RingBuffer::new(slots);
    Lane { producer: Apart(producer), consumer: Apart(consumer) }
}

#[no_mangle]
pub extern "C" fn rtrb_new(slots: usize) -> *mut Lane {
    leak(lane(slots))
}

#[no_mangle]
pub unsafe extern "C" fn rtrb_push(lane: *mut Lane, message: *const Message) -> bool {
    (*std::ptr::addr_of_mut!((*lane).producer)).0.push(*message).is_ok()
}

#[no_mangle]
pub unsafe extern "C" fn rtrb_pop(lane: *mut Lane, into: *mut Message) -> bool {
    match (*std::ptr::addr_of_mut!((*lane).consumer)).0.pop() {
        Ok(message) => {
            *into = message;
            true
        }
        Err(_) => false,
    }
}

/// All or nothing, as DPDK's bulk calls.
#[no_mangle]
pub unsafe extern "C" fn rtrb_push_slice(lane: *mut Lane, messages: *const Message, count: usize) -> usize {
    let slice = std::slice::from_raw_parts(messages, count);
    match (*std::ptr::addr_of_mut!((*lane).producer)).0.push_entire_slice(slice) {
        Ok(()) => count,
        Err(_) => 0,
    }
}

#[no_mangle]
pub unsafe extern "C" fn rtrb_pop_slice(lane: *mut Lane, into: *mut Message, count: usize) -> usize {
    let slice = std::slice::from_raw_parts_mut(into, count);
    (*std::ptr::addr_of_mut!((*lane).consumer)).0.pop_partial_slice(slice).0.len()
}

/// What users of rtrb build for priorities: a ring each, looked at from the most urgent down.
pub struct Lanes([Lane; 4]);

#[no_mangle]
pub extern "C" fn rtrb4_new(slots: usize) -> *mut Lanes {
    leak(Lanes([lane(slots), lane(slots), lane(slots), lane(slots)]))
}

#[no_mangle]
pub unsafe extern "C" fn rtrb4_push(lanes: *mut Lanes, priority: usize, message: *const Message) -> bool {
    rtrb_push(std::ptr::addr_of_mut!((*lanes).0[priority]), message)
}

#[no_mangle]
pub unsafe extern "C" fn rtrb4_pop(lanes: *mut Lanes, into: *mut Message) -> bool {
    for priority in 0..4 {
        if rtrb_pop(std::ptr::addr_of_mut!((*lanes).0[priority]), into) {
            return true;
        }
    }
    false
}

#[no_mangle]
pub extern "C" fn array_queue_new(slots: usize) -> *mut ArrayQueue<Message> {
    leak(ArrayQueue::new(slots))
}

#[no_mangle]
pub unsafe extern "C" fn array_queue_push(queue: *const ArrayQueue<Message>, message: *const Message) -> bool {
    (*queue).push(*message).is_ok()
}

#[no_mangle]
pub unsafe extern "C" fn array_queue_pop(queue: *const ArrayQueue<Message>, into: *mut Message) -> bool {
    match (*queue).pop() {
        Some(message) => {
            *into = message;
            true
        }
        None => false,
    }
}

/// Priority first, then age: the greatest leaves first.
struct Entry {
    priority: usize,
    sequence: u64,
    message: Message,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.priority, other.sequence).cmp(&(self.priority, self.sequence))
    }
}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Entry {}

struct Heap {
    entries: BinaryHeap<Entry>,
    limit: usize,
    sequence: u64,
}

/// The usual priority queue between threads: a mutex around a binary heap.
pub struct LockedHeap(Mutex<Heap>);

#[no_mangle]
pub extern "C" fn heap_new(slots: usize) -> *mut LockedHeap {
    leak(LockedHeap(Mutex::new(Heap { entries: BinaryHeap::with_capacity(slots), limit: slots, sequence: 0 })))
}

#[no_mangle]
pub unsafe extern "C" fn heap_push(heap: *const LockedHeap, priority: usize, message: *const Message) -> bool {
    let mut heap = (*heap).0.lock().unwrap();
    if heap.entries.len() == heap.limit {
        return false;
    }
    let sequence = heap.sequence;
    heap.sequence += 1;
    heap.entries.push(Entry { priority, sequence, message: *message });
    true
}

#[no_mangle]
pub unsafe extern "C" fn heap_pop(heap: *const LockedHeap, into: *mut Message) -> bool {
    match (*heap).0.lock().unwrap().entries.pop() {
        Some(entry) => {
            *into = entry.message;
            true
        }
        None => false,
    }
}

/// The crate that this project re-creates. `send` and `recv` take `&mut self`, so two threads can share it only by force
/// (as below: undefined behaviour, measured all the same, for one sender and one receiver), or behind a mutex.
pub struct Seed {
    forced: UnsafeCell<KernelQueue>,
    _memory: Vec<u8>,
}

pub struct LockedSeed {
    queue: Mutex<KernelQueue>,
    _memory: Vec<u8>,
}

fn seed(slots: usize) -> (KernelQueue, Vec<u8>) {
    KernelQueue::new_heap(QueueConfig::new(slots as u32, 64)).unwrap()
}

unsafe fn bytes<'a>(message: *const Message) -> &'a [u8] {
    std::slice::from_raw_parts(message.cast(), 64)
}

unsafe fn bytes_mut<'a>(message: *mut Message) -> &'a mut [u8] {
    std::slice::from_raw_parts_mut(message.cast(), 64)
}

#[no_mangle]
pub extern "C" fn seed_new(slots: usize) -> *mut Seed {
    let (queue, memory) = seed(slots);
    leak(Seed { forced: UnsafeCell::new(queue), _memory: memory })
}

#[no_mangle]
pub unsafe extern "C" fn seed_push(queue: *const Seed, message: *const Message) -> bool {
    (*(*queue).forced.get()).send(bytes(message), MsgPriority::Normal).is_ok()
}

#[no_mangle]
pub unsafe extern "C" fn seed_pop(queue: *const Seed, into: *mut Message) -> bool {
    (*(*queue).forced.get()).recv(bytes_mut(into)).is_ok()
}

#[no_mangle]
pub extern "C" fn seed_locked_new(slots: usize) -> *mut LockedSeed {
    let (queue, memory) = seed(slots);
    leak(LockedSeed { queue: Mutex::new(queue), _memory: memory })
}

#[no_mangle]
pub unsafe extern "C" fn seed_locked_push(queue: *const LockedSeed, message: *const Message) -> bool {
    (*queue).queue.lock().unwrap().send(bytes(message), MsgPriority::Normal).is_ok()
}

#[no_mangle]
pub unsafe extern "C" fn seed_locked_pop(queue: *const LockedSeed, into: *mut Message) -> bool {
    (*queue).queue.lock().unwrap().recv(bytes_mut(into)).is_ok()
}
