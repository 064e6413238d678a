/**
 * What is explored: a queue, the tasks that use it, and what may happen to them.
 *
 * Role: scenarios.ts lists them; sequential.ts and weak.ts run them; monitor.ts judges. Checked by: test/explore.
 */

/** What a call is to the monitor. */
export type Meaning =
  | { kind: 'send'; lane: number; message: number }
  | { kind: 'sendBatch'; lane: number; first: number; count: number; list: number }
  | { kind: 'receive'; receiver: number; buffer: number; timed: boolean }
  | { kind: 'receiveBatch'; receiver: number; list: number; count: number }
  | { kind: 'sendArray'; lane: number; first: number; count: number }
  | { kind: 'receiveArray'; receiver: number; buffer: number; count: number }
  | { kind: 'discard'; receiver: number }
  | { kind: 'peek'; receiver: number }
  | { kind: 'view'; receiver: number }
  | { kind: 'release'; receiver: number }
  | { kind: 'complete'; receiver: number }
  | { kind: 'reap'; sender: number; buffer: number }
  | { kind: 'close' }
  | { kind: 'observe' }
  | { kind: 'is'; value: number }
  | { kind: 'other'; accept?: readonly number[] };

/** Stands for the kept result of an earlier call of the same thread. */
export const KEPT = -0x7ead;

export interface Call {
  name: string;
  operands: number[];
  meaning: Meaning;
  /** Its result becomes KEPT. */
  keep?: boolean;
  /** Skipped unless the previous call's result was not negative. */
  ifGood?: boolean;
}

export interface Task {
  name: string;
  calls: Call[];
  /** May be killed, before any step. */
  killable?: boolean;
  /** Begins only once that task is dead. */
  afterDeathOf?: number;
  /** Begins only once those tasks have finished, or died. */
  afterEndOf?: number[];
  /** An interrupt handler of that task's core: while it runs, that task does not. */
  interrupts?: number;
  /** Its clock may jump past every timeout. */
  timed?: boolean;
  /** On the board (board.ts): the number of its core, and where its stack pointer is kept: it runs only when it is switched to. */
  core?: number;
  context?: number;
}

export interface Lane {
  sender: number;
  priority: number;
}

export interface QueueShape {
  senders: number;
  receivers: number;
  ringSize: number;
  maxBytes: number;
  completions: number;
  start: number;
  /** The number of the schema (typed.ts), if the queue has one. */
  schema?: number;
}

/** Addresses and handles after the setup. */
export interface Place {
  queue: number;
  /** Of the queue, and the region it lives in. */
  bytes: number;
  region: number;
  table: number;
  senders: number[];
  receivers: number[];
  /** Fresh memory, zero. */
  allocate(bytes: number): number;
  store(address: number, value: number): void;
  read(address: number): number;
  /** Calls a kernel function during setup. */
  call(name: string, ...operands: number[]): number;
}

/** What is compiled for exploration: bounds.ts. */
export type ProgramName = 'kernel' | 'capability' | 'board';

export interface Scenario {
  name: string;
  /** The kernel, unless said otherwise. */
  program?: ProgramName;
  shape: QueueShape;
  lanes: Lane[];
  kills: number;
  spurious: number;
  tasks(place: Place): Task[];
  /** Words that an untrusted side may overwrite with these values at any moment, this often. */
  hostile?: { addresses(place: Place): number[]; values: number[]; budget: number };
  /** No queue, only memory: told the results of all tasks at the end, instead of judging. */
  observe?: (results: number[], read: (address: number) => number) => void;
  /** Run every task alone from every state: it must end its call within so many steps. */
  soloSteps?: number;
  /** Whether every history of calls is judged (history.ts), unless false: costs states. */
  judgesHistory?: boolean;
  /** Count the operations of each call: the counts become part of the state. */
  countsSteps?: boolean;
  /** At the end nothing may be missing even so; extra losses allowed per killed receiver. */
  lossPerKill?: number;
}
