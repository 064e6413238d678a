/**
 * Addresses in words: which field of which object of a queue an address is. For traces and for comparing memory images.
 */
import * as layout from '../../src/kernel/layout.ts';

/** The fields of each object, from the names of layout.ts. */
const fieldsOf = (prefix: string): Map<number, string> => {
  const fields = new Map<number, string>();
  for (const [name, value] of Object.entries(layout)) {
    if (typeof value !== 'number' || !name.startsWith(`${prefix}_`)) continue;
    if (/_(MAX|COUNT_MAX|HEADER_BYTES|MASK_|SHIFT)$/.test(name) || OTHERS.has(name)) continue;
    if (!fields.has(value)) fields.set(value, name);
  }
  return fields;
};

/** Names that are sizes or limits, not fields. */
const OTHERS = new Set([
  'QUEUE_HEADER_BYTES', 'SENDER_BYTES', 'RING_BYTES', 'RING_SLOTS_MAX', 'RECEIVER_BYTES', 'SLOT_HEADER_BYTES', 'SLOT_USER_BYTES',
  'REGION_INDEX_MASK', 'REGION_GENERATION_SHIFT', 'REGION_GENERATION_MAX', 'REGION_BYTES', 'TABLE_HEADER_BYTES', 'TABLE_REGIONS_MAX',
]);

const QUEUE = fieldsOf('QUEUE');
const SENDER = fieldsOf('SENDER');
const RECEIVER = fieldsOf('RECEIVER');
const RING = fieldsOf('RING');
const SLOT = fieldsOf('SLOT');
const PRIORITY = ['Critical', 'High', 'Normal', 'Low'];

const field = (fields: Map<number, string>, offset: number): string => {
  for (let at = offset; at >= 0; at -= 4) {
    const name = fields.get(at);
    if (name !== undefined) return at === offset ? name : `${name} + ${offset - at}`;
  }
  return `+${offset}`;
};

/** `memory` as it was when the queue had been made; `queue` its address. */
export const describeAddress = (memory: ArrayBuffer | SharedArrayBuffer, queue: number, address: number): string => {
  const words = new Int32Array(memory);
  const load = (at: number): number => words[at >> 2]!;
  const offset = address - queue;
  if (offset < 0) return `address ${address}`;
  if (offset < layout.QUEUE_HEADER_BYTES) return field(QUEUE, offset);
  const senders = load(queue + layout.QUEUE_SENDERS);
  const receivers = load(queue + layout.QUEUE_RECEIVERS);
  const sender = Math.floor((offset - layout.QUEUE_HEADER_BYTES) / layout.SENDER_BYTES);
  if (sender < senders) return `sender ${sender} ${field(SENDER, (offset - layout.QUEUE_HEADER_BYTES) % layout.SENDER_BYTES)}`;
  const blocks = load(queue + layout.QUEUE_RECEIVER_BLOCKS);
  const receiver = Math.floor((address - blocks) / layout.RECEIVER_BYTES);
  if (receiver >= 0 && receiver < receivers) return `receiver ${receiver} ${field(RECEIVER, (address - blocks) % layout.RECEIVER_BYTES)}`;
  const shift = load(queue + layout.QUEUE_LANE_SHIFT);
  const lanes = load(queue + layout.QUEUE_LANES);
  for (let lane = 0; lane < layout.PRIORITY_COUNT << shift; lane++) {
    const ring = lanes + lane * layout.RING_BYTES;
    const name = `sender ${lane & (1 << shift) - 1} ${PRIORITY[lane >> shift]}`;
    if (address >= ring && address < ring + layout.RING_BYTES) return `${name} ${field(RING, address - ring)}`;
    const slotBytes = load(ring + layout.RING_STRIDE_BYTES);
    const slot = Math.floor((address - load(ring + layout.RING_SLOTS)) / slotBytes);
    if (slot >= 0 && slot <= load(ring + layout.RING_MASK)) {
      return `${name} slot ${slot} ${field(SLOT, (address - load(ring + layout.RING_SLOTS)) % slotBytes)}`;
    }
  }
  const queues = load(queue + layout.QUEUE_COMPLETION_QUEUES);
  const queueBytes = load(queue + layout.QUEUE_COMPLETION_STRIDE_BYTES);
  const owner = queues === 0 ? -1 : Math.floor((address - queues) / queueBytes);
  if (owner >= 0 && owner < senders) {
    return `completions of sender ${owner}: ${describeAddress(memory, queues + owner * queueBytes, address)}`;
  }
  return `queue + ${offset}`;
};
