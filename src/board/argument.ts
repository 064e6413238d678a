/**
 * The words of the boot command line: "name=value other=value".
 *
 * Role: called by programs, from any task. Memory: reads the device tree. Fails: 0 for a name that is not there.
 */
import { load8, textByte } from '#machine';
import { nodeNamed, nodeProperty, propertyBytes, propertyValue } from './node.ts';

const SPACE = 32;
const EQUALS = 61;

/** Address just behind "name=" if that stands at `at`, else 0. */
const valueAfter = (at: i32, name: text): i32 => {
  let i: i32 = 0;
  while (textByte(name, i) !== 0) {
    if (load8(at, i) !== textByte(name, i)) return 0;
    i = (i + 1) | 0;
  }
  return load8(at, i) === EQUALS ? (at + i + 1) | 0 : 0;
};

/** Address of the value of `name` on the command line, ended by a space or a zero byte; 0 if the name is not there. */
export const boardArgument = (name: text): i32 => {
  const chosen = nodeNamed('chosen');
  const property = chosen === 0 ? 0 : nodeProperty(chosen, 'bootargs');
  if (property === 0 || propertyBytes(property) === 0) return 0;
  let at = propertyValue(property);
  const end = (at + propertyBytes(property) - 1) | 0;
  if (load8(end, 0) !== 0) return 0;
  while (at < end) {
    const value = valueAfter(at, name);
    if (value !== 0) return value;
    while (at < end && load8(at, 0) !== SPACE) at = (at + 1) | 0;
    at = (at + 1) | 0;
  }
  return 0;
};
