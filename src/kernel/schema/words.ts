/**
 * Programs as text: restricted TypeScript has no tables, so a generated module hands its program over as hexadecimal digits.
 *
 * Role: programs, before they make a queue. Memory: writes where it is told. Units: words. Fails: none; digits are lower case.
 * Checked by: test/wit/generated.test.ts.
 */
import { store32, textByte } from '#machine';

const DIGITS = 8;

/** Writes the words that `digits` spells, eight digits each, to `at`. Returns the address after the last. */
export const wordsStore = (at: i32, digits: text): i32 => {
  let to = at;
  let i = 0;
  while (textByte(digits, i) !== 0) {
    let word = 0;
    for (let k = 0; k < DIGITS; k++) {
      const digit = textByte(digits, (i + k) | 0);
      word = word << 4 | (digit >= 97 ? (digit - 87) | 0 : (digit - 48) | 0);
    }
    store32(to, 0, word);
    to = (to + 4) | 0;
    i = (i + DIGITS) | 0;
  }
  return to;
};
