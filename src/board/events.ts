/**
 * What happened last on each core: a fixed ring of events in memory, for the panic report and for make events.
 *
 * Role: boardEvent from tasks and interrupts of any core; eventsPrint by panic.ts; the host reads the rings out of the emulator's
 *   memory (src/cli/events.ts).
 * Memory: EVENT_MEMORY bytes at bootEvents (linker/kernel.ld), a ring for each core, written by that core only:
 *
 *     +0    u32  events recorded so far; wraps
 *     +64   EVENT_COUNT entries of 16 bytes; event n is entry n mod EVENT_COUNT:
 *           +0  u32  microseconds of the machine clock
 *           +4  u8   kind ; u8 task, 255 outside any ; u16 low half of n     (as one word: kind in the upper byte)
 *           +8  i32  first number ; +12 i32 second number: what they mean depends on the kind
 *
 * Invariants: an entry whose half of n is not that of its place is being written, or was lost; readers skip it.
 * Order: [event] the counter is the core's own: tasks and the interrupts that interrupt them take places from it one by one.
 * Elsewhere: the kernel's queue records nothing. Who calls it says what happened: wait.ts, interrupt.ts and the programs.
 * Checked by: test/pi/events.test.ts
 */
import { fetchAdd32, load32, store32, timeMicros32 } from '#machine';
import {
  CORE_COUNT_LIMIT, EVENT_COUNT, EVENT_FIRST_OFFSET, EVENT_RING_BYTES, EVENT_SHIFT, EVENTS_PRINTED, EVENT_SECOND_OFFSET,
  EVENT_ENTRIES_OFFSET, EVENT_WORD_OFFSET, CORE_NUMBER_OFFSET, CORE_TASK_OFFSET,
} from './layout.ts';
import { eventMemory, thisCore } from './processor.ts';
import { consoleNumber, consoleText, consoleUnsigned } from './console.ts';

/** A message went into a channel (numbered by the program), with its number there. */
export const EVENT_SEND = 1;
/** A message came out of a channel. */
export const EVENT_RECEIVE = 2;
/** Task `first` was woken from its sleep on the word at address `second`. */
export const EVENT_WAKE = 3;
/** Interrupt `first` was taken. */
export const EVENT_INTERRUPT = 4;
/** Object `first` was taken away from its users; what `second` is says the program. */
export const EVENT_REVOKE = 5;

const ring = (core: i32): i32 => (eventMemory() + Math.imul(core, EVENT_RING_BYTES)) | 0;
const entry = (at: i32, n: i32): i32 => (at + EVENT_ENTRIES_OFFSET + ((n & (EVENT_COUNT - 1)) << EVENT_SHIFT)) | 0;

/** Records an event of this core that happened at `micros` of the machine clock. */
export const boardEventAt = (kind: i32, first: i32, second: i32, micros: i32): void => {
  const core = thisCore();
  const own = ring(load32(core, CORE_NUMBER_OFFSET));
  const n = fetchAdd32(own, 0, 1); // [event]
  const at = entry(own, n);
  store32(at, EVENT_WORD_OFFSET, 0);
  store32(at, 0, micros);
  store32(at, EVENT_FIRST_OFFSET, first);
  store32(at, EVENT_SECOND_OFFSET, second);
  store32(at, EVENT_WORD_OFFSET, (kind << 24) | ((load32(core, CORE_TASK_OFFSET) & 255) << 16) | (n & 0xffff));
};

/** Records an event of this core that happened now. */
export const boardEvent = (kind: i32, first: i32, second: i32): void => { boardEventAt(kind, first, second, timeMicros32()); };

const printKind = (kind: i32): void => {
  switch (kind) {
    case EVENT_SEND: consoleText(' send       '); break;
    case EVENT_RECEIVE: consoleText(' receive    '); break;
    case EVENT_WAKE: consoleText(' wake       '); break;
    case EVENT_INTERRUPT: consoleText(' interrupt  '); break;
    case EVENT_REVOKE: consoleText(' revoke     '); break;
    default: consoleText(' unknown    ');
  }
};

const printEvent = (at: i32): void => {
  const word = load32(at, EVENT_WORD_OFFSET);
  consoleText('    ');
  consoleUnsigned(load32(at, 0));
  printKind((word >>> 24) | 0);
  consoleNumber(load32(at, EVENT_FIRST_OFFSET));
  consoleText(' ');
  consoleNumber(load32(at, EVENT_SECOND_OFFSET));
  if (((word >>> 16) & 255) !== 255) {
    consoleText('  task ');
    consoleNumber((word >>> 16) & 255);
  }
  consoleText('\n');
};

/** The last events of every core that recorded any: microseconds, kind, both numbers, task. */
export const eventsPrint = (): void => {
  for (let core = 0; core < CORE_COUNT_LIMIT; core++) {
    const produced = load32(ring(core), 0);
    if (produced !== 0) {
      consoleText('  events of core ');
      consoleNumber(core);
      consoleText(', the last of ');
      consoleUnsigned(produced);
      consoleText(':\n');
      for (let back = EVENTS_PRINTED; back > 0; back--) {
        const n = (produced - back) | 0;
        const at = entry(ring(core), n);
        const word = load32(at, EVENT_WORD_OFFSET);
        if ((word & 0xffff) === (n & 0xffff) && word >>> 24 !== 0) printEvent(at);
      }
    }
  }
};
