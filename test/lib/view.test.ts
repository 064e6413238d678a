/** Views of every class, on their way into the shared memory and out of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Queue, type QueueError } from '../../src/lib/index.ts';

const CLASSES = [
  Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigInt64Array,
  BigUint64Array, DataView, Buffer,
] as const;
const MESSAGE_BYTES = 600;

const queue = Queue.create({ ringSize: 4, maxMessageBytes: MESSAGE_BYTES });
const sender = queue.sender();
const receiver = queue.receiver();

/** A view of class `number` of `bytes` bytes at `offset` of a buffer of its own. */
const viewOf = (number: number, offset: number, bytes: number): ArrayBufferView => {
  const type = CLASSES[number]!;
  const size = 'BYTES_PER_ELEMENT' in type ? type.BYTES_PER_ELEMENT : 1;
  const buffer = new ArrayBuffer(MESSAGE_BYTES + 64);
  const [at, count] = [Math.floor(offset / size) * size, Math.floor(bytes / size)];
  return type === Buffer ? Buffer.from(buffer, at, count) : new (type as typeof Uint8Array)(buffer, at, count);
};
const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

test('any view is sent, and received into, byte for byte, and nothing beside it is touched', () => {
  const kind = fc.nat({ max: CLASSES.length - 1 });
  const place = fc.nat({ max: 15 });
  fc.assert(fc.property(kind, place, fc.nat({ max: MESSAGE_BYTES }), kind, place, (from, fromAt, bytes, to, toAt) => {
    const source = viewOf(from, fromAt, bytes);
    // Any bits, among them those of numbers that are none: a copy as numbers would change some.
    bytesOf(source).forEach((_, k, all) => { all[k] = k % 8 === 7 ? 0xff : k * 37 + bytes; });
    const target = viewOf(to, toAt, MESSAGE_BYTES + 8);
    const around = new Uint8Array(target.buffer).fill(0xa5);
    // Twice into the same view: the second time it is known.
    for (let turn = 0; turn < 2; turn++) {
      bytesOf(target).fill(0x5a);
      sender.send(source, { priority: 'high' });
      expect(receiver.receiveInto(target)).toBe(source.byteLength);
      expect(Buffer.compare(bytesOf(target).subarray(0, source.byteLength), bytesOf(source))).toBe(0);
      expect(bytesOf(target).subarray(source.byteLength).every((byte) => byte === 0x5a)).toBe(true);
    }
    const end = target.byteOffset + target.byteLength;
    expect([...around.subarray(0, target.byteOffset), ...around.subarray(end)].every((byte) => byte === 0xa5)).toBe(true);
  }), { numRuns: 3000 });
});

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as QueueError).code;
  }
  return 'none';
};

test('a target that was transferred away, or shrank, since the last receive is noticed', () => {
  const target = new Uint8Array(8);
  const shrinking = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 16 }]) as ArrayBuffer & { resize(bytes: number): void };
  const whole = new Uint8Array(shrinking);
  for (const view of [target, whole]) {
    sender.send(Buffer.from('12345678'));
    expect(receiver.tryReceiveInto(view)).toBe(8);
  }
  structuredClone(target, { transfer: [target.buffer] });
  shrinking.resize(4);
  sender.send(Buffer.from('87654321'));
  expect(codeOf(() => receiver.tryReceiveInto(target))).toBe('BAD_ARGUMENT');
  expect(codeOf(() => receiver.tryReceiveInto(whole))).toBe('TOO_SMALL');
  shrinking.resize(12);
  expect(receiver.tryReceiveInto(whole)).toBe(8);
  expect(Buffer.from(whole.subarray(0, 8)).toString()).toBe('87654321');
  expect(codeOf(() => sender.send(target))).toBe('BAD_ARGUMENT');
});

test('what is no view of bytes is refused', () => {
  for (const wrong of [undefined, null, 7, 'text', {}, [1, 2], new ArrayBuffer(8), new SharedArrayBuffer(8)]) {
    expect(codeOf(() => sender.send(wrong as never))).toBe('BAD_ARGUMENT');
    expect(codeOf(() => receiver.tryReceiveInto(wrong as never))).toBe('BAD_ARGUMENT');
  }
});
