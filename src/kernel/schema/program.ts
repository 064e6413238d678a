/**
 * Validation programs: every word, every operation, every limit.
 *
 * A program says what the bytes of one WIT type may be. It is a table of words that src/wit/compile.ts makes, and that
 * interpret.ts runs over a message. Header, then operations; an operation is a word, code | offset << 8, and its operands.
 *
 *   | magic | words | root size | align | depth | steps A | steps B | shortest | longest | id | id 2 | 0 | operations ... END |
 *
 * The offset is from the base of the current frame: the root of the message, or one element of a list. All jumps go forward; the
 * only loop is an END that goes to its list's next element, which bytes of the message have paid for.
 * Steps: at most A + B * (length - root size) / 64; every operation takes one, and those that read more than a few words say so.
 *
 * Role: none, constants only. Units: bytes, words where the name says so. Fails: none.
 * Checked by: test/wit/hostile.test.ts, test/wit/check.test.ts.
 */

/** "WIT" and the version of this format. */
export const PROGRAM_MAGIC = 0x01544957;
export const PROGRAM_WORDS_MAX = 4096;
/** Lists within lists; inline fixed lists count too. */
export const PROGRAM_DEPTH_MAX = 8;
export const PROGRAM_STEPS_A_MAX = 1048576;
/** B is in steps per 64 bytes: at most 16 a byte, so that no sum passes 2^31. */
export const PROGRAM_STEPS_B_MAX = 1024;
export const PROGRAM_STEPS_SHIFT = 6;

// ---- Header.
export const PROGRAM_MARK = 0;
export const PROGRAM_WORDS = 4;
/** Bytes of the root, which every message begins with. */
export const PROGRAM_ROOT_BYTES = 8;
export const PROGRAM_ROOT_ALIGN = 12;
export const PROGRAM_DEPTH = 16;
export const PROGRAM_STEPS_A = 20;
export const PROGRAM_STEPS_B = 24;
export const PROGRAM_BYTES_MIN = 28;
export const PROGRAM_BYTES_MAX = 32;
/** 1 to 2^31 - 1, the schema number of a queue; and 32 more bits of the same hash. */
export const PROGRAM_ID = 36;
export const PROGRAM_ID_MORE = 40;
/** Zero. */
export const PROGRAM_RESERVED = 44;
export const PROGRAM_HEADER_BYTES = 48;

/** The code of an operation's first word; the rest is the offset. */
export const OP_CODE_MASK = 255;

// ---- Operations, with the operands that follow. Jumps and skips are bytes from the start of the program.
// Checks, each with one operand: one step, at most three words read.
/** Mask: these bits are zero (of a word; a half word; a byte). */
export const OP_MASK32 = 0;
export const OP_MASK16 = 1;
export const OP_MASK8 = 2;
/** Count, 1 to 3: so many words are zero. */
export const OP_ZERO = 3;
/** Limit: a byte (half word) is below it. */
export const OP_BELOW8 = 4;
export const OP_BELOW16 = 5;
/** 0: a word is a Unicode scalar value. */
export const OP_CHAR = 6;
export const OP_CHECKS = 7;
export const ZERO_WORDS_MAX = 3;
// Blocks that need no frame: the pair offset, count, and what it names. Operands: size, most, align - 1, mask.
/** A list whose elements may be anything. Mask 0. */
export const OP_LIST_ANY = 7;
/** A list whose words have the bits of the mask zero; size 1, 2 or 4. A step more for every word. */
export const OP_LIST_MASK = 8;
/** A string: its bytes are UTF-8. Size 1, mask 0. A step more for every two bytes. */
export const OP_TEXT = 9;
export const OP_BLOCKS = 10;
// Control.
/** This element is done: the next one, or the list's end; at the root: the message's end. */
export const OP_END = 10;
/** Size, most, align - 1, skip: a list of elements that the operations up to END describe. Skip: where to go on. */
export const OP_LIST = 11;
/** Count, size: as OP_LIST, in place. */
export const OP_REPEAT = 12;
/** Cases, one target each: a byte (half word) is below the number of cases; jumps to its case. */
export const OP_SWITCH8 = 13;
export const OP_SWITCH16 = 14;
/** Target. */
export const OP_JUMP = 15;

// ---- Scratch: memory of the validating context; a frame is what END needs to go on.
export const SCRATCH_REASON = 0;
/** Word of the program, and byte of the message, at which it was refused. */
export const SCRATCH_WORD = 4;
export const SCRATCH_BYTE = 8;
export const SCRATCH_FRAMES = 16;
export const FRAME_LEFT = 0;
export const FRAME_ELEMENT_BYTES = 4;
/** Address of the first operation of an element. */
export const FRAME_BODY = 8;
/** Base of the frame around. */
export const FRAME_BASE = 12;
export const FRAME_BYTES = 16;
/** Bytes of scratch for any program. */
export const SCRATCH_BYTES = 144;

const FRAMES_BYTES = PROGRAM_DEPTH_MAX * FRAME_BYTES;
if (SCRATCH_FRAMES + FRAMES_BYTES !== SCRATCH_BYTES) throw new Error('the scratch holds a frame for each depth');

// ---- Reasons why a message is refused: SCRATCH_REASON after STATUS_INVALID_MESSAGE.
export const REASON_NONE = 0;
/** The program is not one: only possible for one that was not checked. */
export const REASON_PROGRAM = 1;
export const REASON_MISALIGNED = 2;
export const REASON_TOO_SHORT = 3;
export const REASON_TOO_LONG = 4;
/** A bit that must be zero: no bool, no such flag, padding. */
export const REASON_BITS = 5;
export const REASON_CASE = 6;
export const REASON_CHAR = 7;
/** An empty string or list has offset 0. */
export const REASON_EMPTY = 8;
/** A string or list begins where the one before it ended. */
export const REASON_OFFSET = 9;
/** More elements than bytes are left. */
export const REASON_COUNT = 10;
export const REASON_TEXT = 11;
/** Bytes skipped for alignment are zero. */
export const REASON_GAP = 12;
/** The contents end before the message does. */
export const REASON_LENGTH = 14;
export const REASON_STEPS = 15;
export const REASON_COUNT_OF = 16;
