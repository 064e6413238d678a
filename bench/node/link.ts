/**
 * The links as objects that poll: one class each, so that the loops of worker.ts see one shape in each worker, and inline it.
 *
 * Role: a worker of the Node benchmark. put(k): sends message k, false if there is no room. get(k): receives message k and checks it,
 *   false if there is none. Fails: throws on a wrong message.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { Queue, type QueueHandle, type Receiver, type Sender } from '../../src/lib/index.ts';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, PRIORITY_NORMAL,
} from '../../src/kernel/layout.ts';
import {
  queueReceive, queueReceiveArray, queueReceiveTimeout, queueSend, queueSendArray, queueSendDescriptor,
} from '../../src/kernel/queue.ts';
import { load32, store32 } from '../../src/machine/node.ts';
import { BATCH, firstWord, lastWord, LONG, MESSAGES, SHORT, type Setup } from './job.ts';

const wrong = (k: number): never => { throw new Error(`message ${k} is wrong, lost or out of order`); };

export interface Link {
  put(k: number): boolean;
  get(k: number): boolean;
  /** As get, but sleeps until there is one. */
  wait?(k: number): void;
}

/** The kernel's calls. */
export class KernelLink implements Link {
  readonly #sender: number;
  readonly #receiver: number;
  readonly #source: number;
  readonly #buffer: number;
  readonly #record: number;
  readonly #array: number;
  constructor({ side, place }: Setup) {
    this.#sender = place.senders[side]!;
    this.#receiver = place.receivers[side]!;
    this.#source = place.source;
    this.#buffer = place.scratch[side]!;
    this.#record = this.#buffer + BATCH * SHORT;
    this.#array = place.array;
    store32(this.#record, DESCRIPTOR_REGION, place.region);
  }
  put(k: number): boolean {
    return queueSend(this.#sender, PRIORITY_NORMAL, this.#source + (k % MESSAGES) * LONG, SHORT) >= 0;
  }
  get(k: number): boolean {
    return queueReceive(this.#receiver, this.#buffer, SHORT) >= 0 && this.#check(this.#buffer, SHORT, k);
  }
  wait(k: number): void {
    if (queueReceiveTimeout(this.#receiver, this.#buffer, SHORT, -1) < 0) wrong(k);
    this.#check(this.#buffer, SHORT, k);
  }
  /** A reference to the first `bytes` bytes of a message in place. */
  refer(k: number, bytes: number): boolean {
    store32(this.#record, DESCRIPTOR_LENGTH, bytes);
    store32(this.#record, DESCRIPTOR_OFFSET_LOW, (k % MESSAGES) * LONG);
    return queueSendDescriptor(this.#sender, PRIORITY_NORMAL, this.#record) >= 0;
  }
  referred(k: number): boolean {
    if (queueReceive(this.#receiver, this.#buffer, SHORT) !== DESCRIPTOR_BYTES) return false;
    return this.#check(this.#source + load32(this.#buffer, DESCRIPTOR_OFFSET_LOW), load32(this.#buffer, DESCRIPTOR_LENGTH), k);
  }
  putBatch(k: number, count: number): number {
    return Math.max(0, queueSendArray(this.#sender, PRIORITY_NORMAL, this.#array + (k % MESSAGES) * SHORT, SHORT, count));
  }
  getBatch(k: number, count: number): number {
    const came = Math.max(0, queueReceiveArray(this.#receiver, this.#buffer, SHORT, count));
    for (let j = 0; j < came; j++) this.#check(this.#buffer + j * SHORT, SHORT, k + j);
    return came;
  }
  #check(at: number, bytes: number, k: number): boolean {
    // The last word of a short message is that of its first 64 bytes: main writes both.
    if (load32(at, 0) !== firstWord(k) || load32(at, bytes - 4) !== lastWord(k)) wrong(k);
    return true;
  }
}

/** Messages of the JavaScript heap, as any program has them. */
const makeMessages = (): Uint32Array[] => Array.from({ length: MESSAGES }, (_, k) => {
  const words = new Uint32Array(SHORT / 4).fill(k);
  words[0] = firstWord(k);
  words[SHORT / 4 - 1] = lastWord(k);
  return words;
});
const checkWords = (words: Uint32Array, k: number): boolean => {
  if (words[0] !== firstWord(k) || words[SHORT / 4 - 1] !== lastWord(k) >>> 0) wrong(k);
  return true;
};

/** The library's classes. */
export class LibraryLink implements Link {
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #messages = makeMessages();
  readonly #into = new Uint32Array(SHORT / 4);
  constructor({ side, queues }: Setup) {
    this.#sender = Queue.from(queues[side] as QueueHandle).sender();
    this.#receiver = Queue.from(queues[1 - side] as QueueHandle).receiver();
  }
  put(k: number): boolean {
    return this.#sender.trySend(this.#messages[k % MESSAGES]!);
  }
  get(k: number): boolean {
    return this.#receiver.tryReceiveInto(this.#into) >= 0 && checkWords(this.#into, k);
  }
  wait(k: number): void {
    this.#receiver.receiveInto(this.#into);
    checkWords(this.#into, k);
  }
}

/** ringbuf.js, in words, which its loops copy faster than bytes. */
export class RingbufLink implements Link {
  readonly #out: RingBuffer;
  readonly #in: RingBuffer;
  readonly #messages = makeMessages();
  readonly #into = new Uint32Array(SHORT / 4);
  constructor({ side, rings }: Setup) {
    this.#out = new RingBuffer(rings[side]!, Uint32Array);
    this.#in = new RingBuffer(rings[1 - side]!, Uint32Array);
  }
  put(k: number): boolean {
    if (this.#out.availableWrite() < SHORT / 4) return false;
    this.#out.push(this.#messages[k % MESSAGES]!);
    return true;
  }
  get(k: number): boolean {
    if (this.#in.availableRead() < SHORT / 4) return false;
    this.#in.pop(this.#into);
    return checkWords(this.#into, k);
  }
}

/** postMessage, with a port that is polled on the other side. */
export class PortLink implements Link {
  readonly #port: MessagePort;
  readonly #messages = makeMessages();
  constructor(port: MessagePort) {
    this.#port = port;
  }
  put(k: number): boolean {
    this.#port.postMessage(this.#messages[k % MESSAGES]!);
    return true;
  }
  get(k: number): boolean {
    const got = receiveMessageOnPort(this.#port) as { message: Uint32Array } | undefined;
    return got !== undefined && checkWords(got.message, k);
  }
  check(message: Uint32Array, k: number): void {
    checkWords(message, k);
  }
}
