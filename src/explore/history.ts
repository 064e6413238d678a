/**
 * Whether an order of the calls explains what they returned: a search over all orders, made while exploring.
 *
 * The sequential specification: each lane is a FIFO queue of the ring's size; a send appends (a batch: one message after the other), or
 * finds its lane full; a receive takes the first message of a lane if every more urgent lane was empty at some moment since the call
 * began (or took its previous message), and says Empty if all lanes were. That is the specified weakness G1: a receive looks at
 * the lanes one after the other, so it is not one atomic step over all of them; with one lane it is, and the specification is
 * linearizability. Closed: a send needs the queue open at some moment before its message enters; a receive says so once every lane
 * was empty after the close.
 * A batch that receives goes through the lanes once: it may pass a lane once all that was there when it began has left. A batch of sends
 * enters at once, and finds its lane full by what was there before it entered. An array that receives takes its first message as a single
 * receive does, and then only what follows in the same lane.
 *
 * At each moment all states are known in which the queue and the running calls may be (a call has taken effect, in part, or
 * not yet); the end of a call leaves those that agree with its result. None left: no order explains the history. The set is named by
 * a number that is part of the explored state, so equal states have had equal sets.
 *
 * Checked by: test/explore/history.test.ts.
 */
import type { Lane } from './scenario.ts';

export type Begun =
  | { kind: 'send'; lane: number; messages: readonly number[] }
  | { kind: 'receive'; count: number; ofOneLane?: boolean }
  | { kind: 'close' };

/** What a call returned: how many messages went, or which came (-1: one of that lane); and why there were no more. */
export interface Ended {
  sent?: number;
  got?: readonly (readonly [lane: number, message: number])[];
  stop: 'done' | 'full' | 'empty' | 'closed' | 'any';
}

/** `most`: the most messages in the lane at one moment, without those of this call. */
interface Sending { kind: 'send'; lane: number; messages: readonly number[]; sent: number; most: number; sawOpen: boolean }
interface Receiving {
  kind: 'receive'; count: number; ofOneLane?: boolean; got: readonly (readonly [number, number])[]; empty: number; emptyClosed: number;
  /** The last message of each lane when the call began. */
  last: readonly number[];
}
interface Closing { kind: 'close'; done: boolean }
type Running = Sending | Receiving | Closing;

interface Possible {
  lanes: readonly (readonly number[])[];
  closed: boolean;
  running: readonly (Running | undefined)[];
}

const replaced = <T>(list: readonly T[], index: number, value: T): T[] => list.map((one, i) => (i === index ? value : one));

export class History {
  private readonly lanes: readonly Lane[];
  private readonly ringSize: number;
  private readonly all: number;
  private readonly sets: Possible[][] = [];
  private readonly numbers = new Map<string, number>();
  private readonly known = new Map<string, number>();

  constructor(lanes: readonly Lane[], ringSize: number, tasks: number) {
    this.lanes = lanes;
    this.ringSize = ringSize;
    this.all = 2 ** lanes.length - 1;
    this.number([{ lanes: lanes.map(() => []), closed: false, running: Array.from({ length: tasks }, () => undefined) }]);
  }

  /** The set in which nothing has happened yet. */
  readonly first = 0;

  /** Whether no order explains the history. */
  isImpossible(set: number): boolean {
    return this.sets[set]!.length === 0;
  }

  begin(set: number, task: number, call: Begun): number {
    return this.once(`${set} begin ${task} ${JSON.stringify(call)}`, () =>
      this.sets[set]!.map((one) => this.settled({ ...one, running: replaced(one.running, task, this.started(one, call)) })));
  }

  end(set: number, task: number, result: Ended): number {
    return this.once(`${set} end ${task} ${JSON.stringify(result)}`, () => this.closure(this.sets[set]!)
      .filter((one) => this.agrees(one, one.running[task]!, result))
      .map((one) => ({ ...one, running: replaced(one.running, task, undefined) })));
  }

  /** The task died: its call took effect, in part, or not at all. */
  died(set: number, task: number): number {
    return this.once(`${set} died ${task}`, () => this.closure(this.sets[set]!)
      .map((one) => ({ ...one, running: replaced(one.running, task, undefined) })));
  }

