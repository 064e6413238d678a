/**
 * The process of the Node benchmark: pairs of worker threads, one pair for each way of passing messages, take turns in short trials.
 *
 *   node node-trials.mjs WORKER-SCRIPT ROUNDS SCALE      one line of JSON for each trial on stdout, progress on stderr
 *
 * Role: bundled and started by run.ts, which asks for real-time scheduling; so it rests between trials. One more round comes first, to
 *   compile everything. Every message is checked. Units: million messages a second; microseconds of round trips.
 * Fails: exit status 1 if a worker finds a wrong message, or nothing comes for a minute. Checked by: test/bench/ratios.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import {
  CONFIG_BYTES, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SENDERS, POLICY_APPEND_ONLY, POLICY_SLAB,
} from '../../src/kernel/layout.ts';
import { queueAttachReceiver, queueAttachSender, queueBytes, queueCreate } from '../../src/kernel/queue.ts';
import { regionAddress, regionAppend, regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
import { Queue, Region } from '../../src/lib/index.ts';
import { copyBytes, fillBytes, store32 } from '../../src/machine/node.ts';
import { median } from '../result.ts';
import {
  BATCH, firstWord, HAS, lastWord, LINKS, LONG, MESSAGES, SHORT, SLOTS, type Answer, type Job, type Kind, type LinkName, type NodeTrial, type Place,
  type Setup,
} from './job.ts';

const LINE = 64;
const MINUTE = 60_000;

/** Memory for the kernel's queues, in a slab of the library, so that both share the one memory. */
class Arena {
  readonly #base: number;
  readonly #bytes: number;
  #used = 0;
  constructor(bytes: number) {
    this.#base = Region.slab(bytes).view().byteOffset;
    this.#bytes = bytes;
  }
  take(bytes: number): number {
    const at = this.#base + this.#used;
    this.#used += Math.ceil(bytes / LINE) * LINE;
    if (this.#used > this.#bytes) throw new Error('the arena is too small');
    fillBytes(at, bytes, 0);
    return at;
  }
}

const layOut = (arena: Arena): Place => {
  const tableBytes = regionTableBytes(8);
  const table = regionTableCreate(arena.take(tableBytes), tableBytes, 8);
  const config = arena.take(CONFIG_BYTES);
  store32(config, CONFIG_RING_SIZE, SLOTS);
  store32(config, CONFIG_MAX_MESSAGE_BYTES, SHORT);
  store32(config, CONFIG_SENDERS, 1);
  store32(config, CONFIG_RECEIVERS, 1);
  const bytes = queueBytes(config);
  const queues = [0, 1].map(() => queueCreate(table, regionCreate(table, POLICY_SLAB, arena.take(bytes), bytes), config));
  const senders = queues.map((queue) => queueAttachSender(queue, 0));
  const receivers = queues.map((queue) => queueAttachReceiver(queue)).reverse();
  const text = arena.take(MESSAGES * LONG);
  for (let k = 0; k < MESSAGES; k++) {
    store32(text + k * LONG, 0, firstWord(k));
    store32(text + k * LONG, SHORT - 4, lastWord(k));
    store32(text + k * LONG, LONG - 4, lastWord(k));
  }
  const region = regionCreate(table, POLICY_APPEND_ONLY, arena.take(MESSAGES * LONG), MESSAGES * LONG);
  const status = regionAppend(table, region, text, MESSAGES * LONG);
  const source = regionAddress(table, region, 0, MESSAGES * LONG);
  for (const made of [...queues, ...senders, ...receivers, region, status + 1, source]) if (made <= 0) throw new Error(`the kernel says ${made}`);
  const array = arena.take((MESSAGES + BATCH) * SHORT);
  for (let k = 0; k < MESSAGES + BATCH; k++) copyBytes(array + k * SHORT, source + (k % MESSAGES) * LONG, SHORT);
  const scratch = [0, 1].map(() => arena.take(BATCH * SHORT + 64));
  return {
    senders: senders as [number, number], receivers: receivers as [number, number], source, region, array, scratch: scratch as [number, number],
  };
};

class Workers {
  readonly #workers: Worker[];
  readonly name: LinkName;
  constructor(script: string, name: LinkName, arena: Arena) {
    this.name = name;
    const { port1, port2 } = new MessageChannel();
    const ring = (): SharedArrayBuffer => RingBuffer.getStorageForCapacity(SLOTS * SHORT / 4, Uint32Array) as SharedArrayBuffer;
    const common: Omit<Setup, 'side'> = {
      link: name, place: layOut(arena), rings: [ring(), ring()], meeting: new SharedArrayBuffer(4),
      queues: [0, 1].map(() => Queue.create({ ringSize: SLOTS, maxMessageBytes: SHORT }).handle),
    };
    this.#workers = [port1, port2].map((port, side) =>
      new Worker(script, { workerData: { ...common, side, port }, transferList: [port] }));
  }
  async run(job: Job): Promise<NodeTrial> {
    const answers = await Promise.all(this.#workers.map((worker) => new Promise<Answer>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`${this.name}, ${job.kind}: nothing for a minute`)), MINUTE);
      worker.once('message', (answer: Answer) => {
        clearTimeout(limit);
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(`${this.name}, ${job.kind}: ${answer.error}`));
      });
      worker.postMessage(job);
    })));
    const trips = answers[0]!.trips;
    const common = { link: this.name, kind: job.kind, bytes: job.bytes, adaptive: job.adaptive };
    if (trips === undefined) return { ...common, value: job.count / answers[1]!.ns! * 1000 };
    const sorted = trips.toSorted((a, b) => a - b);
    return { ...common, value: median(trips) / 1000, high: sorted[Math.floor(sorted.length * 0.99)]! / 1000 };
  }
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Messages of a trial: some 50 ms of each kind. */
const COUNTS: Record<Kind, number> = { stream: 400_000, batch: 800_000, descriptor: 400_000, spinning: 5_000, sleeping: 150 };
const isSlow = (name: LinkName): boolean => name === 'postMessage' || name === 'receiveMessageOnPort';
const jobsOf = (name: LinkName, scale: number): Job[] => HAS[name].flatMap((kind): Job[] => {
  const few = isSlow(name) ? 0.08 : 1;
  const count = Math.ceil(COUNTS[kind] * scale * (kind === 'sleeping' ? 1 : few));
  const waits = isSlow(name) || kind === 'spinning' || kind === 'sleeping' ? [false] : [false, true];
  return (kind === 'descriptor' ? [SHORT, LONG] : [SHORT]).flatMap((bytes) => waits.map((adaptive) => ({ kind, bytes, count, adaptive })));
});

const [script, rounds, scale] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const REST_MILLISECONDS = 60;
const arena = new Arena(8 << 20);
const pairs = LINKS.map((name) => new Workers(script, name, arena));
for (let round = 0; round <= rounds; round++) {
  process.stderr.write(round === 0 ? 'Node: warming up\n' : `Node: round ${round} of ${rounds}\n`);
  for (const pair of pairs) {
    for (const job of jobsOf(pair.name, scale)) {
      const trial = await pair.run(job);
      if (round > 0 || rounds === 0) process.stdout.write(`${JSON.stringify(trial)}\n`);
      if (rounds > 0) await sleep(REST_MILLISECONDS);
    }
  }
}
await Promise.all(pairs.map((pair) => pair.end()));
