/**
 * Names: WIT's kebab-case in the forms TypeScript uses, as jco spells them.
 *
 * Role: everything in src/wit. Fails: none. Checked by: test/wit/compile.test.ts.
 */

const words = (name: string): string[] => name.split('-');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `high-water-mark` as `highWaterMark`. A word that starts in capitals keeps them from the second word on. */
export const camelCase = (name: string): string =>
  words(name).map((word, index) => (index === 0 ? word.toLowerCase() : capital(word))).join('');

/** `high-water-mark` as `HighWaterMark`. */
export const pascalCase = (name: string): string => words(name).map(capital).join('');

const PLAIN = /^[A-Za-z_$][\w$]*$/;

/** A property name, in quotes where it needs them. */
export const propertyName = (name: string): string => (PLAIN.test(name) ? name : `'${name}'`);

/** A string as a TypeScript literal. */
export const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