  private once(event: string, make: () => Possible[]): number {
    let next = this.known.get(event);
    if (next === undefined) this.known.set(event, next = this.number(make()));
    return next;
  }

  private number(possible: Possible[]): number {
    const distinct = new Map(possible.map((one) => [JSON.stringify(one), one] as const));
    const name = [...distinct.keys()].sort().join('\n');
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.sets.push([...distinct.values()]) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }

  private started(one: Possible, call: Begun): Running {
    if (call.kind === 'send') return { ...call, sent: 0, most: 0, sawOpen: false };
    if (call.kind === 'close') return { kind: 'close', done: false };
    return { ...call, got: [], empty: 0, emptyClosed: 0, last: call.count > 1 ? one.lanes.map((messages) => messages.at(-1) ?? -1) : [] };
  }

  /** What running calls may see now; seeing more never hurts, so they see it at once. */
  private settled(one: Possible): Possible {
    let empty = 0;
    for (const [lane, messages] of one.lanes.entries()) if (messages.length === 0) empty |= 1 << lane;
    return { ...one, running: one.running.map((call) => {
      if (call?.kind === 'receive') {
        return { ...call, empty: call.empty | empty, emptyClosed: one.closed ? call.emptyClosed | empty : call.emptyClosed };
      }
      if (call?.kind !== 'send') return call;
      return { ...call, most: Math.max(call.most, one.lanes[call.lane]!.length - call.sent),
        sawOpen: call.sawOpen || !one.closed };
    }) };
  }

  /** All states that running calls may lead to by taking effect. */
  private closure(from: readonly Possible[]): Possible[] {
    const seen = new Map<string, Possible>();
    const open = [...from];
    for (let one = open.pop(); one; one = open.pop()) {
      const name = JSON.stringify(one);
      if (seen.has(name)) continue;
      seen.set(name, one);
      for (let task = 0; task < one.running.length; task++) open.push(...this.steps(one, task).map((next) => this.settled(next)));
    }
    return [...seen.values()];
  }

  private steps(one: Possible, task: number): Possible[] {
    const call = one.running[task];
    if (!call) return [];
    if (call.kind === 'close') return call.done ? [] : [{ ...one, closed: true, running: replaced(one.running, task, { ...call, done: true }) }];
    if (call.kind === 'send') {
      const messages = one.lanes[call.lane]!;
      if (call.sent >= call.messages.length || messages.length >= this.ringSize || !call.sawOpen) return [];
      return [{
        ...one, lanes: replaced(one.lanes, call.lane, [...messages, call.messages[call.sent]!]),
        running: replaced<Running | undefined>(one.running, task, { ...call, sent: call.sent + 1 }),
      }];
    }
    if (call.got.length >= call.count) return [];
    return one.lanes.flatMap((messages, lane) => (messages.length === 0 || !this.mayTake(one, call, lane) ? [] : [{
      ...one, lanes: replaced(one.lanes, lane, messages.slice(1)),
      running: replaced<Running | undefined>(one.running, task, { ...call, got: [...call.got, [lane, messages[0]!] as const],
        empty: 0, emptyClosed: 0 }),
    }]));
  }

  private mayTake(one: Possible, call: Receiving, lane: number): boolean {
    if (call.ofOneLane && call.got.length > 0) return lane === call.got[0]![0];
    return this.lanes.every(({ priority }, other) => priority >= this.lanes[lane]!.priority || (call.empty >> other & 1) !== 0 ||
      (call.count > 1 && !call.ofOneLane && one.lanes[other]!.every((message) => message > call.last[other]!)));
  }

  private agrees(one: Possible, call: Running, { sent = 0, got = [], stop }: Ended): boolean {
    if (call.kind === 'close') return call.done;
    if (call.kind === 'send') {
      if (call.sent !== sent) return false;
      return stop === 'full' ? call.most >= this.ringSize - sent : stop === 'closed' ? one.closed : true;
    }
    if (call.got.length !== got.length) return false;
    if (!got.every(([lane, message], i) => lane === call.got[i]![0] && (message < 0 || message === call.got[i]![1]))) return false;
    return stop === 'empty' ? call.empty === this.all : stop === 'closed' ? call.emptyClosed === this.all : true;
  }
}
