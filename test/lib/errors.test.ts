import { expect, test } from 'vitest';
import * as status from '../../src/kernel/status.ts';
import { errorOf, queueErrorCodes, valueOf } from '../../src/lib/errors.ts';
import { QueueError } from '../../src/lib/index.ts';

const statuses = Object.entries(status).filter(([name, value]) => name.startsWith('STATUS_') && value < 0);

test('every status of the kernel has a code of its name, with its number and a message', () => {
  expect(statuses.length).toBeGreaterThan(20);
  for (const [name, value] of statuses) {
    const error = errorOf(value, 'somewhere');
    expect(error.code).toBe(name.replace('STATUS_', ''));
    expect(error.status).toBe(value);
    expect(error.message).toMatch(/^somewhere: ..../);
  }
});

test('codes of the library alone lie below -100', () => {
  const own = queueErrorCodes.filter((code) => !statuses.some(([name]) => name === `STATUS_${code}`));
  expect(own.sort()).toEqual(['CANNOT_BLOCK', 'DETACHED', 'FOREIGN_HANDLE', 'INCOMPATIBLE', 'IN_FLIGHT', 'STALE_HANDLE']);
  for (const code of own) expect(new QueueError(code, 'x').status).toBeLessThan(-100);
  expect(new Set(queueErrorCodes).size).toBe(queueErrorCodes.length);
});

test('a QueueError is an Error with a name, and has no `needed` unless it says so', () => {
  const error = new QueueError('FULL', 'send');
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toMatch(/^QueueError: send: all slots/);
  expect(Object.keys(error).sort()).toEqual(['code', 'name', 'status']);
  expect(new QueueError('TOO_SMALL', 'x', 'y', 12).needed).toBe(12);
});

test('values pass, statuses throw, and a status nobody knows is not hidden', () => {
  expect(valueOf(0, 'x')).toBe(0);
  expect(valueOf(7, 'x')).toBe(7);
  expect(() => valueOf(-2, 'x')).toThrow(QueueError);
  expect(() => errorOf(-77, 'x')).toThrow('unknown status -77');
});
