import { expect, test } from 'vitest';
import { countAhead, countIsPowerOfTwo, countRoundUp } from '../../src/kernel/count.ts';

test.each([
  [0, 0, 0], [1, 0, 1], [0, 1, 0xffffffff], [0x80000000 | 0, 0x7fffffff, 1], [0, -1, 1], [-1, 0, 0xffffffff],
  [2, -2, 4], [0x7fffffff, 0x80000000 | 0, 0xffffffff], [-2, 0x7ffffffe, 0x80000000],
])('position %i is ahead of %i by %i', (later, earlier, ahead) => {
  expect(countAhead(later, earlier)).toBe(ahead);
});

test('powers of two are 2^0 to 2^30, and nothing else', () => {
  for (let bit = 0; bit <= 30; bit++) {
    expect(countIsPowerOfTwo(1 << bit)).toBe(true);
    if (bit > 1) expect(countIsPowerOfTwo((1 << bit) - 1)).toBe(false);
    if (bit > 0) expect(countIsPowerOfTwo((1 << bit) + 1)).toBe(bit === 0);
  }
  for (const value of [0, -1, -2, -4, 0x80000000 | 0, 0x7fffffff, 6, 12]) expect(countIsPowerOfTwo(value)).toBe(false);
});

test('rounding up goes to the next multiple and keeps multiples', () => {
  for (const unit of [1, 2, 8, 64, 4096]) {
    for (let value = 0; value < 300; value++) expect(countRoundUp(value, unit)).toBe(Math.ceil(value / unit) * unit);
  }
  expect(countRoundUp(0x7fffff80, 64)).toBe(0x7fffff80);
});
