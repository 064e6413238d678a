/**
 * One context of the stress test: a sender or a receiver in a thread of its own, calling the kernel directly. Plain message layout,
 * words: sender number, priority, sequence within both, then bytes derived from the three, so that a torn or foreign message shows.
 */
import { workerData } from 'node:worker_threads';
import { load32, store32 } from '../../src/machine/node.ts';
import { COMPLETION_RESULT, COMPLETION_USER_HIGH, COMPLETION_USER_LOW, PRIORITY_COUNT } from '../../src/kernel/layout.ts';
import {
  queueComplete, queueCompletions, queueReceiveTimeout, queueSend, queueSubmit, receivedPriority, receivedSender, receivedUserHigh,
  receivedUserLow,
} from '../../src/kernel/queue.ts';
import { STATUS_CLOSED, STATUS_FULL, STATUS_NO_CREDIT, STATUS_TIMED_OUT } from '../../src/kernel/status.ts';
import { fetchAdd32, loadSequential32, wait32 } from '../../src/machine/node.ts';

export interface Task {
  role: 'sender' | 'receiver';
  number: number;
  handle: number;
  /** Private memory of this context: message buffer, 256 bytes. */
  buffer: number;
  /** Sender: messages to send. */
  count: number;
  bytes: number;
  completions: boolean;
  /** Receiver: where to write its history, a word for each message, and how many fit. */
  history: number;
  room: number;
  /** A word: senders that have finished. */
  finished: number;
  seed: number;
  /** A word that nobody changes: sleeping on it is a pause. */
  never: number;
}

export const wordAt = (sender: number, priority: number, sequence: number, word: number): number =>
  Math.imul(sender * 4 + priority + 1, 0x9e3779b1) ^ Math.imul(sequence + 1, 0x85ebca6b) ^ word;
/** A history word: sender 5 bits, priority 2, sequence 24. */
export const packed = (sender: number, priority: number, sequence: number): number => sender << 26 | priority << 24 | sequence;

const reap = (reaper: number, buffer: number, microseconds: number): number => {
  const got = queueReceiveTimeout(reaper, buffer + 128, 16, microseconds);
  if (got < 0) return 0;
  const [low, high, result] = [COMPLETION_USER_LOW, COMPLETION_USER_HIGH, COMPLETION_RESULT].map((field) => load32(buffer + 128, field));
  if (result !== (low! ^ high!)) throw new Error(`completion ${low},${high} has result ${result}`);
  return 1;
};

const send = (task: Task): void => {
  const sequences = new Array<number>(PRIORITY_COUNT).fill(0);
  const reaper = task.completions ? queueCompletions(task.handle) : 0;
  let random = task.seed | 1;
  let reaped = 0;
  for (let k = 0; k < task.count; k++) {
    random = Math.imul(random, 1103515245) + 12345 | 0;
    const priority = random >>> 16 & 3;
    const sequence = sequences[priority]!;
    store32(task.buffer, 0, task.number);
    store32(task.buffer, 4, priority);
    store32(task.buffer, 8, sequence);
    for (let word = 3; word < task.bytes / 4; word++) store32(task.buffer, word * 4, wordAt(task.number, priority, sequence, word));
    for (;;) {
      const status = task.completions
        ? queueSubmit(task.handle, priority, task.buffer, task.bytes, sequence, task.number * 4 + priority)
        : queueSend(task.handle, priority, task.buffer, task.bytes);
      if (status >= 0) break;
      if (status !== STATUS_FULL && status !== STATUS_NO_CREDIT) throw new Error(`send: ${status}`);
      if (task.completions) reaped += reap(reaper, task.buffer, 100);
      else wait32(task.never, 0, 0, 20);
    }
    sequences[priority] = sequence + 1;
  }
  while (task.completions && reaped < task.count) {
    const more = reap(reaper, task.buffer, 10_000_000);
    if (more === 0) throw new Error(`sender ${task.number}: ${reaped} of ${task.count} completions in 10 s`);
    reaped += more;
  }
  fetchAdd32(task.finished, 0, 1);
};

const receive = (task: Task): void => {
  let received = 0;
  for (;;) {
    const got = queueReceiveTimeout(task.handle, task.buffer, 128, 20_000_000);
    if (got === STATUS_CLOSED) break;
    if (got === STATUS_TIMED_OUT) throw new Error(`receiver ${task.number}: nothing in 20 s, ${loadSequential32(task.finished, 0)} senders finished`);
    if (got < 0) throw new Error(`receive: ${got}`);
    const [sender, priority, sequence] = [0, 4, 8].map((at) => load32(task.buffer, at)) as [number, number, number];
    if (got !== task.bytes) throw new Error(`length ${got}`);
    if (sender !== receivedSender(task.handle) || priority !== receivedPriority(task.handle)) throw new Error('wrong sender or priority');
    for (let word = 3; word < task.bytes / 4; word++) {
      if (load32(task.buffer, word * 4) !== wordAt(sender, priority, sequence, word)) throw new Error(`torn: ${sender} ${priority} ${sequence}`);
    }
    if (received >= task.room) throw new Error('more messages than were sent');
    store32(task.history, received * 4, packed(sender, priority, sequence));
    received += 1;
    if (task.completions) {
      const [low, high] = [receivedUserLow(task.handle), receivedUserHigh(task.handle)];
      const status = queueComplete(task.handle, sender, priority, low, high, low ^ high);
      if (status < 0) throw new Error(`complete: ${status}`);
    }
  }
  store32(task.history, task.room * 4, received);
};

// The test itself imports this file for its types and for `packed`.
const task = workerData as Task | null;
if (task?.role === 'sender') send(task);
else if (task?.role === 'receiver') receive(task);
