/**
 * What lowering produces: structured statements whose text is one call or one assignment, each with its TypeScript line.
 *
 * One statement of this form becomes exactly one line of C behind Porffor, so a `#line` in front of it stays true.
 */
export type Out =
  | { form: 'line'; line: number; text: string; pure: boolean }
  | { form: 'if'; line: number; condition: string; then: Out[]; otherwise: Out[] }
  | { form: 'while'; line: number; condition: string; body: Out[] }
  | { form: 'labelled'; line: number; label: string; body: Out[] };

/** The kinds of values. `any` is an integer from 0 to 2^31-1, good as i32 and as u32; `sum` is exact but not yet wrapped;
 *  `quotient` is a division that must be converted at once. */
export type Kind = 'i32' | 'u32' | 'any' | 'bool' | 'sum' | 'quotient' | 'f64' | 'i64' | 'text' | 'void';

export interface Value {
  /** What to print: a local's name, a literal, or one call of which the operands are such. */
  text: string;
  kind: Kind;
  /** No call and no module variable: may be printed any time later in the same expression. */
  atom: boolean;
  /** An upper bound of the magnitude, to prove sums and products exact. */
  bound: number;
  constant?: number;
}

/** A lowered expression, or undefined when an error was told. */
export type Result = Value | undefined;

export const booleanConstant = (value: boolean): Value =>
  ({ text: value ? '1' : '0', kind: 'bool', atom: true, bound: 1, constant: value ? 1 : 0 });

export const BOUND_32 = 2 ** 32;

/** The type to print for a kind: booleans and texts are i32 too. */
export const printedType = (kind: Kind): string => (kind === 'f64' || kind === 'i64' ? kind : 'i32');

/** Whether no statement in the list has an effect or reads what an effect may change. */
export const allPure = (list: Out[]): boolean => list.every((o) => o.form === 'line' && o.pure);
