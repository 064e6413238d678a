/**
 * Backtraces in TypeScript files and lines.
 *
 * Role: printed by panic.ts. Memory: reads the stacks, and the line table that src/cli/lines.ts made from the debug information:
 *
 *   bootLines +0   u32 number of rows (0: a build without a table)
 *             +4   u32 offset of the contexts from bootLines, +8 of the functions, +12 of the names
 *             +16  rows, in order of address, from the start of the image; each holds from its instruction on; LEB128 numbers:
 *                    instructions since the row before, times 2, plus 1 if the context changes ;
 *                    if so, the context (0 none) minus the one before ; the line minus the one before ; both as 0 -1 1 -2 2 ...
 *   context   6 bytes: u16 function, u16 line at which it is inlined, u16 context it is inlined into (0: not inlined)
 *   function  4 bytes: u16 name, u16 file (offsets in the names, which end in zeros)
 *   Contexts and functions are numbered from 1.
 *
 * Invariants: a frame pointer is believed only if it lies in a mapped part of the stack window; at most DEPTH_LIMIT frames.
 * Elsewhere: vectors.S pushes the records that connect a handler with the code it interrupted.
 * Checked by: test/boot/panic.test.ts.
 */
import { load8, load16, load32, load64, high64, low64 } from '#machine';
import { IMAGE_WINDOW, STACK_MAPPED_BIT, STACK_WINDOW, STACK_WINDOW_END } from './layout.ts';
import { imageLines, imageTextEnd } from './processor.ts';
import { consoleHex, consoleNumber, consoleText, consoleTextAt } from './console.ts';

const TABLE_ROWS_OFFSET = 0;
const TABLE_CONTEXTS_OFFSET = 4;
const TABLE_FUNCTIONS_OFFSET = 8;
const TABLE_NAMES_OFFSET = 12;
const TABLE_STREAM_OFFSET = 16;
const CONTEXT_BYTES = 6;
const CONTEXT_FUNCTION_OFFSET = 0;
const CONTEXT_LINE_OFFSET = 2;
const CONTEXT_PARENT_OFFSET = 4;
const FUNCTION_BYTES = 4;
const FUNCTION_NAME_OFFSET = 0;
const FUNCTION_FILE_OFFSET = 2;
const DEPTH_LIMIT = 32;

let streamAt: i32 = 0;
/** What placeFind found. */
let foundContext: i32 = 0;
let foundLine: i32 = 0;

const streamNumber = (): i32 => {
  let value: i32 = 0;
  let shift: i32 = 0;
  while (true) {
    const byte = load8(streamAt, 0);
    streamAt = (streamAt + 1) | 0;
    value = value | ((byte & 127) << shift);
    if (byte < 128) return value;
    shift = (shift + 7) | 0;
  }
};

/** The next number, which may be negative. */
const streamChange = (): i32 => {
  const change = streamNumber();
  return ((change >> 1) ^ -(change & 1)) | 0;
};

/** Finds context and line of the instruction at `pc`; context 0 if unknown. */
const placeFind = (pc: i32): void => {
  const table = imageLines();
  const rows = load32(table, TABLE_ROWS_OFFSET);
  let address: i32 = IMAGE_WINDOW;
  foundContext = 0;
  foundLine = 0;
  streamAt = (table + TABLE_STREAM_OFFSET) | 0;
  for (let i = 0; i < rows; i++) {
    const step = streamNumber();
    address = (address + ((step >> 1) << 2)) | 0;
    if (address > pc) return;
    if ((step & 1) !== 0) foundContext = (foundContext + streamChange()) | 0;
    foundLine = (foundLine + streamChange()) | 0;
  }
};

/** The record `number` (from 1) of `bytes` bytes in the part of the table that the header's `part` names. */
const recordAt = (part: i32, number: i32, bytes: i32): i32 => {
  const table = imageLines();
  return (table + load32(table, part) + Math.imul((number - 1) | 0, bytes)) | 0;
};

const contextAt = (context: i32): i32 => recordAt(TABLE_CONTEXTS_OFFSET, context, CONTEXT_BYTES);

const printName = (offset: i32): void => { consoleTextAt(recordAt(TABLE_NAMES_OFFSET, (offset + 1) | 0, 1)); };

const inText = (pc: i32): boolean => pc >= IMAGE_WINDOW && pc < imageTextEnd();

/** The function the processor is in at `pc`, inlined ones aside: equal for all of its instructions; 0 if unknown. */
const functionOf = (pc: i32): i32 => {
  placeFind(pc);
  let context = foundContext;
  if (context === 0) return 0;
  while (load16(contextAt(context), CONTEXT_PARENT_OFFSET) !== 0) context = load16(contextAt(context), CONTEXT_PARENT_OFFSET);
  return load16(contextAt(context), CONTEXT_FUNCTION_OFFSET);
};

const printPlace = (pc: i32): void => {
  placeFind(pc);
  let context = inText(pc) ? foundContext : 0;
  let line = foundLine;
  if (context === 0) {
    consoleText('    0x');
    consoleHex(pc, 8);
    consoleText(' (no TypeScript line)\n');
  }
  while (context !== 0) {
    const at = contextAt(context);
    const name = recordAt(TABLE_FUNCTIONS_OFFSET, load16(at, CONTEXT_FUNCTION_OFFSET), FUNCTION_BYTES);
    consoleText('    ');
    printName(load16(name, FUNCTION_NAME_OFFSET));
    consoleText('  ');
    printName(load16(name, FUNCTION_FILE_OFFSET));
    consoleText(':');
    consoleNumber(line);
    consoleText('\n');
    line = load16(at, CONTEXT_LINE_OFFSET);
    context = load16(at, CONTEXT_PARENT_OFFSET);
  }
};

const inStack = (frame: i32): boolean =>
  frame >= STACK_WINDOW && frame < STACK_WINDOW_END && (frame & STACK_MAPPED_BIT) !== 0 && (frame & 15) === 0;

/**
 * Prints where `pc` is, then its callers. `link` is the link register: in a function that keeps no frame it is the only trace of
 * the caller; in others it repeats the frame, or points back into the same function after a call.
 */
export const backtracePrint = (pc: i32, link: i32, framePointer: i32): void => {
  let frame = framePointer;
  printPlace(pc);
  const saved = inStack(frame) ? low64(load64(frame, 8)) : 0;
  if (inText(pc) && inText(link) && link !== saved && functionOf((link - 4) | 0) !== functionOf(pc)) printPlace((link - 4) | 0);
  let depth: i32 = 0;
  while (inStack(frame) && depth < DEPTH_LIMIT) {
    const caller = low64(load64(frame, 8));
    if (high64(load64(frame, 8)) !== 0 || caller === 0) return;
    printPlace((caller - 4) | 0);
    frame = low64(load64(frame, 0));
    depth = (depth + 1) | 0;
  }
  if (depth === DEPTH_LIMIT) consoleText('    and so on\n');
};
