/**
 * The typed helpers of src/lower as JavaScript expressions: every value is an i32, booleans are 0 and 1.
 *
 * Checked by: test/explore/kernel.test.ts (the machines behave as the kernel under Node).
 */
const HELPERS: Record<string, string> = {
  _add: '($a + $b | 0)', _sub: '($a - $b | 0)', _mul: 'Math.imul($a, $b)', _and: '($a & $b)', _or: '($a | $b)', _xor: '($a ^ $b)',
  _not32: '~$a', _shl: '($a << $b)', _shrs: '($a >> $b)', _shru: '($a >>> $b | 0)', _clz: 'Math.clz32($a)',
  _divs: '($b === 0 ? 0 : $a / $b | 0)', _divu: '($b === 0 ? 0 : ($a >>> 0) / ($b >>> 0) | 0)',
  _rems: '($b === 0 ? 0 : $a % $b | 0)', _remu: '($b === 0 ? 0 : ($a >>> 0) % ($b >>> 0) | 0)',
  _lt: '($a < $b ? 1 : 0)', _gt: '($a > $b ? 1 : 0)', _le: '($a <= $b ? 1 : 0)', _ge: '($a >= $b ? 1 : 0)',
  _eq: '($a === $b ? 1 : 0)', _ne: '($a !== $b ? 1 : 0)',
  _ltu: '($a >>> 0 < $b >>> 0 ? 1 : 0)', _gtu: '($a >>> 0 > $b >>> 0 ? 1 : 0)',
  _leu: '($a >>> 0 <= $b >>> 0 ? 1 : 0)', _geu: '($a >>> 0 >= $b >>> 0 ? 1 : 0)',
  _not: '($a ? 0 : 1)', _orb: '($a || $b ? 1 : 0)', _sel: '($a ? $b : $c)',
};

/** A helper call as an expression. The operands are names and literals. */
export const expression = (name: string, operands: readonly string[]): string => {
  const pattern = HELPERS[name] ?? (name.startsWith('_text_') ? '0' : undefined);
  if (pattern === undefined) throw new Error(`${name}: no such helper in explored code`);
  const atoms = operands.map((operand) => (operand.startsWith('-') ? `(${operand})` : operand));
  return pattern.replace(/\$([abc])/g, (_, letter: string) => atoms['abc'.indexOf(letter)]!);
};
