/**
 * One side of a pair of the Node benchmark: runs the jobs that main sends, with one link.
 *
 * Role: a worker thread; side 0 sends, side 1 receives and measures; of round trips side 0 measures. Both meet before they begin.
 * Fails: answers with the error's text.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { BATCH, IDLE_MICROSECONDS, type Answer, type Job, type Setup } from './job.ts';
import { KernelLink, LibraryLink, PortLink, RingbufLink, type Link } from './link.ts';

const setup = workerData as Setup & { port: MessagePort };
const word = new Int32Array(setup.meeting);

const makeLink = (): Link => {
  switch (setup.link) {
    case 'kernel': return new KernelLink(setup);
    case 'library': return new LibraryLink(setup);
    case 'ringbuf.js': return new RingbufLink(setup);
    default: return new PortLink(setup.port);
  }
};
const link = makeLink();

const meet = (): void => {
  const turn = Math.floor(Atomics.add(word, 0, 1) / 2);
  for (;;) {
    const seen = Atomics.load(word, 0);
    if (seen >= (turn + 1) * 2) return;
    Atomics.wait(word, 0, seen, 1);
    Atomics.notify(word, 0);
  }
};

const since = (from: bigint): number => Number(process.hrtime.bigint() - from);

// ---- One way. The receiver's time runs from the first message to the last.
const send = ({ kind, count, bytes }: Job): void => {
  if (kind === 'batch') {
    for (let k = 0; k < count;) k += (link as KernelLink).putBatch(k, Math.min(BATCH, count - k));
  } else if (kind === 'descriptor') {
    for (let k = 0; k < count; k++) while (!(link as KernelLink).refer(k, bytes));
  } else {
    for (let k = 0; k < count; k++) while (!link.put(k));
  }
};

/** Steps of the adaptive wait: some hundred nanoseconds. Node 20 has no pause instruction. */
const WAIT_STEPS = 400;
const WAIT_STREAK = 4;
let streak = 0;
let sink = 0;
const empty = (adaptive: boolean): void => {
  if (adaptive && streak >= WAIT_STREAK) for (let k = 0; k < WAIT_STEPS; k++) sink = Math.imul(sink, 31) + k | 0;
  streak = 0;
};
const receive = ({ kind, count, adaptive }: Job): number => {
  streak = 0;
  if (kind === 'batch') {
    const kernel = link as KernelLink;
    let k = 0;
    while (k === 0) k = kernel.getBatch(0, BATCH);
    const from = process.hrtime.bigint();
    const before = k;
    while (k < count) {
      const came = kernel.getBatch(k, Math.min(BATCH, count - k));
      k += came;
      streak += came;
      if (came === 0) empty(adaptive);
    }
    return since(from) * count / (count - before);
  }
  if (kind === 'descriptor') {
    while (!(link as KernelLink).referred(0));
    const from = process.hrtime.bigint();
    for (let k = 1; k < count; k++) {
      while (!(link as KernelLink).referred(k)) empty(adaptive);
      streak++;
    }
    return since(from);
  }
  while (!link.get(0));
  const from = process.hrtime.bigint();
  for (let k = 1; k < count; k++) {
    while (!link.get(k)) empty(adaptive);
    streak++;
  }
  return since(from);
};

// ---- There and back.
const idle = (): void => {
  const from = process.hrtime.bigint();
  while (since(from) < IDLE_MICROSECONDS * 1000);
};
const trips = ({ kind, count }: Job): number[] => {
  const taken: number[] = [];
  for (let k = 0; k < count; k++) {
    if (kind === 'sleeping') idle();
    const from = process.hrtime.bigint();
    while (!link.put(k));
    if (kind === 'sleeping') link.wait!(k);
    else while (!link.get(k));
    taken.push(since(from));
  }
  return taken;
};
const answerTrips = ({ kind, count }: Job): void => {
  for (let k = 0; k < count; k++) {
    if (kind === 'sleeping') link.wait!(k);
    else while (!link.get(k));
    while (!link.put(k));
  }
};

// ---- postMessage with events: its spinning and its sleeping are the same.
const byEvents = (job: Job): Promise<Answer> => new Promise((resolve, reject) => {
  const port = setup.port;
  const round = job.kind !== 'stream';
  const taken: number[] = [];
  let from = 0n;
  let next = 0;
  const start = (): void => {
    if (job.kind === 'sleeping') idle();
    from = process.hrtime.bigint();
    link.put(next);
  };
  const done = (answer: Answer): void => { port.removeAllListeners('message'); resolve(answer); };
  port.on('message', (message: Uint32Array) => {
    try {
      (link as PortLink).check(message, next);
      next += 1;
      if (setup.side === 0) {
        taken.push(since(from));
        if (next === job.count) done({ trips: taken });
        else start();
      } else {
        if (round) link.put(next - 1);
        if (next === 1) from = process.hrtime.bigint();
        if (next === job.count) done(round ? {} : { ns: since(from) });
      }
    } catch (error) { reject(error as Error); }
  });
  if (setup.side === 0 && round) start();
  if (setup.side === 0 && !round) {
    send(job);
    done({});
  }
});

const run = (job: Job): Answer => {
  const round = job.kind === 'spinning' || job.kind === 'sleeping';
  if (setup.side === 0) {
    if (round) return { trips: trips(job) };
    send(job);
    return {};
  }
  if (!round) return { ns: receive(job) };
  answerTrips(job);
  return {};
};

parentPort!.on('message', (job: Job) => {
  const go = async (): Promise<void> => {
    try {
      meet();
      parentPort!.postMessage(setup.link === 'postMessage' ? await byEvents(job) : run(job));
    } catch (error) {
      parentPort!.postMessage({ error: String(error) } satisfies Answer);
    }
  };
  void go();
});
