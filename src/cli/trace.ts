/**
 * The events that a kernel keeps in memory, as text for people and as a trace for Perfetto.
 *
 * Role: used by events.ts. The rings are drawn in src/board/events.ts, whose numbers are repeated here.
 * Units: microseconds. The clock's low 32 bits are kept; times are taken relative to the earliest event, so a span may be 35 minutes.
 * Fails: nothing; an entry that was being written is left out and counted.
 * Elsewhere: the Chrome trace format, https://ui.perfetto.dev reads it.
 * Checked by: test/pi/events.test.ts
 */
const [CORES, COUNT, ENTRY_BYTES, ENTRIES_AT] = [8, 1024, 16, 64];
export const RING_BYTES = ENTRIES_AT + COUNT * ENTRY_BYTES;
export const RINGS_BYTES = CORES * RING_BYTES;

export const KINDS = ['', 'send', 'receive', 'wake', 'interrupt', 'revoke'] as const;
const NO_TASK = 255;

export interface Event {
  core: number;
  /** Microseconds after the earliest event. */
  time: number;
  kind: (typeof KINDS)[number];
  task?: number;
  first: number;
  second: number;
}

/** Turns times of a 32-bit clock into times after the earliest, and puts events into their order. */
const inOrder = (events: Event[]): Event[] => {
  const [one] = events;
  if (one === undefined) return [];
  const after = events.map(({ time }) => (time - one.time) | 0);
  const least = after.reduce((a, b) => Math.min(a, b), 0);
  return events.map((event, i) => ({ ...event, time: after[i]! - least }))
    .map((event, i) => [event, i] as const).sort(([a, i], [b, j]) => a.time - b.time || i - j).map(([event]) => event);
};

/** The events in a dump of the rings, and how many were lost or unreadable. */
export const decodeRings = (dump: Buffer): { events: Event[]; lost: number } => {
  const events: Event[] = [];
  let lost = 0;
  for (let core = 0; core < CORES; core++) {
    const ring = dump.subarray(core * RING_BYTES, (core + 1) * RING_BYTES);
    const produced = ring.readUInt32LE(0);
    lost += Math.max(0, produced - COUNT);
    for (let n = Math.max(0, produced - COUNT); n < produced; n++) {
      const at = ENTRIES_AT + (n % COUNT) * ENTRY_BYTES;
      const word = ring.readUInt32LE(at + 4);
      const kind = KINDS[word >>> 24];
      if ((word & 0xffff) !== (n & 0xffff) || kind === undefined || kind === '') {
        lost++;
        continue;
      }
      const task = word >>> 16 & 255;
      events.push({
        core, time: ring.readUInt32LE(at), kind, ...(task === NO_TASK ? {} : { task }),
        first: ring.readInt32LE(at + 8), second: ring.readInt32LE(at + 12),
      });
    }
  }
  return { events: inOrder(events), lost };
};

/** The events in a panic's report, of any console log. */
export const decodeLog = (log: string): { events: Event[]; lost: number } => {
  const events: Event[] = [];
  let core = -1;
  for (const line of log.replaceAll('\r', '').split('\n')) {
    const title = /^ {2}events of core (\d+), the last of \d+:$/.exec(line);
    const entry = /^ {4}(\d+) (send|receive|wake|interrupt|revoke) +(-?\d+) (-?\d+)(?: {2}task (\d+))?$/.exec(line);
    if (title !== null) core = Number(title[1]);
    else if (entry === null || core < 0) core = -1;
    else {
      const [, time, kind, first, second, task] = entry;
      events.push({
        core, time: Number(time), kind: kind as Event['kind'], ...(task === undefined ? {} : { task: Number(task) }),
        first: Number(first), second: Number(second),
      });
    }
  }
  return { events: inOrder(events), lost: 0 };
};

const words = ({ kind, first, second }: Event): string => {
  switch (kind) {
    case 'send': return `message ${second} into channel ${first}`;
    case 'receive': return `message ${second} out of channel ${first}`;
    case 'wake': return `task ${first}, asleep at 0x${(second >>> 0).toString(16)}`;
    case 'interrupt': return `number ${first}`;
    default: return `object ${first}, ${second}`;
  }
};

/** One line for each event. */
export const renderLog = (events: readonly Event[]): string => events.map((event) => [
  `${(event.time / 1000).toFixed(3).padStart(12)} ms  core ${event.core}`, event.task === undefined ? '        ' : `task ${String(event.task).padEnd(3)}`,
  event.kind.padEnd(9), words(event),
].join('  ').trimEnd() + '\n').join('');

/** A trace with a track for each core, and an arrow from each send to its receive. */
export const renderTrace = (events: readonly Event[]): string => {
  const out: object[] = [...new Set(events.map(({ core }) => core))].sort()
    .map((core) => ({ name: 'thread_name', ph: 'M', pid: 1, tid: core, args: { name: `core ${core}` } }));
  const keyOf = ({ first, second }: Event): string => `${first}:${second}`;
  const received = new Set(events.filter(({ kind }) => kind === 'receive').map(keyOf));
  const arrows = new Map<string, number>();
  for (const event of events) {
    const place = { pid: 1, tid: event.core, ts: event.time };
    const args = { what: words(event), ...(event.task === undefined ? {} : { task: event.task }) };
    out.push({ name: event.kind, cat: event.kind, ph: 'X', dur: 1, ...place, args });
    const key = keyOf(event);
    if (event.kind === 'send' && received.has(key) && !arrows.has(key)) {
      arrows.set(key, arrows.size + 1);
      out.push({ name: 'message', cat: 'message', ph: 's', id: arrows.get(key), ...place });
    } else if (event.kind === 'receive' && arrows.has(key)) {
      out.push({ name: 'message', cat: 'message', ph: 'f', bp: 'e', id: arrows.get(key), ...place });
      arrows.set(key, -1);
    }
  }
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: out.filter((one) => (one as { id?: number }).id !== -1) }, null, 0)}\n`;
};
